import type { SegmentParts } from '../store/names.ts';
import { BatchKeys, type Identities, type Locked } from './seal.ts';
import { contentOf, openEntry } from './walk.ts';

/** A call in whose content the text is, or how many items of a segment could not be looked into, and why. */
export type ContentHit =
  | { readonly kind: 'found'; readonly segment: SegmentParts; readonly id: string }
  | {
      readonly kind: 'unread';
      readonly segment: SegmentParts;
      /** `altered` counts lines that are damaged too. */
      readonly why: Locked | 'altered';
      readonly items: number;
    };

export interface ContentSearch {
  readonly store: string;
  readonly segments: readonly SegmentParts[];
  /** What to look for, letters in either case; in JSON also as JSON writes it. */
  readonly text: string;
  readonly identities?: Identities;
}

/**
 * Looks for a text in content, segment by segment, in memory of about one item. What is found is not checked against the
 * records: `readContent` does that. A call may be found twice where its parts do not lie together.
 */
export async function* searchContent(search: ContentSearch): AsyncGenerator<ContentHit> {
  const needles = needlesOf(search.text);
  const keys = new BatchKeys(search.identities);
  for (const segment of search.segments) {
    const unread = new Map<Locked | 'altered', number>();
    const count = (why: Locked | 'altered') => unread.set(why, (unread.get(why) ?? 0) + 1);
    let last: string | undefined;
    for await (const entries of contentOf(search.store, segment)) {
      for (const entry of entries) {
        if (entry.kind === 'damaged') count('altered');
        if (entry.kind !== 'item' || entry.item.id === last) continue;
        const opened = await openEntry(entry, segment.name, keys);
        if (typeof opened === 'string') {
          count(opened);
        } else if (includesAny(opened.text, needles)) {
          last = entry.item.id;
          yield { kind: 'found', segment, id: last };
        }
      }
    }
    for (const [why, items] of unread) yield { kind: 'unread', segment, why, items };
  }
}

function needlesOf(text: string): readonly string[] {
  const plain = fold(text);
  const escaped = fold(JSON.stringify(text).slice(1, -1));
  return escaped === plain ? [plain] : [plain, escaped];
}

function includesAny(text: string, needles: readonly string[]): boolean {
  const folded = fold(text);
  return needles.some((needle) => folded.includes(needle));
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}
