import fc from 'fast-check';
import type { AcknowledgedFinding, VerifyReport } from '../../src/report/rows.ts';
import type { Finding } from '../../src/trail/model.ts';
import { codePoint } from '../helpers/codepoints.ts';
import { HOSTILE, SOUND } from './fixtures.ts';

/** Any text, lone surrogates and what markup and commands are made of among it. */
const text = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.string({
    unit: fc.constantFrom(...'\n\r\t\0\x1b:,%=#[]()<>&"\'{}\\', ' ', '::error::', ']]>', '\ud800', '\uffff'),
  }),
  fc.constant(HOSTILE),
);

const place = fc.record(
  {
    sequence: fc.integer({ min: 1, max: 99 }),
    prompt: text,
    version: fc.integer({ min: 1, max: 99 }),
    ref: text,
    object: text,
  },
  { requiredKeys: [] },
);

const finding: fc.Arbitrary<Finding> = fc
  .tuple(
    place,
    fc.record({
      code: fc.constantFrom(
        'ledger/previous',
        'policy/invalid',
        'repo/shallow',
        'a code of tomorrow',
        HOSTILE,
      ),
      severity: fc.constantFrom('error' as const, 'warning' as const),
      message: text,
      hint: text,
    }),
  )
  .map(([where, what]) => ({ ...where, ...what }));

const acknowledged: fc.Arbitrary<AcknowledgedFinding> = fc
  .tuple(finding, fc.record({ by: text, acknowledgement: fc.integer({ min: 1, max: 99 }), reason: text }))
  .map(([found, word]) => ({ ...found, ...word }));

/** Any report, with everything that comes from a repository hostile. */
export const reports: fc.Arbitrary<VerifyReport> = fc.record({
  ref: text,
  registry: fc.constantFrom(SOUND.registry, undefined),
  root: fc.constantFrom(SOUND.root, undefined),
  head: fc.constantFrom(SOUND.head, undefined),
  ok: fc.boolean(),
  counts: fc.constant(SOUND.counts),
  signers: fc.array(fc.record({ principal: text, name: text, events: fc.nat() }), { maxLength: 3 }),
  findings: fc.array(finding, { maxLength: 5 }),
  acknowledged: fc.array(acknowledged, { maxLength: 3 }),
  since: fc.constantFrom(undefined, { sequence: 3, earlier: 2 }),
  notProven: fc.array(text, { maxLength: 3 }),
});
