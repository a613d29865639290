import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TrailEvent } from '../model.ts';
import { deleteIndex } from './core.ts';
import { appendRows, readRowsBackwards } from './rows.ts';

const BATCH = 2000;

/**
 * Judged events on their way into the index, and back out of it. What cannot be written (a full disk, a folder that is
 * read-only) stays in memory: the index is a convenience, and no command fails for want of it.
 */
export class EventRows {
  readonly folder: string;
  /** The last sequence that the files are sure to hold. */
  private filed: number;
  /** Events after that, oldest first. */
  private tail: TrailEvent[] = [];
  private writable = true;

  constructor(folder: string, filed: number) {
    this.folder = folder;
    this.filed = filed;
  }

  get name(): string {
    return basename(this.folder);
  }

  async add(event: TrailEvent): Promise<void> {
    this.tail.push(event);
    if (this.writable && this.tail.length >= BATCH) await this.flush();
  }

  /** Appends what is in memory to the files; false when they cannot be written. */
  async flush(): Promise<boolean> {
    if (!this.writable) return false;
    if (this.tail.length === 0) return true;
    try {
      await appendRows(this.folder, this.tail);
    } catch {
      this.writable = false;
      return false;
    }
    this.filed += this.tail.length;
    this.tail = [];
    return true;
  }

  /** Newest first. @throws IndexDamaged */
  async *backwards(): AsyncGenerator<TrailEvent> {
    yield* this.tail.toReversed();
    if (this.filed > 0) yield* readRowsBackwards(this.folder, this.filed);
  }
}

/** Deletes the row folders of earlier generations, as far as it can. */
export async function deleteOtherGenerations(index: string, keep: string): Promise<void> {
  const names = await readdir(index).catch(() => []);
  for (const name of names) {
    if (name.startsWith('rows-') && name !== keep)
      await deleteIndex(join(index, name)).catch(() => undefined);
  }
}
