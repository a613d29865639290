import { Failure } from '../../failure.ts';
import { fieldSpec, isFieldName } from '../record/fields.ts';
import type { CallRecord } from '../record/model.ts';
import { WRITERS } from '../record/values.ts';

const ALWAYS = ['schema', 'kind', 'id', 'occurredAt', 'recordedAt'] as const;

/** A record from its stored line. @throws Failure where the line is no record, field by field: somebody wrote into the store */
export function storedRecord(line: string, id: string): CallRecord {
  const value = parsed(line);
  const sound =
    typeof value === 'object' &&
    value !== null &&
    ALWAYS.every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, item]) => isSound(name, item));
  if (!sound)
    throw new Failure(`what the store holds as record ${id} is no record: run promptaudit calls verify`);
  // Every field is one of the table's, and of its type.
  return value as CallRecord;
}

function isSound(name: string, value: unknown): boolean {
  return isFieldName(name) && WRITERS[fieldSpec(name).type](value) === JSON.stringify(value);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
