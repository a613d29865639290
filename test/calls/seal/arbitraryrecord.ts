import fc from 'fast-check';
import {
  FIELD_NAMES,
  type FieldType,
  fieldSpec,
  REQUIRED,
  type RecordKind,
} from '../../../src/calls/record/fields.ts';
import type { ContentDigest } from '../../../src/calls/record/model.ts';
import { lineOf } from './records.ts';

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((all) => all.join(''));

const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 12 }),
    fc.constantFrom('"', '\\', '\\u0000', '","user.id":"x', '\u2028', '\u00a0', '😀', 'null', 'é', '{}'),
  )
  .filter((one) => one.length > 0 && !/\p{Cc}|\p{Surrogate}/u.test(one));

const time = fc.oneof(
  fc.integer({ min: 0, max: 253_402_300_799_999 }).map((milliseconds) => new Date(milliseconds)),
  fc.constantFrom('1970-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z', '2024-02-29T12:00:00.000Z'),
);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    5e-324,
    1.7976931348623157e308,
    1e21,
    1e-7,
    1e-6,
    0.1,
    123456789.123456,
    2 ** 53,
    -1,
    4e20,
  ),
);

const VALUES: Partial<Record<FieldType, fc.Arbitrary<unknown>>> = {
  text,
  integer: fc.oneof(fc.maxSafeNat(), fc.nat(9), fc.constant(Number.MAX_SAFE_INTEGER)),
  signed: fc.oneof(fc.maxSafeInteger(), fc.constant(Number.MIN_SAFE_INTEGER)),
  number,
  boolean: fc.boolean(),
  texts: fc.array(text, { maxLength: 3 }),
  time,
  uuid: fc.uuid(),
  trace: hex(32).filter((one) => !/^0+$/.test(one)),
  span: hex(16).filter((one) => !/^0+$/.test(one)),
  digest: hex(64).map((one) => `sha256:${one}`),
  outcome: fc.constantFrom('allowed', 'denied', 'failed'),
};

const content: fc.Arbitrary<ContentDigest[]> = fc.array(
  fc.record(
    {
      part: fc.constantFrom('system', 'input', 'output', 'tools'),
      digest: hex(64).map((one) => `sha256:${one}`),
      bytes: fc.maxSafeNat(),
      redactions: fc.array(fc.record({ count: fc.nat(), rule: text }), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: ['part', 'digest', 'bytes'] },
  ) as unknown as fc.Arbitrary<ContentDigest>,
  { maxLength: 3 },
);

function fieldsOf(kind: RecordKind): fc.Arbitrary<Record<string, unknown>> {
  const arbitraries: Record<string, fc.Arbitrary<unknown>> = {};
  for (const name of FIELD_NAMES) {
    const { type, of = kind, ours = false, least } = fieldSpec(name);
    const values = least === undefined ? VALUES[type] : number.map((value) => Math.abs(Number(value)));
    if (of === kind && !ours && values !== undefined) arbitraries[name] = values;
  }
  return fc.record(arbitraries, { requiredKeys: [...REQUIRED[kind], 'id'] });
}

/** Any record, as intake makes it. */
export const recordLine: fc.Arbitrary<{ readonly kind: RecordKind; readonly line: string }> = fc.oneof(
  fc.tuple(fieldsOf('call'), content).map(([fields, said]) => ({
    kind: 'call' as const,
    line: lineOf(fields, 'call', said),
  })),
  fieldsOf('access').map((fields) => ({ kind: 'access' as const, line: lineOf(fields, 'access') })),
);
