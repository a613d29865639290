import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TrailEvent } from '../model.ts';
import { changedPage, type Page } from '../page.ts';
import { checkedText, withChecksum } from './checksum.ts';
import { IndexDamaged } from './damaged.ts';
import { readAt, readingFrom, writeAt } from './files.ts';
import { PLACES_FOLDER, type Place, readPlaces, writePlaces } from './places.ts';

/** How far rows reach, from genesis on. */
export interface Extent {
  readonly events: number;
  /** What they take of the file. */
  readonly bytes: number;
  /** How many of them changed each page. */
  readonly pages: ReadonlyMap<Page, number>;
}

const NOTHING: Extent = { events: 0, bytes: 0, pages: new Map() };

/** Lines are gathered up to about so many bytes before they are written. */
const BATCH = 1024 * 1024;
/** What is read of the end of the file at first, which is enough for a page of `log`, and at most. */
const FIRST_CHUNK = 32 * 1024;
const LARGEST_CHUNK = 512 * 1024;

/**
 * Judged events in ledger order: all of them in `events`, a line of JSON behind a checksum each, and where each page's
 * own are there in a file of its own.
 *
 * Their bytes follow from the ledger, and whoever reads on from a head knows where the next line goes. So processes that
 * write at the same time write the same bytes to the same place, without waiting for each other; and what a crash left
 * behind the head is written over. What cannot be written (a full disk, a folder that is read-only) stays in memory.
 */
export class EventRows {
  readonly folder: string;
  private events: number;
  private bytes: number;
  private readonly pages: Map<Page, number>;
  /** Lines that are in no file yet, oldest first, and where the file ends. */
  private lines: string[] = [];
  private filed: number;
  private readonly places = new Map<Page, Place[]>();
  private writable = true;

  constructor(folder: string, { events, bytes, pages }: Extent = NOTHING) {
    this.folder = folder;
    this.events = events;
    this.bytes = bytes;
    this.filed = bytes;
    this.pages = new Map(pages);
  }

  get name(): string {
    return basename(this.folder);
  }

  get extent(): Extent {
    return { events: this.events, bytes: this.bytes, pages: new Map(this.pages) };
  }

  /** Pages that were changed by events that are in no file yet. */
  get changed(): readonly Page[] {
    return [...this.places.keys()];
  }

  /** Keeps what is added in memory, until it is `released`. */
  hold(): void {
    this.writable = false;
  }

  release(): void {
    this.writable = true;
  }

  add(event: TrailEvent): void {
    const line = `${withChecksum(JSON.stringify(event))}\n`;
    const length = Buffer.byteLength(line);
    const page = changedPage(event);
    if (page !== undefined) {
      this.pages.set(page, (this.pages.get(page) ?? 0) + 1);
      const places = this.places.get(page) ?? [];
      places.push({ at: this.bytes, length });
      this.places.set(page, places);
    }
    this.lines.push(line);
    this.events += 1;
    this.bytes += length;
    if (this.bytes - this.filed >= BATCH) this.fileLines();
  }

  /** Writes what is in memory to the files; false where that cannot be done. */
  file(): boolean {
    if (!this.fileLines()) return false;
    return this.tryTo(() => {
      for (const [page, places] of this.places) {
        const before = (this.pages.get(page) ?? 0) - places.length;
        writePlaces(this.folder, page, before, places);
      }
      this.places.clear();
    });
  }

  private fileLines(): boolean {
    return this.tryTo(() => {
      if (this.lines.length === 0) return;
      if (this.filed === 0) mkdirSync(join(this.folder, PLACES_FOLDER), { recursive: true });
      writeAt(join(this.folder, 'events'), this.filed, Buffer.from(this.lines.join('')));
      this.lines = [];
      this.filed = this.bytes;
    });
  }

  private tryTo(write: () => void): boolean {
    try {
      if (this.writable) write();
    } catch {
      this.writable = false;
    }
    return this.writable;
  }

  /** Newest first. @throws IndexDamaged */
  *backwards(): Generator<TrailEvent> {
    for (const line of this.lines.toReversed()) yield parseRow(line.slice(0, -1));
    let next = this.events - this.lines.length;
    let end = this.filed;
    let size = FIRST_CHUNK;
    while (end > 0) {
      const start = Math.max(0, end - size);
      const chunk = readingFrom(join(this.folder, 'events'), (file) => readAt(file, start, end - start));
      const first = start === 0 ? 0 : chunk.indexOf(LINE_FEED) + 1;
      for (const line of linesOf(chunk.subarray(first)).reverse()) {
        const event = parseRow(line);
        if (event.sequence !== next) throw new IndexDamaged(`event ${next} is not in its place`);
        next -= 1;
        yield event;
      }
      end = start + first;
      // A line may be longer than any chunk.
      size = first === chunk.length ? size * 2 : Math.min(size * 2, LARGEST_CHUNK);
    }
    if (next > 0) throw new IndexDamaged(`event ${next} is not there`);
  }

  /** The filed events that changed a page, in ledger order. @throws IndexDamaged */
  rowsOf(page: Page): readonly TrailEvent[] {
    const places = readPlaces(this.folder, page, this.pages.get(page) ?? 0);
    if (places.some(({ at, length }) => at + length > this.filed))
      throw new IndexDamaged(`the places of ${page} lead nowhere`);
    const rows = readingFrom(join(this.folder, 'events'), (file) =>
      neighbours(places).flatMap((group) => readGroup(file, group)),
    );
    for (const [index, event] of rows.entries()) {
      const inOrder = event.sequence > (rows[index - 1]?.sequence ?? 0);
      if (!inOrder || changedPage(event) !== page) throw new IndexDamaged(`the places of ${page} are wrong`);
    }
    return rows;
  }
}

const LINE_FEED = 0x0a;

/** Lines with no more than this between them are read in one go, up to the size of the largest chunk. */
const NEAR = 4096;

/** Places in runs, each of which is read as one piece of the file. */
function neighbours(places: readonly Place[]): readonly (readonly Place[])[] {
  const groups: Place[][] = [];
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const place of places) {
    const isNear = place.at >= end && place.at - end <= NEAR;
    if (isNear && place.at + place.length - start <= LARGEST_CHUNK) groups.at(-1)?.push(place);
    else {
      groups.push([place]);
      start = place.at;
    }
    end = place.at + place.length;
  }
  return groups;
}

function readGroup(file: number, group: readonly Place[]): readonly TrailEvent[] {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return [];
  const start = first.at;
  const bytes = readAt(file, start, last.at + last.length - start);
  return group.map(({ at, length }) => parseRow(bytes.toString('utf8', at - start, at - start + length - 1)));
}

function linesOf(chunk: Buffer): string[] {
  return chunk.toString('utf8').split('\n').slice(0, -1);
}

function parseRow(line: string): TrailEvent {
  const text = checkedText(line);
  if (text === undefined) throw new IndexDamaged('a row is not what was written');
  return JSON.parse(text);
}
