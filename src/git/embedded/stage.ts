import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { isAbsent, readIfThere } from '../files.ts';
import { hashObject, type Oid } from '../object.ts';
import type { FileMode, WorkFile } from '../store.ts';
import { EMPTY_INDEX, type IndexEntry, type IndexFile, parseIndex, serializeIndex } from './indexfile.ts';

export interface Staged {
  readonly oid: Oid;
  readonly mode: FileMode;
}

const MODES: Readonly<Record<FileMode, number>> = { '100644': 0o100644, '100755': 0o100755 };
const LONGEST_NAME_FLAG = 0xfff;

export async function readIndex(indexFile: string): Promise<IndexFile> {
  const bytes = await readIfThere(indexFile);
  return bytes === undefined ? EMPTY_INDEX : parseIndex(bytes);
}

/**
 * The bytes of an index in which one path stands for `staged`, or is gone.
 * @param stats of the file on disk, where that is known to be what is staged; git need not read it again then
 * @throws Failure where a file would stand at a folder's place, or a folder at a file's
 */
export function withEntry(
  index: IndexFile,
  name: string,
  staged: Staged | undefined,
  stats: BigIntStats | undefined,
): Buffer {
  const path = Buffer.from(name, 'utf8');
  const others = index.entries.filter((entry) => !entry.path.equals(path));
  if (staged === undefined) {
    return serializeIndex({ ...index, entries: others });
  }
  const clash = others.find((entry) => isInside(entry.path, path) || isInside(path, entry.path));
  if (clash !== undefined) {
    throw new Failure(`${name} cannot be staged: the index has ${clash.path.toString('utf8')}`);
  }
  const entry: IndexEntry = { path, stage: 0, oid: staged.oid, head: headOf(path, staged, stats) };
  const place = others.findIndex((other) => other.path.compare(path) > 0);
  const at = place === -1 ? others.length : place;
  return serializeIndex({ ...index, entries: [...others.slice(0, at), entry, ...others.slice(at)] });
}

function isInside(path: Buffer, folder: Buffer): boolean {
  return (
    path.length > folder.length &&
    path[folder.length] === 0x2f &&
    path.subarray(0, folder.length).equals(folder)
  );
}

/** Source: gitformat-index(5), "Index entry". Stat data of zero makes git compare the content. */
function headOf(path: Buffer, { oid, mode }: Staged, stats: BigIntStats | undefined): Buffer {
  const head = Buffer.alloc(62);
  if (stats !== undefined) {
    const words = [
      stats.ctimeNs / 1_000_000_000n,
      stats.ctimeNs % 1_000_000_000n,
      stats.mtimeNs / 1_000_000_000n,
      stats.mtimeNs % 1_000_000_000n,
      stats.dev,
      stats.ino,
      0n,
      stats.uid,
      stats.gid,
      stats.size,
    ];
    for (const [index, word] of words.entries()) {
      head.writeUInt32BE(Number(BigInt.asUintN(32, word)), index * 4);
    }
  }
  head.writeUInt32BE(MODES[mode], 24);
  head.write(oid, 40, 'hex');
  head.writeUInt16BE(Math.min(path.length, LONGEST_NAME_FLAG), 60);
  return head;
}

/**
 * Stat data of a file that holds what is staged, taken before and after it was read so that it holds still meanwhile.
 * @param read answers the bytes that git would store for it
 */
export async function statOfStaged(
  file: string,
  staged: Staged,
  read: () => Promise<WorkFile | undefined>,
): Promise<BigIntStats | undefined> {
  const before = await statIfThere(file);
  const content = await read();
  const after = await statIfThere(file);
  const still =
    before !== undefined &&
    after !== undefined &&
    before.mtimeNs === after.mtimeNs &&
    before.ino === after.ino;
  const same =
    content?.state === 'present' &&
    content.mode === staged.mode &&
    hashObject('sha1', { kind: 'blob', bytes: content.bytes }) === staged.oid;
  return still && same ? after : undefined;
}

async function statIfThere(file: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(file, { bigint: true });
  } catch (error) {
    if (isAbsent(error)) {
      return undefined;
    }
    throw error;
  }
}
