import type { RecordKind } from '../../../src/calls/record/fields.ts';
import type { ContentDigest } from '../../../src/calls/record/model.ts';
import { readRecord } from '../../../src/calls/record/read.ts';

const START = Date.parse('2026-11-21T10:00:00.000Z');

export function idOf(number: number): string {
  return `019a0000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** A record's line, as intake makes it. */
export function lineOf(
  fields: Readonly<Record<string, unknown>>,
  kind: RecordKind = 'call',
  content: readonly ContentDigest[] = [],
): string {
  const reading = readRecord(fields, kind, { now: START, mint: () => idOf(0) }, content);
  if (!reading.ok) throw new Error(reading.problems.join('; '));
  return reading.record.line;
}

/** Lines of calls, each with another id and time. */
export function callLines(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, at) =>
    lineOf({
      id: idOf(from + at),
      occurredAt: new Date(START + 1000 * (from + at)),
      'gen_ai.request.model': `model-${at % 3}`,
      'gen_ai.usage.input_tokens': at,
    }),
  );
}

export function fileOf(lines: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')]));
}
