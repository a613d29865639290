const ID = /"id":"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})","kind"/;

/**
 * The id of the record that a canonical line is, without parsing it; `undefined` where none is found. Nothing else in such a
 * line looks so: `kind` is the name that comes next, and quotation marks within texts are escaped.
 */
export function lineId(line: string): string | undefined {
  return ID.exec(line)?.[1];
}
