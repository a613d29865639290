import type { PlainMap, PlainValue } from './model.ts';

export function isPlainMap(value: PlainValue | undefined): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isPlainList(value: PlainValue | undefined): value is readonly PlainValue[] {
  return Array.isArray(value);
}

/** Equal in meaning: the order of a map's keys does not count. */
export function samePlain(one: PlainValue | undefined, other: PlainValue | undefined): boolean {
  if (one === other) return true;
  if (isPlainList(one) && isPlainList(other)) {
    return one.length === other.length && one.every((item, index) => samePlain(item, other[index]));
  }
  if (!isPlainMap(one) || !isPlainMap(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && samePlain(one[key], other[key]))
  );
}

/** The entries of a map whose keys are not among these. */
export function otherEntries(map: PlainMap, known: readonly string[]): PlainMap {
  return Object.fromEntries(Object.entries(map).filter(([key]) => !known.includes(key)));
}

const MAX_JSON_DEPTH = 100;

/** The value of a JSON text; `undefined` where it is none, or is nested more than 100 deep. */
export function parseJson(text: string): PlainValue | undefined {
  if (jsonDepth(text) > MAX_JSON_DEPTH) return undefined;
  try {
    return JSON.parse(text) as PlainValue;
  } catch {
    return undefined;
  }
}

/** The greatest number of brackets open at once, strings left out. Means nothing where the text is not JSON. */
function jsonDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (inString && character === '\\') index += 1;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}
