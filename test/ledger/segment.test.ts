import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  parseRecorderName,
  parseSegmentName,
  RECORD_CLASSES,
  type RecorderName,
  segmentName,
} from '../../src/ledger/segment.ts';

test.each([
  [
    'intake-api-calls-20261121t101112z9f2c1a',
    { recorder: 'intake-api', class: 'calls', date: '2026-11-21', opened: 1_795_255_872_000 },
  ],
  ['a-access-19700101t000000z000000', { recorder: 'a', class: 'access', date: '1970-01-01', opened: 0 }],
  // The last class counts, whatever a recorder is called.
  [
    'x-access-calls-20240229t235959zffffff',
    { recorder: 'x-access', class: 'calls', date: '2024-02-29', opened: 1_709_251_199_000 },
  ],
  [
    'a-calls-20261121t101112z9f2c1a-access-19700101t000000z000000',
    { recorder: 'a-calls-20261121t101112z9f2c1a', class: 'access', date: '1970-01-01', opened: 0 },
  ],
])('%s', (name, parts) => {
  expect(parseSegmentName(name)).toEqual({ name, ...parts });
});

test.each([
  '',
  'calls-20261121t101112z9f2c1a',
  '-calls-20261121t101112z9f2c1a',
  'a--20261121t101112z9f2c1a',
  'a-call-20261121t101112z9f2c1a',
  'a-content-20261121t101112z9f2c1a',
  'A-calls-20261121t101112z9f2c1a',
  'a.b-calls-20261121t101112z9f2c1a',
  '../a-calls-20261121t101112z9f2c1a',
  'a/b-calls-20261121t101112z9f2c1a',
  'ä-calls-20261121t101112z9f2c1a',
  'a-calls-20261121T101112Z9f2c1a',
  'a-calls-20261121t101112z9F2C1A',
  'a-calls-20261121t101112z9f2c1',
  'a-calls-20261121t101112z9f2c1ab',
  'a-calls-20261121t101112z9f2c1a\n',
  ' a-calls-20261121t101112z9f2c1a',
  'a-calls-20261121t101112z9f2c1a.parquet',
  'a-calls-20261321t101112z9f2c1a',
  'a-calls-20260230t101112z9f2c1a',
  'a-calls-20250229t101112z9f2c1a',
  'a-calls-20261100t101112z9f2c1a',
  'a-calls-20261121t240000z9f2c1a',
  'a-calls-20261121t106012z9f2c1a',
  'a-calls-20261121t101160z9f2c1a',
  `${'a'.repeat(41)}-calls-20261121t101112z9f2c1a`,
])('%j is no name of a segment', (name) => {
  expect(parseSegmentName(name)).toBeUndefined();
});

test.each([
  ['a', true],
  ['0', true],
  ['intake-api', true],
  ['a'.repeat(40), true],
  ['a'.repeat(41), false],
  ['', false],
  ['-a', false],
  ['a-', false],
  ['a_b', false],
  ['Intake', false],
  ['a\n', false],
  ['..', false],
])('%j as a recorder: %s', (name, good) => {
  expect(parseRecorderName(name)).toBe(good ? name : undefined);
});

test('a name that is made is taken apart into what it was made of, to the second', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 6, maxLength: 6 });
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/),
      fc.constantFrom(...RECORD_CLASSES),
      fc.integer({ min: 0, max: 253_402_300_799_999 }),
      hex,
      (recorder, kind, opened, random) => {
        const name = segmentName(recorder as RecorderName, kind, new Date(opened), random);
        const seconds = Math.floor(opened / 1000) * 1000;
        const date = new Date(opened).toISOString().slice(0, 10);
        expect(parseSegmentName(name)).toEqual({ name, recorder, class: kind, date, opened: seconds });
      },
    ),
  );
});
