import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorCode, errorReason, isAbsent } from '../../git/files.ts';
import type { Part } from '../record/model.ts';
import { contentPath, type SegmentParts } from '../store/names.ts';
import { openPlain, TO_READ } from '../store/plainfile.ts';
import {
  type Header,
  MAX_LINE,
  type PlainItem,
  parseContentLine,
  SALT_BYTES,
  type SealedItem,
} from './format.ts';
import { linesOf } from './lines.ts';
import { type BatchKeys, type Locked, openItem } from './seal.ts';

/** One line of a content file. */
export type Entry = ItemEntry | OtherEntry;

export interface ItemEntry {
  readonly kind: 'item';
  readonly item: PlainItem | SealedItem;
  /** The header above it; `undefined` where there is none. */
  readonly header: Header | undefined;
  readonly start: number;
  readonly end: number;
}

interface OtherEntry {
  /** `damaged`: neither a header nor an item. */
  readonly kind: 'header' | 'damaged';
  readonly start: number;
  readonly end: number;
}

/** What an item says. `altered`: it does not decrypt to anything under the key of its batch. */
export type Opened =
  | { readonly salt: Buffer; readonly part: Part; readonly text: string }
  | Locked
  | 'altered';

/** The content file of a segment; `undefined` where it has none. @throws Failure */
export async function openContent(
  store: string,
  segment: SegmentParts,
  flags = TO_READ,
): Promise<FileHandle | undefined> {
  const path = contentPath(store, segment);
  try {
    return await openPlain(path, flags);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    const why = errorCode(error) === 'ELOOP' ? 'it is no plain file' : errorReason(error);
    throw new Failure(`the content in ${path} cannot be opened: ${why}`);
  }
}

/** Every line of a content file in order, some at a time; a last one that was torn is not among them. */
export async function* entriesOf(handle: FileHandle): AsyncGenerator<readonly Entry[]> {
  let header: Header | undefined;
  for await (const lines of linesOf(handle, MAX_LINE)) {
    yield lines.map(({ bytes, start, end }): Entry => {
      const parsed = bytes === undefined ? undefined : parseContentLine(bytes);
      if (parsed === undefined) return { kind: 'damaged', start, end };
      if (parsed.kind !== 'header') return { kind: 'item', item: parsed, header, start, end };
      header = parsed;
      return { kind: 'header', start, end };
    });
  }
}

/** What a content file holds, read from first to last and closed at the end; nothing where there is none. */
export async function* contentOf(store: string, segment: SegmentParts): AsyncGenerator<readonly Entry[]> {
  const handle = await openContent(store, segment);
  if (handle === undefined) return;
  try {
    yield* entriesOf(handle);
  } finally {
    await handle.close();
  }
}

/** @param segment the name of the segment whose file it stands in */
export async function openEntry(
  { item, header }: ItemEntry,
  segment: string,
  keys: BatchKeys,
): Promise<Opened> {
  const { part } = item;
  if (item.kind === 'plain') return { salt: item.salt, part, text: item.text };
  if (header === undefined) return 'altered';
  const key = await keys.open(header);
  if (typeof key === 'string') return key;
  const plaintext = openItem(key, segment, item);
  if (plaintext === undefined) return 'altered';
  return { salt: plaintext.subarray(0, SALT_BYTES), part, text: plaintext.toString('utf8', SALT_BYTES) };
}
