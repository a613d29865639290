import * as v from 'valibot';
import { quote } from '../ledger/text.ts';
import { nearest } from '../prompts/nearest.ts';
import type { Path, Report } from './problem.ts';

/** What is right in a value: `undefined` stands for what is absent or was reported. */
export type Salvaged<T> = T extends readonly (infer E)[]
  ? readonly (Salvaged<E> | undefined)[]
  : T extends object
    ? { readonly [K in keyof T]?: Salvaged<T[K]> | undefined }
    : T;

/**
 * Validates by a schema of plain parts (strict objects, records, arrays, unions of text and object, scalars), reports all
 * that is wrong, and answers the rest, so that what needs more than one value to judge can be judged all the same.
 * valibot itself stops at the first unknown key, and answers nothing where anything is wrong.
 */
export function salvage<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  report: Report,
): Salvaged<v.InferOutput<S>> | undefined {
  return read(schema, value, [], report) as Salvaged<v.InferOutput<S>> | undefined;
}

type Part = v.GenericSchema & {
  readonly entries?: Readonly<Record<string, Part>>;
  readonly value?: Part;
  readonly item?: Part;
  readonly wrapped?: Part;
  readonly options?: readonly (Part | string)[];
  readonly literal?: unknown;
};

function read(schema: Part, value: unknown, path: Path, report: Report): unknown {
  const { entries, item, wrapped } = schema;
  switch (schema.type) {
    case 'optional':
    case 'nullable':
      return wrapped === undefined || (schema.type === 'nullable' && value === null)
        ? value
        : read(wrapped, value, path, report);
    case 'union':
      return read(optionFor(schema, value), value, path, report);
    case 'strict_object':
      return isMap(value) && entries
        ? readEntries(entries, value, path, report)
        : wrong(schema, value, path, report);
    case 'record':
      return isMap(value) ? readRecord(schema, value, path, report) : wrong(schema, value, path, report);
    case 'array': {
      if (!Array.isArray(value) || !item) return wrong(schema, value, path, report);
      // An array's own demands (its length) without those of its items.
      leaf(v.pipe(v.array(v.unknown()), ...demandsOf(schema)), value, path, report);
      return value.map((element, index) => read(item, element, [...path, index], report));
    }
    default:
      return leaf(schema, value, path, report);
  }
}

function demandsOf(schema: Part): v.PipeAction<unknown[], unknown[], v.BaseIssue<unknown>>[] {
  const { pipe } = schema as { readonly pipe?: readonly { readonly kind: string }[] };
  return (pipe ?? []).filter((action) => action.kind === 'validation') as ReturnType<typeof demandsOf>;
}

function readEntries(
  entries: Readonly<Record<string, Part>>,
  value: PlainMap,
  path: Path,
  report: Report,
): unknown {
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(entries, key)) continue;
    const meant = nearest(key, Object.keys(entries));
    const known =
      meant === undefined ? `the keys here are ${Object.keys(entries).join(', ')}` : `did you mean ${meant}?`;
    report([...path, key], `the key ${quote(key)} is not known: ${known}`, 'key');
  }
  const found: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(entries)) {
    if (Object.hasOwn(value, key)) found[key] = read(schema, value[key], [...path, key], report);
    else if (schema.type !== 'optional')
      report([...path, key], `${pathText([...path, key])} is missing`, 'key');
  }
  return found;
}

function readRecord(schema: Part, value: PlainMap, path: Path, report: Report): unknown {
  const found: Record<string, unknown> = Object.create(null);
  for (const [key, element] of Object.entries(value)) {
    if (schema.value) found[key] = read(schema.value, element, [...path, key], report);
  }
  return found;
}

function optionFor(schema: Part, value: unknown): Part {
  const options = (schema.options ?? []).filter((option) => typeof option !== 'string');
  const fits = options.find((option) => isMap(value) === (option.type === 'strict_object'));
  return fits ?? v.never();
}

function leaf(schema: v.GenericSchema, value: unknown, path: Path, report: Report): unknown {
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  if (issue.kind === 'schema') return wrong(schema, value, path, report);
  report(path, `${pathText(path)} ${issue.message}`);
  return undefined;
}

function wrong(schema: Part, value: unknown, path: Path, report: Report): undefined {
  report(path, `${pathText(path)} must be ${expectation(schema, value)}, not ${describe(value)}`);
}

function expectation(schema: Part, value: unknown): string {
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'number':
      return 'a whole number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'literal':
      return `'${String(schema.literal)}'`;
    case 'picklist': {
      const options = (schema.options ?? []).map(String);
      const meant = typeof value === 'string' ? nearest(value, options) : undefined;
      return meant === undefined
        ? `one of ${options.join(', ')}`
        : `one of ${options.join(', ')} (did you mean ${meant}?)`;
    }
    default:
      return 'a map of keys and values';
  }
}

type PlainMap = Readonly<Record<string, unknown>>;

function isMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : String(value);
}

/** A path for people, e.g. `rules[0].approvals`. */
export function pathText(path: Path): string {
  if (path.length === 0) return 'the file';
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const name = /^[\w.@%+-]{1,80}$/.test(step) ? step : quote(step);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}
