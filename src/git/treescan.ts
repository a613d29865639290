import type { Buffer } from 'node:buffer';

/** Where the parts of an entry are in a tree's body: `<mode> <name>\0<raw object id>`. */
export interface EntryPlace {
  start: number;
  /** Of the name. */
  name: number;
  /** Of the NUL behind it. */
  nul: number;
}

/** Which bits of a mode say what the entry is. */
const TYPE = 0o170000;

/** What an entry is to git, which goes by these bits alone, whatever the rest of the mode says. Source: `canon_mode`. */
export function typeOfMode(mode: string): 'folder' | 'file' | 'link' | 'submodule' {
  switch (Number.parseInt(mode, 8) & TYPE) {
    case 0o040000:
      return 'folder';
    case 0o100000:
      return 'file';
    case 0o120000:
      return 'link';
    default:
      return 'submodule';
  }
}

const SPACE = 0x20;
const DOT = 0x2e;
const SLASH = 0x2f;
const ZERO = 0x30;

/**
 * Visits the entries of a tree's body in order, without making anything of them, and answers what is wrong: all that git
 * objects to but a name that is both a file and a folder. One `place` is handed round. Source: git's `fsck.c`, `fsck_tree`.
 *
 * @param width bytes of an object id
 */
export function scanTree(
  body: Buffer,
  width: number,
  visit: (place: EntryPlace) => void,
): string | undefined {
  const place: EntryPlace = { start: 0, name: 0, nul: 0 };
  const before: EntryPlace = { start: 0, name: 0, nul: 0 };
  for (let number = 1; place.start < body.length; number += 1) {
    place.name = endOfMode(body, place.start) + 1;
    if (place.name === 0) return `entry ${number} has no mode that git knows`;
    place.nul = endOfName(body, place.name);
    if (!isEntryName(body, place)) return `entry ${number} has a name that no path has`;
    if (place.nul + 1 + width > body.length) return `entry ${number} is cut short`;
    if (number > 1 && !isBefore(body, before, place)) return `entry ${number} is out of order`;
    visit(place);
    before.start = place.start;
    before.name = place.name;
    before.nul = place.nul;
    place.start = place.nul + 1 + width;
  }
  return undefined;
}

/** Where the space behind five or six octal digits is, the first of them not zero; -1 where something else stands. */
function endOfMode(body: Buffer, start: number): number {
  let at = start;
  while (at < start + 6 && isOctal(body[at])) at += 1;
  return at >= start + 5 && body[start] !== ZERO && body[at] === SPACE ? at : -1;
}

function isOctal(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte < ZERO + 8;
}

/** Where the NUL behind a name is, or a slash in it, or the end. */
function endOfName(body: Buffer, start: number): number {
  const { length } = body;
  let at = start;
  for (; at < length; at += 1) {
    const byte = body[at];
    if (byte === 0 || byte === SLASH) break;
  }
  return at;
}

function isEntryName(body: Buffer, { name, nul }: EntryPlace): boolean {
  if (body[nul] === SLASH) return false;
  if (body[name] !== DOT) return nul > name;
  return !/^\.(?:\.|git)?$/i.test(body.toString('latin1', name, nul));
}

/** git compares a folder's name as if it ended in `/` (`base_name_compare`). */
function isBefore(body: Buffer, a: EntryPlace, b: EntryPlace): boolean {
  const shared = Math.min(a.nul - a.name, b.nul - b.name);
  for (let at = 0; at < shared; at += 1) {
    const difference = (body[a.name + at] ?? 0) - (body[b.name + at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return byteBehind(body, a, shared) < byteBehind(body, b, shared);
}

function byteBehind(body: Buffer, place: EntryPlace, length: number): number {
  const at = place.name + length;
  if (at < place.nul) return body[at] ?? 0;
  return isFolder(body, place) ? SLASH : 0;
}

function isFolder(body: Buffer, { start, name }: EntryPlace): boolean {
  return typeOfMode(body.toString('latin1', start, name - 1)) === 'folder';
}
