import { readFile, stat } from 'node:fs/promises';
import { kindOf } from '../../git/files.ts';
import { HASH_SIZE } from '../../ledger/merkle.ts';
import { type CallsLedger, purgeOf, type Seal } from '../../trail/callsledger.ts';
import { finding } from '../../trail/findings.ts';
import type { Finding } from '../../trail/model.ts';
import type { Engine } from '../engine/duckdb.ts';
import type { Certificate } from '../retain/certificate.ts';
import { type Certificates, readCertificates } from '../retain/certificates.ts';
import { checkActs, erasedIn, keepsContent, unsignedCertificates } from '../retain/checkcertificate.ts';
import { listSources, type Sources } from '../search/sources.ts';
import {
  KIND_OF,
  leavesPath,
  openPath,
  parseSegmentName,
  type SegmentParts,
  sealedPath,
} from '../store/names.ts';
import { checkContent } from './contentcheck.ts';
import { deepCheck } from './deepcheck.ts';
import { type QuickAnswer, quickCheck } from './quickcheck.ts';

export interface StoreCheck {
  readonly store: string;
  readonly calls: CallsLedger;
  /** Reads every record too; the engine is opened when it is needed. */
  readonly deep: (() => Promise<Engine>) | undefined;
  /** Is told of the bytes, or records, that were read, of how many. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** What a store's files were found to be against what the ledger sealed. */
export interface CheckedStore {
  readonly findings: readonly Finding[];
  /** Sealed segments whose files are to be there. */
  readonly segments: number;
  readonly records: number;
  /** Of their files. */
  readonly bytes: number;
  /** Segments that a purge took. */
  readonly purged: number;
  /** Segments that are not sealed yet: nothing vouches for them. */
  readonly open: number;
  /** Certificates of no purge and no erasure that took effect: they prove nothing. */
  readonly unsigned: readonly Certificate[];
  /** Recorders of whom nothing is here, though others' segments are: theirs may lie in another store. */
  readonly absent: readonly string[];
}

/** Compares a store with the ledger's seals, in both directions. @throws Failure where the store cannot be read */
export async function checkStore(check: StoreCheck): Promise<CheckedStore> {
  const { store, calls } = check;
  const sources = await listSources(store);
  const due = calls.seals.filter((seal) => purgeOf(calls, seal) === undefined);
  const gone = calls.seals.filter((seal) => purgeOf(calls, seal) !== undefined);
  const files = due.map((seal) => ({ ...seal, path: pathOf(store, seal) }));
  const bytes = due.reduce((sum, { fileSize }) => sum + fileSize, 0);
  const records = due.reduce((sum, seal) => sum + seal.records, 0);
  let read = 0;
  const total = bytes;
  const answers = await quickCheck(files, (more) => {
    read += more;
    if (check.deep === undefined) check.progress?.(read, total);
  });
  const findings = due.flatMap((seal, index) => fileFinding(seal, answers[index], due) ?? []);
  if (check.deep !== undefined) findings.push(...(await checkRecords(check, due, answers, records)));
  const certificates = await readCertificates(store, calls);
  if (check.deep !== undefined) findings.push(...(await checkContents(check, due, answers, certificates)));
  const { unsealed, waiting } = await notSealed(sources, calls);
  findings.push(...unsealed, ...(await checkActs(sources, calls, certificates)));
  const open = sources.open.length + waiting;
  const unsigned = unsignedCertificates(calls, certificates);
  return {
    findings,
    segments: due.length,
    records,
    bytes,
    purged: gone.length,
    open,
    unsigned,
    absent: absentRecorders(sources, due),
  };
}

function absentRecorders({ sealed, open }: Sources, due: readonly Seal[]): readonly string[] {
  const here = new Set<string>([...sealed, ...open].map(({ segment }) => segment.recorder));
  const known = new Set<string>(due.map(({ segment }) => parseSegmentName(segment)?.recorder ?? ''));
  const absent = [...known].filter((recorder) => !here.has(recorder)).sort();
  return absent.length === known.size ? [] : absent;
}

function pathOf(store: string, { segment }: Seal): string {
  const parts = parseSegmentName(segment);
  return parts === undefined ? '' : sealedPath(store, parts);
}

function fileFinding(seal: Seal, answer: QuickAnswer | undefined, all: readonly Seal[]): Finding | undefined {
  const place = { sequence: seal.sequence, object: seal.segment };
  const what = `segment ${seal.segment}, ${counted(seal.records, 'record')},`;
  switch (answer?.answer) {
    case 'ok':
      return undefined;
    case undefined:
    case 'missing':
      return finding('calls/missing', place, `${what} is not in the store`);
    case 'unreadable':
      return finding('calls/missing', place, `${what} cannot be read: ${answer.why}`);
    case 'larger':
      return finding(
        'calls/altered',
        place,
        `${what} is ${counted(answer.fileSize - seal.fileSize, 'byte')} longer than what was sealed`,
      );
    case 'altered': {
      const other = all.find(({ fileDigest }) => fileDigest === answer.fileDigest);
      const how =
        other !== undefined
          ? `is the file of segment ${other.segment}`
          : answer.fileSize < seal.fileSize
            ? `is ${counted(seal.fileSize - answer.fileSize, 'byte')} shorter than what was sealed`
            : `is not what was sealed: its SHA-256 is ${answer.fileDigest}`;
      return finding('calls/altered', place, `${what} ${how}`);
    }
  }
}

async function checkRecords(
  { deep, store, progress }: StoreCheck,
  due: readonly Seal[],
  answers: readonly QuickAnswer[],
  total: number,
): Promise<readonly Finding[]> {
  if (deep === undefined) return [];
  const engine = await deep();
  const findings: Finding[] = [];
  let done = 0;
  for (const [index, seal] of due.entries()) {
    const { answer } = answers[index] ?? { answer: 'missing' };
    if (answer === 'missing' || answer === 'unreadable') continue;
    const found = await deepCheck({
      engine,
      path: pathOf(store, seal),
      kind: KIND_OF[seal.class],
      seal,
      leaves: () => leavesOf(store, seal),
      progress: (records) => {
        done += records;
        progress?.(done, total);
      },
    });
    for (const { message, id } of found) {
      const which = id === undefined ? seal.segment : `${seal.segment}, ${id}`;
      findings.push(
        finding(
          'calls/record',
          { sequence: seal.sequence, object: id ?? seal.segment },
          `${which}: ${message}`,
        ),
      );
    }
  }
  return findings;
}

/** Whatever they are: they count only where they lead to the root that was sealed. */
async function leavesOf(store: string, { segment, records }: Seal): Promise<Buffer | undefined> {
  const parts = parseSegmentName(segment);
  const path = parts && leavesPath(store, parts);
  if (path === undefined || (await kindOf(path)) !== 'file') return undefined;
  const { size } = await stat(path);
  return size === records * HASH_SIZE ? readFile(path) : undefined;
}

/** Files of records that no seal vouches for; `waiting`: how many there are whose seals may be in the making. */
async function notSealed(
  { store, sealed, strangers }: Sources,
  calls: CallsLedger,
): Promise<{ readonly unsealed: readonly Finding[]; readonly waiting: number }> {
  const known = new Set<string>(calls.seals.map(({ segment }) => segment));
  const unknown: SegmentParts[] = [];
  let waiting = 0;
  for (const { segment } of sealed) {
    if (known.has(segment.name)) continue;
    // While its lines are there too, it counts as one that is not sealed yet.
    if ((await kindOf(openPath(store, segment.name))) === 'file') waiting += 1;
    else unknown.push(segment);
  }
  const unsealed = [
    ...unknown.map((segment) =>
      finding(
        'calls/unsealed',
        { object: segment.name },
        `no seal in the ledger is for segment ${segment.name}`,
      ),
    ),
    ...strangers.map((path) =>
      finding('calls/unsealed', { object: path }, `${path} lies in the store and is none of its segments`),
    ),
  ];
  return { unsealed, waiting };
}

/** What was said, against the digests in the records of sealed segments that can be read. */
async function checkContents(
  { deep, store, calls }: StoreCheck,
  due: readonly Seal[],
  answers: readonly QuickAnswer[],
  certificates: Certificates,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [index, seal] of due.entries()) {
    const segment = parseSegmentName(seal.segment);
    const isSealed = answers[index]?.answer === 'ok';
    if (deep === undefined || segment === undefined || !isSealed || !keepsContent(calls, seal)) continue;
    const path = sealedPath(store, segment);
    const erased = erasedIn(calls, certificates, seal.segment);
    const { problems, total } = await checkContent({ engine: await deep(), store, segment, path, erased });
    const say = (object: string, message: string) =>
      findings.push(
        finding('calls/content', { sequence: seal.sequence, object }, `${seal.segment}, ${message}`),
      );
    for (const { id, part, is } of problems) {
      const how = is === 'missing' ? 'is not there' : 'is not what the record vouches for';
      say(id, `${id}: its ${part} ${how}`);
    }
    if (total > problems.length)
      say(seal.segment, `there are ${total - problems.length} more texts that are not as their records say`);
  }
  return findings;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
