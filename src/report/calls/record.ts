import type { FieldName } from '../../calls/record/fields.ts';
import { Failure } from '../../failure.ts';

/** A record's line, taken apart; whether it is what a record should be is not known. */
export type ShownRecord = Readonly<Partial<Record<FieldName, unknown>>>;

/** @throws Failure where a line of the store is no JSON object */
export function readLine(line: string): ShownRecord {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Failure('a record of the store is no JSON object: run promptaudit calls verify');
}

/** A field's text, or `''`. */
export function textOf(record: ShownRecord, name: FieldName): string {
  const value = record[name];
  return typeof value === 'string' ? value : '';
}

export function numberOf(record: ShownRecord, name: FieldName): number | undefined {
  const value = record[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** `clinical-intake@12`; `''` for a record that names no prompt. */
export function promptOf(record: ShownRecord): string {
  const name = textOf(record, 'gen_ai.prompt.name');
  const version = textOf(record, 'gen_ai.prompt.version');
  return version === '' ? name : `${name}@${version}`;
}

/** Input and output tokens together; `undefined` where a record says neither. */
export function tokensOf(record: ShownRecord): number | undefined {
  const input = numberOf(record, 'gen_ai.usage.input_tokens');
  const output = numberOf(record, 'gen_ai.usage.output_tokens');
  return input === undefined && output === undefined ? undefined : (input ?? 0) + (output ?? 0);
}
