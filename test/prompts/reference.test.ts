import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { parsePoint, parseReference, parseReferenceRange } from '../../src/prompts/reference.ts';

const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const SHA256 = '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';

test.each([
  ['intake', { kind: 'latest', implied: true }],
  ['intake@latest', { kind: 'latest', implied: false }],
  ['intake@draft', { kind: 'draft' }],
  ['intake@12', { kind: 'version', version: 12 }],
  ['intake@v12', { kind: 'version', version: 12 }],
  ['intake@999999', { kind: 'version', version: 999999 }],
  ['intake@v1234567', { kind: 'version', version: 1234567 }],
  ['intake@production', { kind: 'environment', environment: 'production' }],
  ['intake@eu-west-1', { kind: 'environment', environment: 'eu-west-1' }],
  ['intake@v', { kind: 'environment', environment: 'v' }],
  ['intake@da39a3e', { kind: 'commit', prefix: 'da39a3e' }],
  ['intake@DA39A3E', { kind: 'commit', prefix: 'da39a3e' }],
  ['intake@1234567', { kind: 'commit', prefix: '1234567' }],
  [`intake@${SHA1}`, { kind: 'commit', prefix: SHA1 }],
  [`intake@${SHA256}`, { kind: 'commit', prefix: SHA256 }],
])('%s', (text, point) => {
  expect(parseReference(text)).toEqual({ name: 'intake', ...point });
});

test('a name may have segments', () => {
  expect(parseReference('team/a.b_c-d@3')).toEqual({ name: 'team/a.b_c-d', kind: 'version', version: 3 });
});

test.each([
  ['', 'is empty'],
  ['@3', 'nothing stands before the @ of "@3": write name@version'],
  ['./prompts/intake.prompt.yml', 'is the path of a file: give the prompt'],
  ['Intake', 'segment'],
  ['intake@', 'nothing stands behind the @'],
  ['intake@3@4', 'more than one @'],
  ['intake@0', 'numbered 1, 2, 3'],
  ['intake@v0', 'numbered 1, 2, 3'],
  ['intake@012', 'numbered 1, 2, 3'],
  ['intake@v99999999999999999999', 'numbered 1, 2, 3'],
  ['intake@abc', 'at least 7 hex digits'],
  [`intake@${SHA256}0`, '64 hex digits at most'],
  ['intake@Production', 'names no version'],
  ['intake@-1', 'names no version'],
  [`intake@${'e'.repeat(30)}-x-y-z`, 'names no version'],
  ['intake@11..12', 'is a range'],
  ['policy@1', 'kept for the policy'],
])('%s is refused', (text, why) => {
  expect(() => parseReference(text)).toThrow(why);
  expect(() => parseReference(text)).toThrow(Failure);
});

test('a range', () => {
  expect(parseReferenceRange('intake@11..production')).toEqual({
    name: 'intake',
    from: { kind: 'version', version: 11 },
    to: { kind: 'environment', environment: 'production' },
  });
  expect(parseReferenceRange('intake@11')).toBeUndefined();
  expect(parseReferenceRange('intake')).toBeUndefined();
});

test.each(['a@..2', 'a@1..', 'a@..', 'a@1..2..3', 'a@1...3'])('%s is no range', (text) => {
  expect(() => parseReferenceRange(text)).toThrow(Failure);
});

test('any text is a reference or a Failure', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string().map((end) => `intake@${end}`),
    fc.stringMatching(/^[a-f0-9.v@]{1,12}$/),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const parse of [parseReference, parseReferenceRange, parsePoint]) {
        try {
          parse(given);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }
    }),
  );
});
