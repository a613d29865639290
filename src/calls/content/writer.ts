import { randomFillSync } from 'node:crypto';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../../failure.ts';
import { errorCode, errorReason, isAbsent, syncFolder } from '../../git/files.ts';
import type { ContentDigest, Part } from '../record/model.ts';
import { makeFolderWithin } from '../store/modes.ts';
import { contentPath, type SegmentParts } from '../store/names.ts';
import { openPlain, TO_CHANGE } from '../store/plainfile.ts';
import { contentDigest, headerLine, MAX_TEXT, plainLine, SALT_BYTES, sealedLine } from './format.ts';
import { endOfLines } from './lines.ts';
import { type BatchKey, newBatchKey, sealItem } from './seal.ts';

export interface ContentTarget {
  readonly store: string;
  readonly segment: SegmentParts;
  /** Public keys of age, `age1…`; none, or left out: the content is not encrypted. */
  readonly recipients?: readonly string[];
}

/** Only who runs the recorder reads it, however open the store is. */
const MODE = 0o600;

/**
 * Writes what was said in the calls of one segment; the format is told in `format.ts`. One writer at a time: whoever has one
 * holds the lock of the segment. An erasure in the meantime is noticed, and what comes next goes to the new file.
 */
export class ContentWriter {
  readonly #path: string;
  readonly #store: string;
  readonly #segment: string;
  readonly #batch: BatchKey | undefined;
  #sealed = 0;
  #waiting: Buffer[] = [];
  #file: { readonly handle: FileHandle; readonly inode: bigint } | undefined;
  /** Behind the last line that is known to be on the disk. */
  #end = 0;
  /** The commit before the next one. */
  #last: Promise<void> = Promise.resolve();
  /** Whether the items that come next have a header above them. */
  #headed = false;

  private constructor(target: ContentTarget, batch: BatchKey | undefined) {
    this.#path = contentPath(target.store, target.segment);
    this.#store = target.store;
    this.#segment = target.segment.name;
    this.#batch = batch;
  }

  /**
   * Nothing is written before the first `commit`. A last line that was torn is cut off then.
   * @throws Failure where a recipient is none
   */
  static async open(target: ContentTarget): Promise<ContentWriter> {
    const recipients = target.recipients ?? [];
    return new ContentWriter(target, recipients.length === 0 ? undefined : await newBatchKey(recipients));
  }

  /**
   * Takes what was said in one call, after redaction; it is on the disk after the next `commit`.
   * @returns what the record says of it, but which rules of redaction fired
   * @throws Failure where a text is longer than 8 Mi UTF-16 code units: nothing of the call was taken then
   */
  add(id: string, parts: ReadonlyMap<Part, string>): readonly ContentDigest[] {
    for (const [part, text] of parts) {
      if (text.length > MAX_TEXT) {
        throw new Failure(
          `the ${part} of call ${id} is ${text.length} characters long, the limit is ${MAX_TEXT}`,
        );
      }
    }
    return Array.from(parts, ([part, text]) => this.#take(id, part, text));
  }

  #take(id: string, part: Part, text: string): ContentDigest {
    const plaintext = Buffer.alloc(SALT_BYTES + Buffer.byteLength(text));
    randomFillSync(plaintext, 0, SALT_BYTES);
    plaintext.write(text, SALT_BYTES);
    this.#waiting.push(Buffer.from(this.#line(id, part, plaintext)));
    return { part, digest: contentDigest(plaintext), bytes: plaintext.length - SALT_BYTES };
  }

  #line(id: string, part: Part, plaintext: Buffer): string {
    if (this.#batch === undefined) {
      // Through UTF-8, in which a half of a character is written as U+FFFD.
      const text = plaintext.toString('utf8', SALT_BYTES);
      return plainLine(id, part, plaintext.subarray(0, SALT_BYTES), text);
    }
    const { nonce, sealed } = sealItem(this.#batch.key, this.#sealed, this.#segment, { id, part }, plaintext);
    this.#sealed += 1;
    return sealedLine(id, part, nonce, sealed);
  }

  /**
   * Writes what was taken and waits until it is on the disk.
   * @throws Failure where it cannot be written; it is kept then, and the next `commit` tries again
   */
  commit(): Promise<void> {
    const mine = this.#last.then(() => this.#commit());
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #commit(): Promise<void> {
    if (this.#waiting.length === 0) return;
    try {
      await this.#write();
    } catch (error) {
      if (errorCode(error) === '') throw error;
      await this.#file?.handle.truncate(this.#end).catch(() => {});
      throw new Failure(`the content in ${this.#path} cannot be written: ${errorReason(error)}`);
    }
  }

  async #write(): Promise<void> {
    const handle = await this.#handle();
    const taken = this.#waiting.length;
    const header = this.#headed ? [] : [Buffer.from(headerLine(this.#segment, this.#batch?.wrapped))];
    const bytes = Buffer.concat([...header, ...this.#waiting]);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, this.#end + done);
      done += bytesWritten;
    }
    await handle.datasync();
    this.#end += bytes.length;
    this.#headed = true;
    this.#waiting = this.#waiting.slice(taken);
  }

  /** The file as it is at its place now. */
  async #handle(): Promise<FileHandle> {
    if (this.#file !== undefined) {
      if (this.#file.inode === (await inodeOf(this.#path))) return this.#file.handle;
      await this.#file.handle.close();
      this.#file = undefined;
    }
    const handle = await this.#openFile();
    this.#file = { handle, inode: (await handle.stat({ bigint: true })).ino };
    this.#end = await endOfLines(handle);
    this.#headed = false;
    await handle.truncate(this.#end);
    return handle;
  }

  async #openFile(): Promise<FileHandle> {
    try {
      return await openPlain(this.#path, TO_CHANGE);
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    const folder = dirname(this.#path);
    await makeFolderWithin(folder);
    const handle = await open(this.#path, 'wx+', MODE);
    for (const one of [folder, dirname(folder), this.#store]) await syncFolder(one);
    return handle;
  }

  /** What was not committed is lost. */
  async close(): Promise<void> {
    await this.#last;
    this.#waiting = [];
    await this.#file?.handle.close();
    this.#file = undefined;
    this.#batch?.key.fill(0);
  }
}

async function inodeOf(path: string): Promise<bigint | undefined> {
  try {
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
