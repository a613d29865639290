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

/** The columns of a sealed segment behind `record`, which is the record's canonical JSON: one a field, in the fields' order. */
export const COLUMNS: readonly Column[] = FIELD_NAMES.map((field) => ({
  field,
  name: columnOf(field),
  type: SQL_TYPES[fieldSpec(field).type],
}));

const STRUCTURE = JSON.stringify(Object.fromEntries(COLUMNS.map(({ field, type }) => [field, type])));

/** SQL: what a record's line, the column `record`, says, as one struct; an error where it is no JSON. */
export const FROM_RECORD = `from_json(record, ${literal(STRUCTURE)})`;

/** SQL: a column's value, from a struct that FROM_RECORD made. */
export function said(struct: string, { field }: Column): string {
  return `${struct}.${name(field)}`;
}

/** SQL: a name, whatever it is made of. */
export function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** SQL: a sealed segment's columns, from a relation that has `record` alone. */
export function sealedColumns(relation: string): string {
  const columns = COLUMNS.map((column) => `${said('said', column)} AS ${name(column.name)}`);
  return `SELECT record, ${columns.join(', ')} FROM (SELECT record, ${FROM_RECORD} AS said FROM ${relation})`;
}
