import { Failure, Refusal } from '../../failure.ts';
import type { ErasureSelector } from '../../ledger/event.ts';
import { type OpenCallsLedger, purgeOf } from '../../trail/callsledger.ts';
import type { Engine } from '../engine/duckdb.ts';
import { digestFile } from '../seal/filedigest.ts';
import { conditionOf } from '../search/condition.ts';
import type { CallFilter } from '../search/filter.ts';
import { query } from '../search/query.ts';
import { relation } from '../search/relation.ts';
import { relevantSources, type Sources } from '../search/sources.ts';
import { type SegmentParts, sealedPath } from '../store/names.ts';
import type { ErasedSegment } from './certificate.ts';
import { contentItems, segmentsWithContent } from './contents.ts';
import { demandSettled } from './settled.ts';

/** Whose content is to go. */
export interface Selected {
  readonly by: ErasureSelector;
  readonly value: string;
}

export interface ErasureShop {
  readonly store: string;
  readonly engine: Engine;
  readonly sources: Sources;
  readonly calls: OpenCallsLedger;
}

/** What an erasure finds to destroy. */
export interface FoundContent {
  /** The ids of the calls that have content. */
  readonly calls: readonly string[];
  readonly parts: number;
  /** Where it lies. */
  readonly segments: readonly SegmentParts[];
}

/** No content is kept of what is meant. */
export class NothingToErase extends Refusal {}

/**
 * Looks for the content of calls, by their ids in every content file: a call that was sent twice may have some in two.
 * @throws NothingToErase; Failure where it cannot be told which calls are meant
 */
export async function findContent(shop: ErasureShop, selected: Selected): Promise<FoundContent> {
  await demandRecords(shop);
  const ids = await idsOf(shop, selected);
  const calls = new Set<string>();
  const segments: SegmentParts[] = [];
  let parts = 0;
  for (const segment of await segmentsWithContent(shop.store)) {
    const before = parts;
    for await (const { item } of contentItems(shop.store, segment)) {
      if (!ids.has(item.id)) continue;
      calls.add(item.id);
      parts += 1;
    }
    if (parts > before) segments.push(segment);
  }
  if (parts === 0) throw new NothingToErase(`nothing to erase: ${nothingOf(selected, ids.size)}`);
  return { calls: [...calls].sort(), parts, segments };
}

function nothingOf({ by }: Selected, calls: number): string {
  if (by === 'call') return 'no content is kept of that call';
  return `${calls === 0 ? 'no call is' : 'no content is kept of the calls'} of that ${by}`;
}

/** Whose content it is can be told from records alone. @throws Refusal or Failure where those of some content cannot be looked into */
async function demandRecords({ store, sources, calls }: ErasureShop): Promise<void> {
  const here = new Set<string>(sources.sealed.map(({ segment }) => segment.name));
  const kept = await segmentsWithContent(store);
  await demandSettled(
    store,
    kept.map(({ name }) => name).filter((name) => here.has(name)),
  );
  for (const { name } of kept) {
    const seal = calls.sealed.get(name);
    if (seal === undefined && here.has(name))
      throw new Refusal(
        `segment ${name} is sealed, but by no event of this ledger, so whoever holds or keeps it may not be known here: run promptaudit sync, or erase in a clone of the registry that sealed it`,
      );
    if (seal === undefined || here.has(name) || purgeOf(calls, seal) !== undefined) continue;
    throw new Failure(
      `segment ${name} is not in the store, so nobody can tell whose its content is: put it back from a copy`,
    );
  }
}

const FILTER_OF: Readonly<Record<ErasureSelector, (value: string) => CallFilter>> = {
  user: (user) => ({ kind: 'call', user }),
  conversation: (conversation) => ({ kind: 'call', conversation }),
  call: (id) => ({ kind: 'call', id }),
};

async function idsOf(
  { engine, sources }: ErasureShop,
  { by, value }: Selected,
): Promise<ReadonlySet<string>> {
  if (by === 'call') return new Set([value]);
  const filter = FILTER_OF[by](value);
  const meant = relevantSources(sources, filter);
  const { sql, values } = conditionOf(filter);
  const from = relation(meant, `id ${sql}`);
  const rows = await query(engine, meant, `SELECT DISTINCT id FROM ${from} WHERE ${sql}`, values);
  return new Set(rows.map(({ id }) => String(id)));
}

/**
 * The segments that an erasure reaches, with what else of them goes and the seals that hold before and after. Nobody may
 * write to them meanwhile.
 * @throws Failure where a segment is not what was sealed
 */
export async function reachSegments(
  shop: ErasureShop,
  { segments, calls }: FoundContent,
): Promise<readonly ErasedSegment[]> {
  const ids = new Set(calls);
  const reached: ErasedSegment[] = [];
  for (const segment of segments) {
    const { merkleRoot, fileDigest } = (await sealOf(shop, segment)) ?? {
      merkleRoot: null,
      fileDigest: null,
    };
    const orphans = await orphansOf(shop, segment, ids);
    reached.push({ segment: segment.name, merkleRoot, fileDigest, orphans });
  }
  return reached;
}

async function sealOf({ store, calls }: ErasureShop, segment: SegmentParts) {
  const seal = calls.sealed.get(segment.name);
  if (seal === undefined || purgeOf(calls, seal) !== undefined) return undefined;
  const path = sealedPath(store, segment);
  if ((await digestFile(path)).fileDigest === seal.fileDigest) return seal;
  throw new Failure(
    `segment ${segment.name} is not what was sealed, so nobody can tell whose its content is: run promptaudit calls verify`,
  );
}

/** Ids that are asked for at a time. */
const BATCH = 20_000;

async function orphansOf(
  { store, engine, sources, calls }: ErasureShop,
  segment: SegmentParts,
  known: ReadonlySet<string>,
): Promise<string[]> {
  const own = (source: { segment: SegmentParts }) => source.segment.name === segment.name;
  const records = { ...sources, sealed: sources.sealed.filter(own), open: sources.open.filter(own) };
  if (records.sealed.length + records.open.length === 0 && calls.sealed.has(segment.name)) return [];
  const orphans: string[] = [];
  let batch = new Set<string>();
  const sift = async (): Promise<void> => {
    const meant = `id IN (SELECT unnest(from_json($1::JSON, '["VARCHAR"]')))`;
    const sql = `SELECT DISTINCT id FROM ${relation(records, 'id')} WHERE ${meant}`;
    for (const { id } of await query(engine, records, sql, [JSON.stringify([...batch])]))
      batch.delete(String(id));
    orphans.push(...batch);
    batch = new Set();
  };
  for await (const { item } of contentItems(store, segment)) {
    if (!known.has(item.id)) batch.add(item.id);
    if (batch.size === BATCH) await sift();
  }
  if (batch.size > 0) await sift();
  return [...new Set(orphans)].sort();
}
