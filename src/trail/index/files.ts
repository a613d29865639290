import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { UNWAITING } from '../../git/files.ts';
import { IndexDamaged } from './damaged.ts';

/**
 * The index's files are read and written synchronously: they are local and small, and to ask a thread for each piece of
 * one takes longer than the piece itself.
 */

/** Calls `use` with the file, and closes it. @throws IndexDamaged where it cannot be opened, or is no plain file */
export function readingFrom<T>(file: string, use: (descriptor: number) => T): T {
  const descriptor = opened(file);
  try {
    if (!fstatSync(descriptor).isFile()) throw new IndexDamaged(`${file} is no plain file`);
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openSync(file, constants.O_RDONLY | UNWAITING);
  } catch {
    throw new IndexDamaged(`${file} cannot be opened`);
  }
}

/** All of a file. @throws IndexDamaged where it cannot be read */
export function textOf(file: string): string {
  return readingFrom(file, (descriptor) => readFileSync(descriptor, 'utf8'));
}

/** @throws IndexDamaged where the file has no such bytes */
export function readAt(descriptor: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let have = 0; have < length; ) {
    const more = readSync(descriptor, bytes, have, length - have, position + have);
    if (more === 0) throw new IndexDamaged(`${length} bytes at ${position} are not there`);
    have += more;
  }
  return bytes;
}

/** Writes over what is there; makes the file where there is none. */
export function writeAt(file: string, position: number, bytes: Uint8Array): void {
  // Not `a`, which writes at the end whatever position is given, nor `w`, which empties the file.
  const descriptor = openSync(file, constants.O_WRONLY | constants.O_CREAT | UNWAITING, 0o666);
  try {
    for (let done = 0; done < bytes.length; )
      done += writeSync(descriptor, bytes, done, bytes.length - done, position + done);
  } finally {
    closeSync(descriptor);
  }
}

/** Writes at the end of a file; `begin` makes it where there is none. */
export function appendTo(file: string, text: string, begin: boolean): void {
  const { O_WRONLY, O_APPEND, O_CREAT } = constants;
  const descriptor = openSync(file, O_WRONLY | O_APPEND | UNWAITING | (begin ? O_CREAT : 0), 0o666);
  try {
    writeFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}
