import { type Column, name, said } from '../engine/columns.ts';
import { ask, type Engine, literal } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import { type Finding, listed } from './findings.ts';
import { compared, differs } from './readsealed.ts';

/** Rows that are named one by one. */
const NAMED = 20;

/** Which columns of which rows say something else than the record. @param total rows that do */
export async function columnFindings(
  engine: Engine,
  path: string,
  columns: readonly Column[],
  total: number,
): Promise<Finding[]> {
  const each = columns.map(
    (column) =>
      `CASE WHEN ${name(column.name)} IS DISTINCT FROM ${said('said', column)} THEN ${literal(column.name)} END`,
  );
  const rows = await ask(
    engine,
    `SELECT file_row_number::DOUBLE AS row, said.id AS id, concat_ws(',', ${each.join(', ')}) AS names
     FROM ${compared(path)} WHERE ${differs(columns)} ORDER BY file_row_number LIMIT ${NAMED}`,
  );
  const findings = rows.map(({ row, id, names }) =>
    String(names)
      .split(',')
      .map((column) => columnFinding(Number(row), typeof id === 'string' ? id : undefined, column)),
  );
  const unsaid = total - rows.length;
  return listed(findings.flat(), findings.flat().length + unsaid, 'column', 'rows whose columns differ');
}

function columnFinding(row: number, id: string | undefined, column: string): Finding {
  const record = id === undefined ? 'its record, which is unreadable' : `its record ${printable(id)}`;
  const message = `in row ${row}, column ${column} says something else than ${record}`;
  return { kind: 'column', row, column, message, ...(id === undefined ? {} : { id: printable(id) }) };
}

/** Records that have the id of an earlier row. */
export async function repeatedFindings(engine: Engine, path: string): Promise<Finding[]> {
  const file = parquetFiles([path]);
  const [counts] = await ask(
    engine,
    `SELECT (count(id) - count(DISTINCT id))::DOUBLE AS repeated FROM ${file}`,
  );
  const total = Number(counts?.repeated);
  if (total === 0) return [];
  const rows = await ask(
    engine,
    `SELECT id, row, first FROM (
       SELECT id, file_row_number::DOUBLE AS row, min(file_row_number::DOUBLE) OVER (PARTITION BY id) AS first
       FROM ${file} WHERE id IS NOT NULL
     ) WHERE row > first ORDER BY row LIMIT ${NAMED}`,
  );
  const findings = rows.map(({ id, row, first }): Finding => {
    const text = printable(String(id));
    const message = `row ${row} has the id of row ${first}, ${text}`;
    return { kind: 'duplicate-id', row: Number(row), id: text, message };
  });
  return listed(findings, total, 'duplicate-id', 'rows with an id that another one has');
}

/** An id may be anything in a file that somebody altered. */
function printable(id: string): string {
  return /^[0-9a-f-]{36}$/.test(id) ? id : '(no id)';
}
