import { Failure } from '../../failure.ts';
import { type Place, parseJson } from './aliases.ts';
import type { FieldName } from './fields.ts';
import type { Part } from './model.ts';

/** A record's fields by their present names, and what was said, apart, while both are gathered. */
export interface Draft {
  readonly fields: Record<string, unknown>;
  readonly content: Map<Part, string>;
  /** Of what came in by an older name; what is not in it came by its present one. */
  ranks: Map<string, number> | undefined;
}

export function newDraft(): Draft {
  return { fields: {}, content: new Map(), ranks: undefined };
}

/** Puts a value to its place, unless a better name has said it already. Values may come in any order. @throws Failure as `putContent` */
export function put(draft: Draft, place: Place, value: unknown): void {
  if (place.to === 'content') putContent(draft, place.part, place.rank, value);
  else if (place.to === 'fields') putMembers(draft, place.members, place.rank, value);
  else putField(draft, place.field, place.rank, place.shape === undefined ? value : place.shape(value));
}

/**
 * @param value text, or what is kept as JSON
 * @throws Failure where its values lie too deep in each other
 */
export function putContent(draft: Draft, part: Part, rank: number, value: unknown): void {
  const text = typeof value === 'string' ? value : jsonOf(value);
  if (text !== undefined && wins(draft, part, rank, draft.content.has(part))) draft.content.set(part, text);
}

/** JSON.parse reads what is nested so deeply that JSON.stringify cannot write it. @throws Failure */
export function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new Failure('it holds too many values within each other');
    throw error;
  }
}

function putField(draft: Draft, field: FieldName, rank: number, value: unknown): void {
  if (wins(draft, field, rank, Object.hasOwn(draft.fields, field))) draft.fields[field] = value;
}

function putMembers(
  draft: Draft,
  members: Readonly<Record<string, FieldName>>,
  rank: number,
  value: unknown,
): void {
  const object = typeof value === 'string' ? parseJson(value) : value;
  if (typeof object !== 'object' || object === null) return;
  for (const [name, item] of Object.entries(object)) {
    const field = Object.hasOwn(members, name) ? members[name] : undefined;
    if (field !== undefined && item !== null) putField(draft, field, rank, item);
  }
}

function wins(draft: Draft, key: string, rank: number, taken: boolean): boolean {
  if (taken && (draft.ranks?.get(key) ?? 0) <= rank) return false;
  if (rank > 0) {
    draft.ranks ??= new Map();
    draft.ranks.set(key, rank);
  } else {
    draft.ranks?.delete(key);
  }
  return true;
}
