/** The first ten digits of an object id: enough for a person, and for `name@<digits>`. */
export function shortOid(oid: string): string {
  return oid.slice(0, 10);
}
