import { open, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, inflateSync } from 'node:zlib';
import { errorCode, isAbsent, makeFolders, readIfThere, syncFolder } from '../files.ts';
import { LARGEST_OBJECT, type NewObject, type ObjectKind, type Oid } from '../object.ts';
import { DamagedObject } from './damage.ts';

const KINDS: readonly string[] = ['commit', 'tree', 'blob', 'tag'] satisfies readonly ObjectKind[];

/**
 * Reads `objects/ab/cdef…`; `undefined` where there is no such file. Its bytes are not hashed yet.
 * Source: gitformat-loose(5).
 * @throws DamagedObject
 */
export async function readLoose(objectsDir: string, oid: Oid): Promise<NewObject | undefined> {
  const deflated = await readIfThere(loosePath(objectsDir, oid));
  if (deflated === undefined) {
    return undefined;
  }
  let inflated: Buffer;
  try {
    inflated = inflateSync(deflated, { maxOutputLength: LARGEST_OBJECT });
  } catch {
    throw new DamagedObject('a loose object that does not inflate');
  }
  const end = inflated.indexOf(0);
  const [, kind, size] =
    /^(\w+) (0|[1-9]\d*)$/.exec(inflated.subarray(0, Math.max(end, 0)).toString('latin1')) ?? [];
  const bytes = inflated.subarray(end + 1);
  if (!isKind(kind) || Number(size) !== bytes.length) {
    throw new DamagedObject('a loose object without its header');
  }
  return { kind, bytes };
}

function isKind(text: string | undefined): text is ObjectKind {
  return text !== undefined && KINDS.includes(text);
}

function loosePath(objectsDir: string, oid: string): string {
  return join(objectsDir, oid.slice(0, 2), oid.slice(2));
}

/** Ids of loose objects that begin with these (at least two) hex digits. */
export async function looseWithPrefix(objectsDir: string, prefix: string): Promise<readonly string[]> {
  const fanout = prefix.slice(0, 2);
  try {
    const names = await readdir(join(objectsDir, fanout));
    return names
      .map((name) => fanout + name)
      .filter((id) => /^[0-9a-f]{40}$/.test(id) && id.startsWith(prefix));
  } catch (error) {
    if (isAbsent(error)) {
      return [];
    }
    throw error;
  }
}

/** Bytes of one loose object that are to be written. */
export interface LooseWrite {
  readonly oid: Oid;
  readonly object: NewObject;
}

/** Files open at once. */
const ABREAST = 16;

/**
 * Writes objects so that each is there whole or not at all, and there to stay once this returns: temporary file, fsync,
 * rename, fsync of the folder. The temporary names are those that `git gc` clears away.
 */
export async function writeLoose(objectsDir: string, writes: readonly LooseWrite[]): Promise<void> {
  const folders = new Set(writes.map(({ oid }) => join(objectsDir, oid.slice(0, 2))));
  for (const folder of folders) {
    await makeFolders(folder);
  }
  const queue = [...writes];
  const worker = async (): Promise<void> => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      await writeOne(objectsDir, next);
    }
  };
  await Promise.all(Array.from({ length: Math.min(ABREAST, queue.length) }, worker));
  for (const folder of [...folders, objectsDir]) {
    await syncFolder(folder);
  }
}

async function writeOne(objectsDir: string, { oid, object }: LooseWrite): Promise<void> {
  const header = Buffer.from(`${object.kind} ${object.bytes.length}\0`);
  const deflated = deflateSync(Buffer.concat([header, object.bytes]), { level: 1 });
  const temporary = await writeTemporary(join(objectsDir, oid.slice(0, 2)), oid, deflated);
  try {
    await rename(temporary, loosePath(objectsDir, oid));
  } catch (error) {
    await unlink(temporary);
    throw error;
  }
}

/** Takes the first name that is free: another writer, or one that died, may have others. */
async function writeTemporary(folder: string, oid: Oid, bytes: Uint8Array): Promise<string> {
  for (let serial = 0; ; serial += 1) {
    const path = join(folder, `tmp_obj_${oid.slice(2, 10)}_${process.pid}_${serial}`);
    try {
      const handle = await open(path, 'wx', 0o444);
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      return path;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') {
        await unlink(path).catch(() => {});
        throw error;
      }
    }
  }
}

/**
 * Makes an object's file as young as the youngest, so that a `git gc` under way does not take it for long unused.
 * Does nothing for an object that is not loose there. The time is the file system's own.
 */
export async function freshen(objectsDir: string, oid: Oid): Promise<void> {
  const path = loosePath(objectsDir, oid);
  try {
    await stat(path);
  } catch (error) {
    if (isAbsent(error)) {
      return;
    }
    throw error;
  }
  const probe = await writeTemporary(join(path, '..'), oid, new Uint8Array(0));
  const { atime, mtime } = await stat(probe);
  await unlink(probe);
  await utimes(path, atime, mtime).catch(() => {});
}
