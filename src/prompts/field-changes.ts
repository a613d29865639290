import type { FieldChange, FieldSection, PlainMap, PlainValue, Prompt, PromptInput } from './model.ts';
import { isPlainList, isPlainMap, parseJson, samePlain } from './plain-value.ts';
import { diffHunks, type EditBudget } from './sequence-diff.ts';

/** What differs in everything but the messages, in the order of `FieldSection`. An absent side has no fields. */
export function fieldChanges(
  before: Prompt | undefined,
  after: Prompt | undefined,
  budget: EditBudget,
): readonly FieldChange[] {
  const compare = (section: FieldSection, path: string, read: (prompt: Prompt) => PlainValue | undefined) =>
    valueChanges(section, path, before && read(before), after && read(after), budget);
  const inParts = (
    section: FieldSection,
    path: string,
    empty: PlainValue,
    read: (prompt: Prompt) => PlainValue,
  ) => valueChanges(section, path, before ? read(before) : empty, after ? read(after) : empty, budget);
  return [
    ...compare('general', 'name', (prompt) => prompt.name),
    ...compare('general', 'description', (prompt) => prompt.description),
    ...compare('general', 'model', (prompt) => prompt.model),
    ...compare('general', 'tags', (prompt) => (prompt.tags.length === 0 ? undefined : prompt.tags)),
    ...inParts('general', 'metadata', {}, (prompt) => prompt.metadata),
    ...inParts('parameters', 'modelParameters', {}, (prompt) => Object.fromEntries(prompt.modelParameters)),
    ...inParts('inputs', 'inputs', {}, (prompt) => inputsAsPlain(prompt.inputs)),
    ...declaresNone(before, after),
    ...compare('response', 'responseFormat', (prompt) => prompt.responseFormat),
    ...compare('response', 'jsonSchema', (prompt) => schemaAsPlain(prompt.jsonSchema)),
    ...inParts('tools', 'tools', [], (prompt) => prompt.tools),
    ...inParts('tests', 'testData', [], (prompt) => prompt.testData),
    ...inParts('tests', 'evaluators', [], (prompt) => prompt.evaluators),
    ...inParts('other', '', {}, (prompt) => prompt.other),
  ];
}

/** What differs between two values, down to the smallest map or list of scalars. `path` names the value. */
export function valueChanges(
  section: FieldSection,
  path: string,
  before: PlainValue | undefined,
  after: PlainValue | undefined,
  budget: EditBudget,
): readonly FieldChange[] {
  if (samePlain(before, after)) return [];
  if (isPlainMap(before) && isPlainMap(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => {
      const [went, came] = [own(before, key), own(after, key)];
      return valueChanges(section, keyPath(path, key), went, came, budget);
    });
  }
  if (isPlainList(before) && isPlainList(after) && !(isFlat(before) && isFlat(after))) {
    return listChanges(section, path, before, after, budget);
  }
  return [{ section, path, before, after }];
}

/** Equal items are paired first; between them, items face each other by position. */
function listChanges(
  section: FieldSection,
  path: string,
  before: readonly PlainValue[],
  after: readonly PlainValue[],
  budget: EditBudget,
): readonly FieldChange[] {
  return diffHunks(before.map(canonical), after.map(canonical), budget).flatMap((hunk) =>
    Array.from({ length: Math.max(hunk.removed, hunk.added) }).flatMap((_, index) => {
      const went = index < hunk.removed ? before[hunk.oldStart + index] : undefined;
      const came = index < hunk.added ? after[hunk.newStart + index] : undefined;
      const at = index + (index < hunk.added ? hunk.newStart : hunk.oldStart);
      return valueChanges(section, `${path}[${at}]`, went, came, budget);
    }),
  );
}

/** An empty `inputs` forbids variables, and none at all allows any: there is a difference with no part that differs. */
function declaresNone(before: Prompt | undefined, after: Prompt | undefined): readonly FieldChange[] {
  const [one, other] = [before?.inputs, after?.inputs];
  if ((one === undefined) === (other === undefined) || (one?.size ?? 0) + (other?.size ?? 0) > 0) return [];
  const [was, is] = [one && {}, other && {}];
  return [{ section: 'inputs', path: 'inputs', before: was, after: is }];
}

function inputsAsPlain(inputs: ReadonlyMap<string, PromptInput> | undefined): PlainMap {
  return Object.fromEntries(
    [...(inputs ?? [])].map(([name, { other, ...known }]) => {
      const given = Object.entries(known).filter(
        (entry): entry is [string, PlainValue] => entry[1] !== undefined,
      );
      return [name, { ...Object.fromEntries(given), ...other }];
    }),
  );
}

/** JSON text and the same schema as YAML mean the same. */
function schemaAsPlain(schema: Prompt['jsonSchema']): PlainValue | undefined {
  return typeof schema === 'string' ? (parseJson(schema) ?? schema) : schema;
}

function own(map: PlainMap, key: string): PlainValue | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

function keyPath(path: string, key: string): string {
  if (!/^[A-Za-z_][\w-]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

function isFlat(list: readonly PlainValue[]): boolean {
  return list.every((item) => typeof item !== 'object' || item === null);
}

/** The same text for values that mean the same. */
function canonical(value: PlainValue): string {
  return JSON.stringify(value, (_, inner: PlainValue) =>
    isPlainMap(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner,
  );
}
