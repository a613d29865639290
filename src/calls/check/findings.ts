/**
 * What a deep check finds:
 * - `unreadable`: the file is missing, or no engine can read it
 * - `schema`: its columns are not a sealed segment's
 * - `count`, `range`, `root`: it does not hold what its seal says
 * - `record`: what a row holds under `record` is no record, or not one that was sealed
 * - `missing`: a record that was sealed is not there
 * - `order`: the records that were sealed, in another order
 * - `column`: a column says something else than the record
 * - `duplicate-id`: two records with one id
 * - `footer`: what the file says of its columns' values hides records from a search
 */
export type FindingKind =
  | 'unreadable'
  | 'schema'
  | 'count'
  | 'range'
  | 'root'
  | 'record'
  | 'missing'
  | 'order'
  | 'column'
  | 'duplicate-id'
  | 'footer';

export interface Finding {
  readonly kind: FindingKind;
  /** One sentence without the file's name. */
  readonly message: string;
  /** From 0, in the file; of what is `missing`, in the tree that was sealed. */
  readonly row?: number;
  /** As the record says it. */
  readonly id?: string;
  readonly column?: string;
}

/** The first of many, and how many were left unsaid. */
export function listed(
  findings: readonly Finding[],
  total: number,
  kind: FindingKind,
  what: string,
): Finding[] {
  const rest = total - findings.length;
  return rest > 0 ? [...findings, { kind, message: `there are ${rest} more ${what}` }] : [...findings];
}
