import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { errorCode, syncFolder } from '../../git/files.ts';
import { dropLock, takeLock, touchLock } from './lock.ts';
import { lockPath, openPath, type SegmentName, type SegmentParts } from './names.ts';

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

  /**
   * Goes on with one that waits to be sealed.
   * @returns `undefined` where another process was faster
   * @throws a system error
   */
  static reopen(
    store: string,
    { name, opened }: SegmentParts,
  ): { segment: OpenSegment; lines: string[] } | undefined {
    const lock = lockPath(store, name);
    try {
      takeLock(lock);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return undefined;
      throw error;
    }
    try {
      const path = openPath(store, name);
      const segment = new OpenSegment(
        store,
        name,
        opened,
        openSync(path, constants.O_WRONLY | constants.O_APPEND),
      );
      const text = readFileSync(path, 'utf8');
      const lines = text.split('\n').slice(0, -1);
      segment.size = Buffer.byteLength(text);
      segment.records = lines.length;
      if (text === '' || text.endsWith('\n')) return { segment, lines };
      closeSync(segment.file);
    } catch (error) {
      dropLock(lock);
      if (errorCode(error) !== 'ENOENT') throw error;
      return undefined;
    }
    dropLock(lock);
    return undefined;
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
