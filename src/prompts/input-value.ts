import type { InputKind, PlainValue, PromptInput } from './model.ts';
import { isPlainList, isPlainMap, parseJson, samePlain } from './plain-value.ts';

const KIND_WORDS: Readonly<Record<InputKind, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  float: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

/** What a value of a kind is, in words that complete "must be …". */
export function kindWords(kind: InputKind): string {
  return KIND_WORDS[kind];
}

/** Whether a value in a prompt file is of a kind. */
export function isOfKind(kind: InputKind, value: PlainValue): boolean {
  switch (kind) {
    case 'string':
      return typeof value === 'string';
    case 'number':
    case 'float':
      return typeof value === 'number';
    case 'integer':
      return Number.isInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'array':
      return isPlainList(value);
    case 'object':
      return isPlainMap(value);
  }
}

/** A value of a prompt file as it stands in a rendered message: a string as it is, anything else as JSON. */
export function valueText(value: PlainValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const LONGEST_SHOWN = 60;

/** A value as a message shows it. */
export function shortText(value: PlainValue): string {
  const text = valueText(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** Why a text cannot be the value of an input, in words that complete "x …"; `undefined` where it can. */
export function valueProblem(input: PromptInput, text: string): string | undefined {
  const value = input.kind === 'string' ? text : parseJson(text);
  if (value === undefined || !isOfKind(input.kind, value)) return `must be ${kindWords(input.kind)}`;
  const allowed = input.enumValues;
  if (allowed === undefined || allowed.some((one) => samePlain(one, value))) return undefined;
  return `must be one of ${allowed.map(shortText).join(', ')}`;
}
