import { open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.ts';
import { makeFolders, readIfThere } from '../git/files.ts';
import { type Oid, parseOid } from '../git/object.ts';
import { parseSha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';

/** A place in a ledger up to which somebody verified it. */
export interface Mark {
  readonly sequence: number;
  readonly commit: Oid;
  readonly digest: Sha256;
}

/** What this clone holds on to between commands (design section 2): the pinned root, and the high-water mark. */
export interface Trust {
  readonly root: Pick<Mark, 'commit' | 'digest'>;
  /** The last verified head. */
  readonly head: Mark;
  /** Where a command is about to move the ledger, away from `head`: it may have been interrupted before, or after. */
  readonly next?: Mark | undefined;
  /** The last verified head of each remote's ledger, by the remote's name. */
  readonly remotes: ReadonlyMap<string, Mark>;
}

const SCHEMA = 'promptaudit/trust@1';

const MOST_BYTES = 4 * 1024 * 1024;

export function trustFile(commonDir: string): string {
  return join(commonDir, 'promptaudit', 'trust.json');
}

/**
 * Reads `<git dir>/promptaudit/trust.json`; `undefined` where this clone has pinned nothing yet.
 * @throws Failure when the file is there but is not what this program writes: a pin is never guessed
 */
export async function readTrust(commonDir: string): Promise<Trust | undefined> {
  const file = trustFile(commonDir);
  const bytes = await readIfThere(file, MOST_BYTES);
  if (bytes === undefined) return undefined;
  const trust = parseTrust(bytes.toString());
  if (trust === undefined) {
    throw new Failure(
      `${file} is damaged, so this clone no longer knows what it verified before: compare the registry's root with a colleague, then delete the file`,
    );
  }
  return trust;
}

export async function writeTrust(commonDir: string, { root, head, next, remotes }: Trust): Promise<void> {
  const stored = {
    schema: SCHEMA,
    root,
    head,
    next,
    remotes: remotes.size === 0 ? undefined : Object.fromEntries(remotes),
  };
  await writeDurably(trustFile(commonDir), `${JSON.stringify(stored, null, 2)}\n`);
}

function parseTrust(text: string): Trust | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const file = asRecord(value);
  const root = asRecord(file?.root);
  const commit = parseOid(String(root?.commit));
  const digest = parseSha256(String(root?.digest));
  const head = parseMark(file?.head);
  const next = file?.next === undefined ? undefined : parseMark(file.next);
  const remotes = parseMarks(file?.remotes ?? {});
  if (file?.schema !== SCHEMA || !commit || !digest || !head || !remotes) return undefined;
  if (file.next !== undefined && next === undefined) return undefined;
  return { root: { commit, digest }, head, next, remotes };
}

function parseMarks(value: unknown): ReadonlyMap<string, Mark> | undefined {
  const marks = new Map<string, Mark>();
  for (const [name, stored] of Object.entries(asRecord(value) ?? { '': undefined })) {
    const mark = parseMark(stored);
    if (mark === undefined) return undefined;
    marks.set(name, mark);
  }
  return marks;
}

function parseMark(value: unknown): Mark | undefined {
  const mark = asRecord(value);
  const commit = parseOid(String(mark?.commit));
  const digest = parseSha256(String(mark?.digest));
  const sequence = mark?.sequence;
  if (!commit || !digest) return undefined;
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  return { sequence, commit, digest };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** Tells the temporary files of one process apart. */
let serial = 0;

/** Temp file, fsync, rename: a reader sees the old file or the new one. */
export async function writeDurably(file: string, text: string): Promise<void> {
  await makeFolders(dirname(file));
  serial += 1;
  const temporary = `${file}.${process.pid}.${serial}.tmp`;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}
