import { parseCommit, type ParsedCommit } from '../git/commit.ts';
import type { GitObject, ObjectFormat, Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { parseTag, type ParsedTag } from '../git/tag.ts';
import { decodeEvent } from '../ledger/codec.ts';
import { sha256 } from '../ledger/digest.ts';
import type { EventDetail, LedgerEvent, Sha256 } from '../ledger/event.ts';
import { type PolicyParse, parsePolicy, requiredKeyFiles } from '../policy/parse.ts';
import type { KeyId, TrustedKey } from '../signing/model.ts';
import { checkSignature, type Signed, type SignatureOutcome, signedCommit, signedTag } from './signed.ts';
import { type FileEvidence, readFiles } from './treefiles.ts';

export const POLICY_PATH = '.promptaudit/policy.yml';

export function keyFilePath(fingerprint: string): string {
  return `.promptaudit/keys/${fingerprint}.asc`;
}

/** An object that an event rests on: read, hashed again, parsed, its signature checked; or why not. */
export type Evidence<T> =
  | { readonly state: 'present'; readonly oid: Oid; readonly value: T; readonly signed: Signed; readonly outcome: SignatureOutcome }
  | { readonly state: 'missing' | 'corrupt'; readonly oid: Oid }
  | { readonly state: 'malformed'; readonly oid: Oid; readonly why: string };

/** One ledger commit with all that judging its event needs. */
export interface LedgerEvidence {
  readonly oid: Oid;
  readonly commit: Evidence<ParsedCommit>;
  /** SHA-256 of the commit's body; `undefined` where it could not be read. */
  readonly digest: Sha256 | undefined;
  readonly message: { readonly ok: true; readonly event: LedgerEvent } | { readonly ok: false; readonly problems: readonly string[] };
  /** The version's, policy's or retirement's commit. */
  readonly subject: Evidence<ParsedCommit> | undefined;
  /** The file that the event vouches for, in that commit's tree. */
  readonly file: FileEvidence | undefined;
  readonly policy: PolicyParse | undefined;
  readonly tag: Evidence<ParsedTag> | undefined;
}

interface Reading {
  readonly oid: Oid;
  readonly result: ReadResult;
  readonly message: LedgerEvidence['message'];
}

/**
 * Reads what a run of ledger commits rests on, level by level, so that each level is one stream of reads.
 * Keys of every policy seen are added to `keys`: a signature can be checked before it is known whether its key counts.
 */
export async function gatherEvidence(
  store: GitStore,
  oids: readonly Oid[],
  keys: Map<KeyId, TrustedKey>,
): Promise<readonly LedgerEvidence[]> {
  const readings = await readLedgerCommits(store, oids);
  const details = readings.map(({ message }) => (message.ok ? message.event.detail : undefined));
  const named = await readObjects(store, details.flatMap(objectsOf));
  const files = await gatherFiles(store, details, named);
  const policies = await gatherPolicies(store, details, named, files);
  for (const parse of policies.values()) {
    for (const [id, grant] of parse.policy?.keys ?? []) keys.set(id, grant.key);
  }
  return Promise.all(
    readings.map(async (reading, index): Promise<LedgerEvidence> => {
      const detail = details[index];
      const subject = detail && subjectOf(detail);
      const tag = detail && 'tagObject' in detail ? detail.tagObject : undefined;
      const present = reading.result.state === 'present' ? reading.result.object : undefined;
      return {
        oid: reading.oid,
        commit: await commitEvidence(reading.result, reading.oid, keys),
        digest: present && sha256(present.bytes),
        message: reading.message,
        subject: subject && (await commitEvidence(named.get(subject), subject, keys)),
        file: files.get(index),
        policy: policies.get(index),
        tag: tag && (await tagEvidence(named.get(tag), tag, keys)),
      };
    }),
  );
}

async function readLedgerCommits(store: GitStore, oids: readonly Oid[]): Promise<readonly Reading[]> {
  const readings: Reading[] = [];
  for await (const result of store.readMany(oids)) {
    const oid = result.state === 'present' ? result.object.oid : result.oid;
    readings.push({ oid, result, message: messageOf(result, store.layout.objectFormat) });
  }
  return readings;
}

function messageOf(result: ReadResult, format: ObjectFormat): LedgerEvidence['message'] {
  if (result.state !== 'present') return { ok: false, problems: [`the commit is ${result.state}`] };
  const parsed = parseCommitObject(result.object);
  return parsed.ok ? decodeEvent(parsed.commit.messageBytes, format) : { ok: false, problems: [parsed.problem] };
}

function parseCommitObject(object: GitObject): ReturnType<typeof parseCommit> {
  if (object.kind !== 'commit') return { ok: false, problem: `it is a ${object.kind}, not a commit` };
  return parseCommit(object.bytes);
}

/** The commit that an event brings into the trail, and that must be its second parent. */
export function subjectOf(detail: EventDetail): Oid | undefined {
  switch (detail.event) {
    case 'version':
    case 'policy':
    case 'retirement':
      return detail.commit;
    default:
      return undefined;
  }
}

function objectsOf(detail: EventDetail | undefined): readonly Oid[] {
  if (detail === undefined) return [];
  const subject = subjectOf(detail);
  if (subject !== undefined) return [subject];
  return 'tagObject' in detail ? [detail.tagObject] : [];
}

async function readObjects(store: GitStore, oids: readonly Oid[]): Promise<ReadonlyMap<Oid, ReadResult>> {
  const found = new Map<Oid, ReadResult>();
  for await (const result of store.readMany(new Set(oids))) {
    found.set(result.state === 'present' ? result.object.oid : result.oid, result);
  }
  return found;
}

/** The files that version and policy events vouch for, by the event's index. */
async function gatherFiles(
  store: GitStore,
  details: readonly (EventDetail | undefined)[],
  named: ReadonlyMap<Oid, ReadResult>,
): Promise<ReadonlyMap<number, FileEvidence>> {
  const wanted = details.flatMap((detail, index) => {
    if (detail?.event !== 'version' && detail?.event !== 'policy') return [];
    const tree = treeOf(named.get(detail.commit));
    return tree ? [{ index, tree, path: detail.event === 'version' ? detail.path : POLICY_PATH }] : [];
  });
  const files = await readFiles(store, wanted);
  return new Map(wanted.map(({ index }, position) => [index, files[position] ?? { state: 'absent' }]));
}

function treeOf(result: ReadResult | undefined): Oid | undefined {
  if (result?.state !== 'present') return undefined;
  const parsed = parseCommitObject(result.object);
  return parsed.ok ? parsed.commit.tree : undefined;
}

async function gatherPolicies(
  store: GitStore,
  details: readonly (EventDetail | undefined)[],
  named: ReadonlyMap<Oid, ReadResult>,
  files: ReadonlyMap<number, FileEvidence>,
): Promise<ReadonlyMap<number, PolicyParse>> {
  const policies = new Map<number, PolicyParse>();
  for (const [index, detail] of details.entries()) {
    const file = files.get(index);
    const tree = detail?.event === 'policy' ? treeOf(named.get(detail.commit)) : undefined;
    if (tree && file?.state === 'present') policies.set(index, await readPolicy(store, tree, file.bytes));
  }
  return policies;
}

/** Parses a policy file with the OpenPGP keys that stand beside it in the same tree. */
export async function readPolicy(store: GitStore, tree: Oid, bytes: Uint8Array): Promise<PolicyParse> {
  const fingerprints = requiredKeyFiles(bytes);
  const found = await readFiles(
    store,
    fingerprints.map((fingerprint) => ({ tree, path: keyFilePath(fingerprint) })),
  );
  const material = new Map<string, string>();
  for (const [index, fingerprint] of fingerprints.entries()) {
    const file = found[index];
    if (file?.state === 'present') material.set(fingerprint, Buffer.from(file.bytes).toString('latin1'));
  }
  return parsePolicy(bytes, material, POLICY_PATH);
}

async function commitEvidence(
  result: ReadResult | undefined,
  oid: Oid,
  keys: ReadonlyMap<KeyId, TrustedKey>,
): Promise<Evidence<ParsedCommit>> {
  if (result?.state !== 'present') return { state: result?.state ?? 'missing', oid };
  const parsed = parseCommitObject(result.object);
  if (!parsed.ok) return { state: 'malformed', oid, why: parsed.problem };
  const signed = signedCommit(oid, parsed.commit);
  return { state: 'present', oid, value: parsed.commit, signed, outcome: await checkSignature(signed, keys) };
}

async function tagEvidence(
  result: ReadResult | undefined,
  oid: Oid,
  keys: ReadonlyMap<KeyId, TrustedKey>,
): Promise<Evidence<ParsedTag>> {
  if (result?.state !== 'present') return { state: result?.state ?? 'missing', oid };
  if (result.object.kind !== 'tag') return { state: 'malformed', oid, why: `it is a ${result.object.kind}, not a tag` };
  const parsed = parseTag(result.object.bytes);
  if (!parsed.ok) return { state: 'malformed', oid, why: parsed.problem };
  const signed = signedTag(oid, parsed.tag);
  return { state: 'present', oid, value: parsed.tag, signed, outcome: await checkSignature(signed, keys) };
}
