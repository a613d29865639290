/** What canonical JSON is made of here: whole numbers only, so that JSON.stringify writes them as RFC 8785 asks. */
type Canonical<T> = T extends string | number | boolean | null
  ? T
  : T extends object
    ? { readonly [K in keyof T]: Canonical<T[K]> }
    : never;

/** RFC 8785: members in the order of their names' UTF-16 code units, no blanks. */
export function canonicalJson<T>(value: Canonical<T>): string {
  return encode(value);
}

function encode(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${encode(item)}`).join(',')}}`;
}
