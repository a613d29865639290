import { join } from 'node:path';
import { Failure, Refusal } from '../../failure.ts';
import { errorReason, isAbsent } from '../../git/files.ts';
import { sha256 } from '../../ledger/digest.ts';
import type { Sha256 } from '../../ledger/event.ts';
import { HOLD } from '../../ledger/fields.ts';
import { quote } from '../../ledger/text.ts';
import { type CallsLedger, type Hold, standingHolds } from '../../trail/callsledger.ts';
import { type CallFilter, decodeFilter, encodeFilter } from '../search/filter.ts';
import { namesIn } from '../store/folder.ts';
import { PLACES } from '../store/names.ts';
import { isSelected, type SaltedSelector } from './certificate.ts';
import { placeFile, removeFile } from './place.ts';
import { readVouched } from './vouched.ts';

/** A hold and the records that it is about. */
export interface KnownHold {
  readonly hold: Hold;
  readonly filter: CallFilter;
}

/** What a hold's event vouches for, and the file of it says. */
export interface HoldText {
  /** Canonical JSON, without a line's end: its SHA-256 is `queryDigest`. */
  readonly json: string;
  readonly queryDigest: Sha256;
}

/** @throws Failure for a name or a filter that no hold can have */
export function holdText(name: string, filter: CallFilter): HoldText {
  if (HOLD.parse(name) === undefined) throw new Failure(`${quote(name)} is not ${HOLD.expected}`);
  if (filter.text !== undefined)
    throw new Failure('a hold cannot go by what was said, for that may be encrypted: hold by something else');
  const json = encodeFilter(filter);
  return { json, queryDigest: sha256(Buffer.from(json)) };
}

/** Where the filter of a hold is kept. */
export function holdPath(store: string, name: string): string {
  return join(store, PLACES.holds, `${name}.json`);
}

/** Writes a hold's filter, durably. @throws Failure */
export async function keepHold(store: string, name: string, { json }: HoldText): Promise<void> {
  await placeFile(store, 'holds', `${name}.json`, json);
}

/** What a hold is about. @throws Refusal where that is not there as its event says */
export async function readHold(store: string, { name, queryDigest, sequence }: Hold): Promise<CallFilter> {
  const path = holdPath(store, name);
  const mend = `put ${path} back from a copy, for until then nothing can be purged or erased`;
  let found: Awaited<ReturnType<typeof readVouched>>;
  try {
    found = await readVouched(path, new Set([queryDigest]));
  } catch (error) {
    const why = isAbsent(error) ? 'is not in the store' : `cannot be read (${errorReason(error)})`;
    throw new Refusal(`what hold ${name} is about ${why}: ${mend}`);
  }
  if (found?.digest !== queryDigest)
    throw new Refusal(`what hold ${name} is about is not what event ${sequence} says: ${mend}`);
  return decodeFilter(found.bytes.toString('utf8'));
}

/** What stands in the way of purging and erasing. @throws Refusal where it is not known what a standing hold is about */
export async function readStandingHolds(store: string, calls: CallsLedger): Promise<readonly KnownHold[]> {
  await demandPlaced(store, calls);
  const known: KnownHold[] = [];
  for (const hold of standingHolds(calls)) known.push({ hold, filter: await readHold(store, hold) });
  return known;
}

/** Another clone, or another registry, may have placed it. @throws Refusal where a hold of the store is not in the ledger */
async function demandPlaced(store: string, { holds }: CallsLedger): Promise<void> {
  const placed = new Set(holds.map(({ name }) => name));
  const names = (await namesIn(join(store, PLACES.holds))).flatMap((file) => {
    const name = file.endsWith('.json') ? HOLD.parse(file.slice(0, -'.json'.length)) : undefined;
    return name ?? [];
  });
  const unknown = names.find((name) => !placed.has(name));
  if (unknown === undefined) return;
  throw new Refusal(
    `hold ${unknown} is in the store, and in no event of this ledger: run promptaudit sync, or do this in a clone of the registry that it was placed in; where whoever placed it was stopped before it was signed, place it again or delete ${holdPath(store, unknown)}`,
  );
}

const NAMED_BY = { user: 'user', conversation: 'conversation', call: 'id' } as const;

/** Takes away what released holds say of whose content was erased. */
export async function forgetHolds(
  store: string,
  { holds }: CallsLedger,
  selector: SaltedSelector,
): Promise<void> {
  for (const hold of holds) {
    if (hold.released === undefined) continue;
    const filter = await readHold(store, hold).catch(() => undefined);
    const named = filter?.[NAMED_BY[selector.by]];
    if (named !== undefined && isSelected(selector, named)) await removeFile(holdPath(store, hold.name));
  }
}
