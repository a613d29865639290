import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Page } from '../page.ts';
import { readAt, readingFrom, writeAt } from './files.ts';

/** The folder of a generation that holds a file a page. */
export const PLACES_FOLDER = 'pages';

/** Where one event's line is in the file of all events, in bytes. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** Big-endian: six bytes of position, four of length. What is read where they lead tells whether they were damaged. */
const SIZE = 10;
const POSITION = 6;

/** Writes where a page's next events are; it has `before` of them already. */
export function writePlaces(folder: string, page: Page, before: number, places: readonly Place[]): void {
  const bytes = Buffer.alloc(places.length * SIZE);
  for (const [index, { at, length }] of places.entries()) {
    bytes.writeUIntBE(at, index * SIZE, POSITION);
    bytes.writeUInt32BE(length, index * SIZE + POSITION);
  }
  writeAt(placesFile(folder, page), before * SIZE, bytes);
}

/** Where a page's first `count` events are, in ledger order. @throws IndexDamaged */
export function readPlaces(folder: string, page: Page, count: number): readonly Place[] {
  const bytes = readingFrom(placesFile(folder, page), (file) => readAt(file, 0, count * SIZE));
  return Array.from({ length: count }, (_, index) => ({
    at: bytes.readUIntBE(index * SIZE, POSITION),
    length: bytes.readUInt32BE(index * SIZE + POSITION),
  }));
}

/** A name may be longer than a file's, and differ from another by case alone. */
function placesFile(folder: string, page: Page): string {
  const name = createHash('sha256').update(page).digest('hex').slice(0, 32);
  return join(folder, PLACES_FOLDER, name);
}
