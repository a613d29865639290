import { quote } from '../../ledger/text.ts';
import { COLUMNS, type Column, withColumns } from '../engine/columns.ts';
import { ask, type Engine } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import type { Finding } from './findings.ts';

export interface SchemaReading {
  /** Whether there are records to read. */
  readonly hasRecord: boolean;
  readonly hasId: boolean;
  /** Those of a sealed segment that are there, with their types. */
  readonly columns: readonly Column[];
  readonly findings: readonly Finding[];
}

/** Whether a file has a sealed segment's columns, no more, no fewer. @throws Error where it cannot be read */
export async function readSchema(engine: Engine, path: string): Promise<SchemaReading> {
  const [wanted, given] = [
    await described(engine, withColumns('(SELECT NULL::VARCHAR AS record)', COLUMNS)),
    await described(engine, `SELECT * EXCLUDE (file_row_number) FROM ${parquetFiles([path])}`),
  ];
  const findings: Finding[] = [];
  for (const [column, type] of wanted) {
    const found = given.get(column);
    if (found === type) continue;
    const message =
      found === undefined
        ? `it has no column ${column}`
        : `its column ${column} is of type ${found} instead of ${type}`;
    findings.push({ kind: 'schema', column, message });
  }
  for (const column of given.keys()) {
    if (!wanted.has(column)) {
      findings.push({
        kind: 'schema',
        column,
        message: `it has a column ${quote(column)} that no segment has`,
      });
    }
  }
  const isRight = (column: string) => given.get(column) === wanted.get(column);
  return {
    hasRecord: isRight('record'),
    hasId: isRight('id'),
    columns: COLUMNS.filter(({ name }) => isRight(name)),
    findings,
  };
}

async function described(engine: Engine, select: string): Promise<Map<string, string>> {
  const rows = await ask(engine, `DESCRIBE ${select}`);
  return new Map(rows.map((row) => [String(row.column_name), String(row.column_type)]));
}
