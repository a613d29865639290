import type { ContentDigest, Part } from '../record/model.ts';
import type { SegmentParts } from '../store/names.ts';
import { contentDigest } from './format.ts';
import { BatchKeys, type Identities, type Locked } from './seal.ts';
import { contentOf, type ItemEntry, openEntry } from './walk.ts';

/**
 * - `valid`: this is the text that the record vouches for
 * - `altered`: something stands in its place that is not, or that does not decrypt under its batch's key
 * - `encrypted`: it is encrypted, and no identity was given
 * - `locked`: none of the identities that were given decrypts it, or what should hold its key is damaged
 * - `missing`: there is nothing: it was erased or purged, or its line is damaged
 */
type ContentState = 'valid' | 'altered' | 'missing' | Locked;

/** What is left of one part of what was said in a call. */
export type ContentAnswer = { readonly part: Part } & (
  | { readonly state: 'valid'; readonly text: string }
  | { readonly state: Exclude<ContentState, 'valid'> }
);

export interface ContentQuestion {
  readonly store: string;
  readonly segment: SegmentParts;
  /** What the records say of their content, by their id. */
  readonly wanted: ReadonlyMap<string, readonly ContentDigest[]>;
  readonly identities?: Identities;
}

/** Of several answers to the same question, the first of these counts. */
const PREFERENCE: readonly ContentState[] = ['valid', 'altered', 'locked', 'encrypted', 'missing'];

/**
 * Reads what was said in the calls that are asked for, and checks it against what their records hold: one answer for every
 * digest, in its order. Memory is that of the answers.
 * @throws Failure where the file is there and cannot be read
 */
export async function readContent(
  question: ContentQuestion,
): Promise<ReadonlyMap<string, readonly ContentAnswer[]>> {
  const { store, segment, wanted, identities } = question;
  const answers = new Map(
    Array.from(wanted, ([id, digests]) => [id, digests.map(({ part }) => missing(part))] as const),
  );
  const keys = new BatchKeys(identities);
  for await (const entries of contentOf(store, segment)) {
    for (const entry of entries) {
      if (entry.kind !== 'item') continue;
      const { id, part } = entry.item;
      const found = answers.get(id);
      for (const [index, digest] of (wanted.get(id) ?? []).entries()) {
        const known = found?.[index];
        if (found === undefined || known === undefined || digest.part !== part) continue;
        const answer = known.state === 'valid' ? known : await judge(entry, digest, segment.name, keys);
        if (PREFERENCE.indexOf(answer.state) < PREFERENCE.indexOf(known.state)) found[index] = answer;
      }
    }
  }
  return answers;
}

function missing(part: Part): ContentAnswer {
  return { part, state: 'missing' };
}

async function judge(
  entry: ItemEntry,
  { part, digest }: ContentDigest,
  segment: string,
  keys: BatchKeys,
): Promise<ContentAnswer> {
  const opened = await openEntry(entry, segment, keys);
  if (typeof opened === 'string') return { part, state: opened };
  const same = contentDigest(Buffer.concat([opened.salt, Buffer.from(opened.text)])) === digest;
  return same ? { part, state: 'valid', text: opened.text } : { part, state: 'altered' };
}
