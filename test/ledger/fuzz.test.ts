import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent } from '../../src/ledger/codec.ts';
import {
  decisionTagRef,
  decodeDecisionTag,
  encodeDecisionTag,
  parseDecisionTagRef,
  tagOfDecision,
} from '../../src/ledger/decisiontag.ts';
import type { DecisionDetail, LedgerEvent } from '../../src/ledger/event.ts';
import { RESERVED_NAMES } from '../../src/ledger/text.ts';
import { decodeVersionCommit, encodeVersionCommit } from '../../src/ledger/versioncommit.ts';
import type { PromptName } from '../../src/prompts/name.ts';
import { hostile } from '../helpers/mutations.ts';
import { ledgerEvent } from './arbitraries.ts';

const WORDS = [
  ...RESERVED_NAMES.map((name) => `${name}: `),
  'none',
  '*',
  ', ',
  'policy',
  'genesis',
  'rollback',
  '-----BEGIN SSH SIGNATURE-----\n',
  'Sequence: 1\n',
];

/** Mutations of what generated messages say, a few of each. */
function hostileTo<T>(valid: fc.Arbitrary<T>, text: (value: T) => string): readonly fc.Arbitrary<Buffer>[] {
  return fc.sample(valid, 60).map((value) => hostile(Buffer.from(text(value)), WORDS));
}

const isDecision = ({ detail }: LedgerEvent): boolean => 'tagObject' in detail;

describe('hostile bytes', () => {
  it('are an event that is written back byte for byte, or problems', () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(...hostileTo(ledgerEvent, encodeEvent)), (bytes) => {
        const decoded = decodeEvent(bytes);
        if (!decoded.ok) {
          expect(decoded.problems.length).toBeGreaterThan(0);
          return;
        }
        accepted += 1;
        expect(Buffer.from(encodeEvent(decoded.event)).equals(bytes)).toBe(true);
        const formats = ['sha1', 'sha256'] as const;
        expect(formats.some((format) => decodeEvent(bytes, format).ok)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).toBeGreaterThan(60);
  });

  it('are a decision’s tag that is written back byte for byte, or problems', () => {
    const message = (event: LedgerEvent) =>
      encodeDecisionTag(tagOfDecision(event.registry, event.detail as DecisionDetail, event.reason));
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(...hostileTo(ledgerEvent.filter(isDecision), message)), (bytes) => {
        const decoded = decodeDecisionTag(bytes);
        if (!decoded.ok) return;
        accepted += 1;
        expect(Buffer.from(encodeDecisionTag(decoded.tag)).equals(bytes)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(30);
  });

  it('are a version’s commit whose last paragraph says each fact once, or nothing', () => {
    const contentDigest = `sha256:${'ab'.repeat(32)}` as Parameters<
      typeof encodeVersionCommit
    >[0]['contentDigest'];
    const message = 'Ask first\n\nBecause.\n\nCo-authored-by: B <b@x>';
    const valid = encodeVersionCommit({ message, prompt: 'triage/adults' as PromptName, contentDigest });
    let accepted = 0;
    fc.assert(
      fc.property(hostile(Buffer.from(valid), [...WORDS, `Content-Digest: ${contentDigest}\n`]), (bytes) => {
        const read = decodeVersionCommit(bytes);
        if (read === undefined) return;
        accepted += 1;
        const last = bytes.toString().split('\n\n').at(-1)?.split('\n') ?? [];
        expect(last.filter((line) => line.startsWith('Prompt: '))).toEqual([`Prompt: ${read.prompt}`]);
        expect(last.filter((line) => line.startsWith('Content-Digest: '))).toEqual([
          `Content-Digest: ${read.contentDigest}`,
        ]);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(60);
  });

  it('are a decision’s ref that is written back, or none', () => {
    const refs = [
      'clinical-intake/v12/approved/bob@acme.example.2',
      'a/v3/approved/v1/revoked/b@x',
      'policy/v4/rejected/b@x',
    ];
    const words = ['/v1/', '/approved/', '/', '..', '.lock', '@{', '.2', '~', 'refs/tags/promptaudit/'];
    const any = fc.oneof(...refs.map((ref) => hostile(Buffer.from(`refs/tags/promptaudit/${ref}`), words)));
    fc.assert(
      fc.property(any.map(String), (ref) => {
        const parsed = parseDecisionTagRef(ref);
        if (parsed === undefined) return;
        const { prompt, version, decision, principal, ordinal } = parsed;
        expect(decisionTagRef(prompt, version, decision, principal, ordinal)).toBe(ref);
      }),
      { numRuns: 5000 },
    );
  });

  it('may be long: one line, very many of them, or very many facts', () => {
    const [event] = fc.sample(ledgerEvent.filter(isDecision), { numRuns: 1 });
    if (event === undefined) throw new Error('no event was made');
    const text = encodeEvent(event);
    for (const long of [
      text.replace('\n\n', `\n\n${'x'.repeat(70_000)}\n\n`),
      text.replace('\n\n', `\n\n${'x\n'.repeat(60_000)}\n`),
      `${text}${'Prompt: a\n'.repeat(12_000)}`,
      `${text}${'a'.repeat(100_000)}: \n`,
      `${'\n\n'.repeat(60_000)}${text}`,
    ]) {
      expect(decodeEvent(long).ok).toBe(false);
      expect(decodeDecisionTag(long).ok).toBe(false);
      decodeVersionCommit(long);
    }
  });
});
