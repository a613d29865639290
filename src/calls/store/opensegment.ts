import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../../git/files.ts';
import { dropLock, takeLock, touchLock } from './lock.ts';
import { lockPath, openPath, type SegmentName } from './names.ts';

const flush = promisify(fdatasync);

/** A segment that this process writes: lines are appended whole, or not at all. */
export class OpenSegment {
  readonly name: SegmentName;
  /** Milliseconds since the epoch. */
  readonly opened: number;
  records = 0;
  private readonly store: string;
  private readonly file: number;
  private size = 0;
  private named = false;

  private constructor(store: string, name: SegmentName, opened: number, file: number) {
    this.store = store;
    this.name = name;
    this.opened = opened;
    this.file = file;
  }

  /** @throws a system error */
  static open(store: string, name: SegmentName, now: number): OpenSegment {
    const lock = lockPath(store, name);
    takeLock(lock);
    try {
      return new OpenSegment(store, name, now, openSync(openPath(store, name), 'ax'));
    } catch (error) {
      dropLock(lock);
      throw error;
    }
  }

  /** Hands lines to the system. @throws a system error, after which the segment is as it was */
  append(lines: readonly string[]): void {
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    } catch (error) {
      ftruncateSync(this.file, this.size);
      throw error;
    }
    this.size += bytes.length;
    this.records += lines.length;
  }

  /** Waits until all that was appended before is on the disk. @throws a system error */
  async sync(): Promise<void> {
    await flush(this.file);
    if (this.named) return;
    await syncFolder(dirname(openPath(this.store, this.name)));
    this.named = true;
  }

  /** False where somebody has taken the file away or cut it. */
  isWhole(): boolean {
    const { nlink, size } = fstatSync(this.file);
    return nlink > 0 && size === this.size;
  }

  touch(now: Date): void {
    touchLock(lockPath(this.store, this.name), now);
  }

  /** From now on anybody may seal it. */
  close(): void {
    try {
      fsyncSync(this.file);
    } finally {
      closeSync(this.file);
      if (this.records === 0) rmSync(openPath(this.store, this.name), { force: true });
      dropLock(lockPath(this.store, this.name));
    }
  }
}
