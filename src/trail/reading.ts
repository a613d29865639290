import { type ParsedCommit, parseCommit, parseLongCommit } from '../git/commit.ts';
import { LONGEST_COMMIT, type ObjectFormat, type Oid } from '../git/object.ts';
import type { GitStore, ReadResult } from '../git/store.ts';
import { type ParsedTag, parseTag } from '../git/tag.ts';
import { type DecodedEvent, decodeEvent } from '../ledger/codec.ts';
import { parseSha256, sha256 } from '../ledger/digest.ts';
import type { EventDetail, Sha256 } from '../ledger/event.ts';
import { keyFilePath, LONGEST_POLICY, POLICY_PATH } from '../policy/names.ts';
import type { PolicyParse } from '../policy/parse.ts';
import { SeenHistory } from './seenhistory.ts';
import { digestFiles, type FileEvidence, type ReadFile, readFiles } from './treefiles.ts';

/** An object that was to be read and parsed; or why it could not. */
export type Parsed<T> = { readonly state: 'present'; readonly oid: Oid; readonly value: T } | Unparsed;

/** An object that is not there, whose bytes are not its id, or that is not what it should be. */
export type Unparsed =
  | { readonly state: 'missing' | 'corrupt'; readonly oid: Oid }
  | { readonly state: 'malformed'; readonly oid: Oid; readonly why: string };

/** A policy, and the objects of OpenPGP keys beside it that could not be had. */
export interface PolicyReading extends PolicyParse {
  readonly unread: readonly Extract<FileEvidence, { readonly state: 'missing' | 'corrupt' }>[];
}

/** One ledger commit and what its event rests on, as far as it can be had without looking at signatures. */
export interface EventReading {
  /** Of one that is too long, the headers: the chain goes on behind it. */
  readonly commit: Parsed<ParsedCommit>;
  /** SHA-256 of the commit's body; `undefined` where it could not be read. */
  readonly digest: Sha256 | undefined;
  readonly message: DecodedEvent;
  /** The version's, policy's or retirement's commit. */
  readonly subject: Parsed<ParsedCommit> | undefined;
  /** The file that the event vouches for, in that commit's tree. */
  readonly file: FileEvidence | undefined;
  readonly policy: PolicyReading | undefined;
  readonly tag: Parsed<ParsedTag> | undefined;
}

/**
 * Reads what a run of ledger commits rests on, level by level, so that each level is one stream of reads.
 * @param seen takes note of the versions' commits and trees
 */
export async function readEvents(
  store: GitStore,
  oids: readonly Oid[],
  seen?: SeenHistory,
): Promise<readonly EventReading[]> {
  const ledger = await readLedgerCommits(store, oids);
  const details = ledger.map(({ message }) => (message.ok ? message.event.detail : undefined));
  const { commits, tags } = await readNamed(store, details);
  for (const [oid, commit] of commits) if (commit.state === 'present') seen?.addCommit(oid, commit.value);
  const [files, policyFiles] = await Promise.all([
    gatherFiles(store, details, commits, seen),
    gatherPolicyFiles(store, details, commits),
  ]);
  const policies = await gatherPolicies(store, details, commits, policyFiles);
  return ledger.map(({ commit, digest, message }, index) => {
    const detail = details[index];
    const subject = detail && subjectOf(detail);
    const tag = detail && tagOf(detail);
    return {
      commit,
      digest,
      message,
      subject: subject && (commits.get(subject) ?? { state: 'missing', oid: subject }),
      file: files.get(index) ?? policyFiles.get(index),
      policy: policies.get(index),
      tag: tag && (tags.get(tag) ?? { state: 'missing', oid: tag }),
    };
  });
}

type LedgerCommit = Pick<EventReading, 'commit' | 'digest' | 'message'>;

async function readLedgerCommits(store: GitStore, oids: readonly Oid[]): Promise<readonly LedgerCommit[]> {
  const readings: LedgerCommit[] = [];
  for await (const result of store.readMany(oids)) {
    const isLong = result.state === 'present' && result.object.sha256 !== undefined;
    const commit = parseCommitObject(result, isLong ? parseLongCommit : parseCommit);
    const message = isLong ? LONG_MESSAGE : messageOf(commit, store.layout.objectFormat);
    readings.push({ commit, digest: digestOf(result), message });
  }
  return readings;
}

const LONG_MESSAGE: DecodedEvent = {
  ok: false,
  problems: [`the commit is longer than ${LONGEST_COMMIT} bytes`],
};

function digestOf(result: ReadResult): Sha256 | undefined {
  if (result.state !== 'present') return undefined;
  const { sha256: ofAll, bytes } = result.object;
  return ofAll === undefined ? sha256(bytes) : parseSha256(`sha256:${ofAll}`);
}

function messageOf(commit: Parsed<ParsedCommit>, format: ObjectFormat): DecodedEvent {
  switch (commit.state) {
    case 'present':
      return decodeEvent(commit.value.message ?? commit.value.messageBytes, format);
    case 'malformed':
      return { ok: false, problems: [commit.why] };
    default:
      return { ok: false, problems: [`the commit is ${commit.state}`] };
  }
}

function parseCommitObject(result: ReadResult, parse = parseCommit): Parsed<ParsedCommit> {
  if (result.state !== 'present') return result;
  const { oid, kind, bytes } = result.object;
  if (kind !== 'commit') return { state: 'malformed', oid, why: `it is a ${kind}, not a commit` };
  const parsed = parse(bytes);
  return parsed.ok
    ? { state: 'present', oid, value: parsed.commit }
    : { state: 'malformed', oid, why: parsed.problem };
}

function parseTagObject(result: ReadResult): Parsed<ParsedTag> {
  if (result.state !== 'present') return result;
  const { oid, kind, bytes } = result.object;
  if (kind !== 'tag') return { state: 'malformed', oid, why: `it is a ${kind}, not a tag` };
  const parsed = parseTag(bytes);
  return parsed.ok
    ? { state: 'present', oid, value: parsed.tag }
    : { state: 'malformed', oid, why: parsed.problem };
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

function tagOf(detail: EventDetail): Oid | undefined {
  return 'tagObject' in detail ? detail.tagObject : undefined;
}

/** What events name by its id: the commits that they bring in, the tags of decisions. */
interface Named {
  readonly commits: ReadonlyMap<Oid, Parsed<ParsedCommit>>;
  readonly tags: ReadonlyMap<Oid, Parsed<ParsedTag>>;
}

async function readNamed(store: GitStore, details: readonly (EventDetail | undefined)[]): Promise<Named> {
  const subjects = new Set(details.map((detail) => detail && subjectOf(detail)));
  const decisions = new Set(details.map((detail) => detail && tagOf(detail)));
  const commits = new Map<Oid, Parsed<ParsedCommit>>();
  const tags = new Map<Oid, Parsed<ParsedTag>>();
  const oids = [...new Set([...subjects, ...decisions])].filter((oid) => oid !== undefined);
  for await (const result of store.readMany(oids)) {
    const oid = result.state === 'present' ? result.object.oid : result.oid;
    if (subjects.has(oid)) commits.set(oid, parseCommitObject(result));
    if (decisions.has(oid)) tags.set(oid, parseTagObject(result));
  }
  return { commits, tags };
}

/** The files that versions vouch for, by the event's index. */
async function gatherFiles(
  store: GitStore,
  details: readonly (EventDetail | undefined)[],
  commits: Named['commits'],
  seen = new SeenHistory(store.layout.objectFormat),
): Promise<ReadonlyMap<number, FileEvidence>> {
  const wanted = details.flatMap((detail, index) => {
    if (detail?.event !== 'version') return [];
    const tree = treeOf(commits.get(detail.commit));
    return tree ? [{ index, tree, path: detail.path }] : [];
  });
  const files = await digestFiles(store, wanted, seen);
  return new Map(wanted.map(({ index }, at) => [index, files[at] ?? { state: 'absent' }]));
}

/** The files that policies vouch for, by the event's index. */
async function gatherPolicyFiles(
  store: GitStore,
  details: readonly (EventDetail | undefined)[],
  commits: Named['commits'],
): Promise<ReadonlyMap<number, ReadFile>> {
  const wanted = details.flatMap((detail, index) => {
    if (detail?.event !== 'policy') return [];
    const tree = treeOf(commits.get(detail.commit));
    return tree ? [{ index, tree, path: POLICY_PATH }] : [];
  });
  const files = await readFiles(store, wanted, LONGEST_POLICY);
  return new Map(wanted.map(({ index }, at) => [index, files[at] ?? { state: 'absent' }]));
}

function treeOf(commit: Parsed<ParsedCommit> | undefined): Oid | undefined {
  return commit?.state === 'present' ? commit.value.tree : undefined;
}

async function gatherPolicies(
  store: GitStore,
  details: readonly (EventDetail | undefined)[],
  commits: Named['commits'],
  files: ReadonlyMap<number, ReadFile>,
): Promise<ReadonlyMap<number, PolicyReading>> {
  const policies = new Map<number, PolicyReading>();
  for (const [index, detail] of details.entries()) {
    const file = files.get(index);
    const tree = detail?.event === 'policy' ? treeOf(commits.get(detail.commit)) : undefined;
    if (tree && file?.state === 'present') policies.set(index, await readPolicy(store, tree, file.bytes));
  }
  return policies;
}

/** Parses a policy file with the OpenPGP keys that stand beside it in the same tree. Only who meets one loads the parser. */
async function readPolicy(store: GitStore, tree: Oid, bytes: Uint8Array): Promise<PolicyReading> {
  const { openPolicy } = await import('../policy/parse.ts');
  const policy = openPolicy(bytes);
  const fingerprints = policy.keyFiles;
  const found = await readFiles(
    store,
    fingerprints.map((fingerprint) => ({ tree, path: keyFilePath(fingerprint) })),
    LONGEST_POLICY,
  );
  const material = new Map<string, string>();
  // One small blob may stand at thousands of names.
  const texts = new Map<Oid, string>();
  for (const [index, fingerprint] of fingerprints.entries()) {
    const file = found[index];
    if (file?.state !== 'present') continue;
    const text = texts.get(file.oid) ?? Buffer.from(file.bytes).toString('latin1');
    texts.set(file.oid, text);
    material.set(fingerprint, text);
  }
  const unread = found.flatMap((file) =>
    file.state === 'missing' || file.state === 'corrupt' ? [file] : [],
  );
  return { ...policy.judge(material), unread };
}
