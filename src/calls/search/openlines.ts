import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason, isAbsent } from '../../git/files.ts';

/** More than a record's line can have, in bytes. */
const LONGEST = 256 * 1024;
const LINE_FEED = 10;

/** SHA-256, in hex, of what a file holds behind its last line feed; `undefined` where that is nothing. @throws Failure */
export async function tornTail(path: string): Promise<string | undefined> {
  return reading(path, async (handle) => {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, LONGEST));
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, size - bytes.length);
    const end = bytes.subarray(0, bytesRead);
    const tail = end.subarray(end.lastIndexOf(LINE_FEED) + 1);
    return tail.length === 0 ? undefined : createHash('sha256').update(tail).digest('hex');
  });
}

/** Gives `undefined` where the file is gone: it was sealed since it was listed. */
async function reading<T>(path: string, read: (handle: FileHandle) => Promise<T>): Promise<T | undefined> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw unreadable(path, error);
  }
  try {
    return await read(handle);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle.close();
  }
}

function unreadable(path: string, error: unknown): Failure {
  return new Failure(`${path} cannot be read: ${errorReason(error)}`);
}
