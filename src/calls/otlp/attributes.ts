import { placeOf } from '../record/aliases.ts';
import { type Draft, newDraft, put } from '../record/draft.ts';
import { type FieldName, fieldSpec, isFieldName } from '../record/fields.ts';
import { isIndexed } from './indexed.ts';
import { isObject, listOf, plainValue } from './value.ts';

/** Attributes that no record holds, but that say what a span or a log record is about. */
const MARKS = [
  'openinference.span.kind',
  'langfuse.observation.type',
  'traceloop.span.kind',
  'event.name',
] as const;
type Mark = (typeof MARKS)[number];

/** The attributes of a span or a log record that mean something here; all others are left out. */
export interface Attributes {
  readonly draft: Draft;
  readonly marks: { readonly [K in Mark]?: unknown };
  /** Content that is cut up into numbered attributes (`gen_ai.prompt.0.role`), in the order it came. */
  readonly indexed: readonly (readonly [name: string, value: unknown])[];
}

const NONE: Attributes['indexed'] = [];

/** @throws Failure where a value cannot be read */
export function readAttributes(list: unknown): Attributes {
  const draft = newDraft();
  const marks: { [K in Mark]?: unknown } = {};
  let indexed: (readonly [string, unknown])[] | undefined;
  for (const item of listOf(list)) {
    if (!isObject(item) || typeof item.key !== 'string') continue;
    const name = item.key;
    // The record's own plain names (`id`, `kind`, `content`) may mean anything in an attribute.
    const place = name.includes('.') ? placeOf(name) : undefined;
    if (place !== undefined) {
      const value = plainValue(item.value);
      if (value !== undefined && value !== '') put(draft, place, value);
    } else if (isMark(name)) marks[name] = plainValue(item.value);
    else if (isIndexed(name)) {
      indexed ??= [];
      indexed.push([name, plainValue(item.value)]);
    }
  }
  return { draft, marks, indexed: indexed ?? NONE };
}

/** What a resource says of everything below it: service, environment, and other fields that any record may have. */
export type ResourceFields = readonly (readonly [field: FieldName, value: unknown])[];

/** @throws Failure where a value cannot be read */
export function readResource(resource: unknown): ResourceFields {
  if (!isObject(resource)) return [];
  const { fields } = readAttributes(resource.attributes).draft;
  return Object.entries(fields).flatMap(([name, value]) =>
    isFieldName(name) && fieldSpec(name).of === undefined ? [[name, value] as const] : [],
  );
}

function isMark(name: string): name is Mark {
  return (MARKS as readonly string[]).includes(name);
}
