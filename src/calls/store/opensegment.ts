import {
  closeSync,
  constants,
  existsSync,
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
import { fileMode } from './modes.ts';
import { lockPath, openPath, type SegmentName, type SegmentParts, sealedPath } from './names.ts';

const flush = promisify(fdatasync);

const LINE_FEED = 0x0a;
/**
 * Where lines are put together for one write: a batch may be as large as all of a process's memory should be. Room that is made
 * anew takes longer than the writing.
 */
const ROOM = Buffer.allocUnsafeSlow(2 << 20);
/** Somebody has taken the file away, or put what is no file in its place. */
const NO_FILE: readonly string[] = ['ENOENT', 'ELOOP', 'EISDIR'];

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
      const path = openPath(store, name);
      return new OpenSegment(store, name, now, openSync(path, 'ax', fileMode(path)));
    } catch (error) {
      dropLock(lock);
      throw error;
    }
  }

  /**
   * Goes on with one that waits to be sealed.
   * @returns `undefined` where another process was faster, where it is sealed (what came to its lines then would be lost), or torn
   * @throws a system error
   */
  static reopen(store: string, parts: SegmentParts): { segment: OpenSegment; lines: string[] } | undefined {
    const { name, opened } = parts;
    const lock = lockPath(store, name);
    try {
      takeLock(lock);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') return undefined;
      throw error;
    }
    let file: number | undefined;
    let again: { segment: OpenSegment; lines: string[] } | undefined;
    try {
      if (existsSync(sealedPath(store, parts))) return undefined;
      file = openSync(openPath(store, name), constants.O_RDWR | constants.O_APPEND | constants.O_NOFOLLOW);
      const bytes = readFileSync(file);
      if (bytes.length > 0 && bytes.at(-1) !== LINE_FEED) return undefined;
      const lines = bytes.toString().split('\n').slice(0, -1);
      const segment = new OpenSegment(store, name, opened, file);
      segment.size = bytes.length;
      segment.records = lines.length;
      again = { segment, lines };
      file = undefined;
      return again;
    } catch (error) {
      if (!NO_FILE.includes(errorCode(error))) throw error;
      return undefined;
    } finally {
      if (file !== undefined) closeSync(file);
      if (again === undefined) dropLock(lock);
    }
  }

  /**
   * Hands lines to the system.
   * @returns what takes them back
   * @throws a system error, after which the segment is as it was
   */
  append(lines: readonly string[]): () => void {
    const { size, records } = this;
    try {
      this.write(lines);
    } catch (error) {
      this.cutBack(size, records);
      throw error;
    }
    this.records = records + lines.length;
    return () => this.cutBack(size, records);
  }

  private write(lines: readonly string[]): void {
    let used = 0;
    for (const line of lines) {
      // In UTF-8 a UTF-16 code unit takes three bytes at the most.
      const most = 3 * line.length + 1;
      if (most > ROOM.length - used) {
        this.hand(ROOM.subarray(0, used));
        used = 0;
      }
      if (most > ROOM.length) {
        this.hand(Buffer.from(`${line}\n`));
      } else {
        used += ROOM.write(line, used);
        ROOM[used] = LINE_FEED;
        used += 1;
      }
    }
    this.hand(ROOM.subarray(0, used));
  }

  private hand(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
    this.size += bytes.length;
  }

  private cutBack(size: number, records: number): void {
    this.size = size;
    this.records = records;
    try {
      ftruncateSync(this.file, size);
    } catch {
      // It is not whole then, and nothing more is written to it: readers leave out a torn line.
    }
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
