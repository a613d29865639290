import { columnOf, FIELD_NAMES, type FieldName, type FieldType, fieldSpec } from '../record/fields.ts';
import { literal } from './duckdb.ts';

/** DuckDB's type of a field's column. */
const SQL_TYPES: Readonly<Record<FieldType, string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  signed: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  texts: 'VARCHAR[]',
  time: 'TIMESTAMPTZ',
  uuid: 'VARCHAR',
  trace: 'VARCHAR',
  span: 'VARCHAR',
  digest: 'VARCHAR',
  outcome: 'VARCHAR',
  kind: 'VARCHAR',
  schema: 'VARCHAR',
  content:
    'STRUCT(bytes BIGINT, digest VARCHAR, part VARCHAR, redactions STRUCT("count" BIGINT, "rule" VARCHAR)[])[]',
};

export interface Column {
  readonly field: FieldName;
  readonly name: string;
  readonly type: string;
}

/** A column for each field, in the fields' order. */
export const EVERY_COLUMN: readonly Column[] = FIELD_NAMES.map((field) => ({
  field,
  name: columnOf(field),
  type: SQL_TYPES[fieldSpec(field).type],
}));

/** The columns of a sealed segment behind `record`, which is the record's canonical JSON. */
export const COLUMNS: readonly Column[] = EVERY_COLUMN.filter(({ field }) => fieldSpec(field).column);

/** SQL: what a record's line, the column `record`, says, as one struct; an error where it is no JSON. */
export function fromRecord(columns: readonly Column[]): string {
  const structure = Object.fromEntries(columns.map(({ field, type }) => [field, type]));
  return `from_json(record, ${literal(JSON.stringify(structure))})`;
}

/** SQL: a column's value, from a struct that `fromRecord` made. */
export function said(struct: string, { field }: Column): string {
  return `${struct}.${name(field)}`;
}

/** SQL: a name, whatever it is made of. */
export function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** SQL: `record` and columns beside it, from a relation that has `record`. */
export function withColumns(relation: string, columns: readonly Column[]): string {
  const values = columns.map((column) => `${said('said', column)} AS ${name(column.name)}`);
  return `SELECT record, ${values.join(', ')} FROM (SELECT record, ${fromRecord(columns)} AS said FROM ${relation})`;
}
