import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FIELD_NAMES,
  type FieldName,
  fieldSpec,
  RECORD_SCHEMA,
  REQUIRED,
} from '../../../src/calls/record/fields.ts';
import { readRecord } from '../../../src/calls/record/read.ts';
import { WRITERS } from '../../../src/calls/record/values.ts';
import { codePoint } from '../../helpers/codepoints.ts';
import { canonicalised, stamp } from './canonicaliser.ts';

/** The number with these 64 bits, as RFC 8785 writes its samples. */
function double(hex: string): number {
  return Buffer.from(hex, 'hex').readDoubleBE();
}

describe('numbers, as RFC 8785, appendix B, has them', () => {
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('%s is %s', (bits, text) => {
    expect(WRITERS.number(double(bits))).toBe(text);
    expect(WRITERS.number(text)).toBe(text);
  });

  it.each(['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000'])('%s is none', (bits) => {
    expect(WRITERS.number(double(bits))).toBeUndefined();
  });
});

describe('texts', () => {
  it('are escaped as RFC 8785, 3.2.2.2, has it, where they may be in a record at all', () => {
    expect(WRITERS.text('€$"\\/')).toBe('"€$\\"\\\\/"');
    expect(WRITERS.text('דּ😂é')).toBe('"דּ😂é"');
    expect(WRITERS.text('</script>')).toBe('"</script>"');
    for (const control of ['\u0000', '\n', '\u001f', '\u007f', '\u0080', '\u009b'])
      expect(WRITERS.text(`a${control}`)).toBeUndefined();
  });

  it('are not what no UTF-8 can hold', () => {
    for (const lone of ['\ud800', 'a\udc00', '\udc00\ud800', '\ud83d\ud83d\ude02'])
      expect(WRITERS.text(lone)).toBeUndefined();
  });
});

const HEX = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-fA-F]{${length}}$`)).filter((text) => /[1-9a-f]/i.test(text));
const TEXT = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.string({ minLength: 1, maxLength: 40, unit: codePoint }),
);
const TIME = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

function valuesOf(name: FieldName): fc.Arbitrary<unknown> {
  switch (fieldSpec(name).type) {
    case 'integer':
      return fc.oneof(fc.maxSafeNat(), fc.maxSafeNat().map(String));
    case 'signed':
      return fc.maxSafeInteger();
    case 'number':
      return fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ noNaN: true, min: 0, max: 5 }).map(String),
      );
    case 'boolean':
      return fc.boolean();
    case 'texts':
      return fc.array(TEXT, { maxLength: 5 });
    case 'time':
      return fc.oneof(
        TIME,
        TIME.map((date) => date.toISOString()),
        TIME.map((date) => date.toISOString().replace('Z', '+02:30')),
      );
    case 'uuid':
      return fc.uuid();
    case 'trace':
      return HEX(32);
    case 'span':
      return HEX(16);
    case 'digest':
      return HEX(64).map((hex) => `sha256:${hex.toLowerCase()}`);
    case 'outcome':
      return fc.constantFrom('allowed', 'denied', 'failed');
    default:
      return TEXT;
  }
}

const GIVEN = FIELD_NAMES.filter((name) => fieldSpec(name).ours !== true && name !== 'kind');
const MUST: ReadonlySet<string> = new Set(REQUIRED.access);
const RECORD = fc.record(
  Object.fromEntries(
    GIVEN.map((name) => [
      name,
      MUST.has(name) ? valuesOf(name) : fc.option(valuesOf(name), { freq: 1, nil: undefined }),
    ]),
  ),
);

it.each(['call', 'access'] as const)('any %s that is accepted is its own canonical form', (kind) => {
  let accepted = 0;
  fc.assert(
    fc.property(RECORD, (fields) => {
      const placed = Object.fromEntries(
        Object.entries(fields).filter(([name]) =>
          [undefined, kind].includes(fieldSpec(name as FieldName).of),
        ),
      );
      const read = readRecord(placed, kind, stamp());
      if (!read.ok) return;
      accepted += 1;
      const { line, id } = read.record;
      const value: Record<string, unknown> = JSON.parse(line);
      expect(canonicalised(value)).toBe(line);
      expect(Buffer.from(line).toString()).toBe(line);
      expect(line).not.toMatch(/[\n\r]/);
      expect(Object.keys(value)).toEqual(Object.keys(value).sort());
      for (const name of Object.keys(value)) expect(FIELD_NAMES).toContain(name);
      expect(value).toMatchObject({ schema: RECORD_SCHEMA, kind, id });
      // Once written it is taken again, and stays what it was.
      const { schema: _, recordedAt: __, ...again } = value;
      const second = readRecord(again, kind, stamp());
      expect(second.ok && second.record.line).toBe(line);
    }),
    { numRuns: 400 },
  );
  expect(accepted).toBeGreaterThan(20);
});

it('content is written in canonical form too', () => {
  const digest = `sha256:${'a'.repeat(64)}` as const;
  const read = readRecord({}, 'call', stamp(), [
    { part: 'input', digest: digest as never, bytes: 7, redactions: [{ count: 2, rule: 'pii/"e-mail"' }] },
    { part: 'output', digest: digest as never, bytes: 0 },
  ]);
  if (!read.ok) throw new Error(read.problems.join());
  const value: { content: unknown } = JSON.parse(read.record.line);
  expect(canonicalised(value)).toBe(read.record.line);
  expect(value.content).toEqual([
    { part: 'input', digest, bytes: 7, redactions: [{ count: 2, rule: 'pii/"e-mail"' }] },
    { part: 'output', digest, bytes: 0 },
  ]);
});
