import { columnOf, FIELD_NAMES, type FieldName, type FieldType, fieldSpec } from '../record/fields.ts';

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
