import { FIELDS, type FieldName } from '../../calls/record/fields.ts';
import { type CsvValue, csvRecord } from '../csv.ts';
import { jsonLine } from '../json.ts';
import { readLine } from './record.ts';

/** Lines of records, in the order given. */
export type Lines = Iterable<string> | AsyncIterable<string>;

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;

/** `{schema: "promptaudit/calls@1", calls: [record…]}`, in pieces: there may be millions. */
export async function* callsJson(lines: Lines): AsyncGenerator<string> {
  yield '{"schema":"promptaudit/calls@1","calls":[';
  let separator = '\n';
  for await (const line of lines) {
    yield separator + harmless(line);
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** One record a line: its canonical JSON, but that characters which a terminal acts upon are written as `\uXXXX`. */
export async function* callsJsonLines(lines: Lines): AsyncGenerator<string> {
  for await (const line of lines) yield `${harmless(line)}\n`;
}

/** Read even where it is harmless, so that a document is JSON whatever the store holds. */
function harmless(line: string): string {
  const record = readLine(line);
  return PRINTABLE_ASCII.test(line) ? line : jsonLine(record);
}

const CSV_COLUMNS = Object.keys(FIELDS) as readonly FieldName[];

/** RFC 4180 with a header of the fields' names; lists are JSON. */
export async function* callsCsv(lines: Lines): AsyncGenerator<string> {
  yield csvRecord(CSV_COLUMNS);
  for await (const line of lines) {
    const record = readLine(line);
    yield csvRecord(CSV_COLUMNS.map((name) => csvValue(record[name])));
  }
}

function csvValue(value: unknown): CsvValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}
