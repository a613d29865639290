import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordKind } from '../../../src/calls/record/fields.ts';
import { lineProblem } from '../../../src/calls/seal/lineproblem.ts';
import { PlainLines } from '../../../src/calls/seal/plainlines.ts';
import { recordLine } from './arbitraryrecord.ts';
import { lineOf } from './records.ts';

/** @param seen a line of the same file that came before it */
function isPlain(line: Uint8Array, kind: RecordKind, seen?: Uint8Array): boolean {
  const lines = new PlainLines(kind);
  const [text, before] = [line, seen ?? line].map((bytes) => `${Buffer.from(bytes).toString('latin1')}\n`);
  lines.end(before as string, 0);
  return lines.end(text as string, 0) === text?.length;
}

describe('the canonical form of a record', () => {
  it('is what intake makes, whatever the record says', () => {
    fc.assert(
      fc.property(recordLine, ({ kind, line }) => {
        expect(lineProblem(Buffer.from(line), kind)).toBeUndefined();
      }),
    );
  });

  it('has a plain form that takes nothing else', () => {
    const pieces = [
      '"',
      '\\',
      ',',
      '0',
      '-',
      '.',
      '}',
      '{',
      ' ',
      '\n',
      'é',
      '"user.id":"x",',
      'e5',
      '1',
      '\u0000',
    ];
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(3),
      put: fc.oneof(
        fc.constantFrom(...pieces).map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 2 }),
      ),
    });
    fc.assert(
      fc.property(recordLine, fc.array(edit, { maxLength: 2 }), ({ kind, line }, edits) => {
        let bytes = Buffer.from(line);
        for (const { at, cut, put } of edits) {
          const place = Math.floor(at * bytes.length);
          bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + cut)]);
        }
        // The scan takes the plain form for whole runs of UTF-8 only.
        if (isPlain(bytes, kind, Buffer.from(line)) && Buffer.from(bytes.toString()).equals(bytes)) {
          expect([bytes.toString(), lineProblem(bytes, kind)]).toEqual([bytes.toString(), undefined]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('has a plain form that takes the usual records', () => {
    const digest = `sha256:${createHash('sha256').update('x').digest('hex')}`;
    const usual = {
      occurredAt: '2026-12-31T23:59:59.999Z',
      'gen_ai.request.model': 'gpt-5',
      'gen_ai.response.finish_reasons': ['stop', 'length'],
      'gen_ai.request.temperature': 0.2,
      'gen_ai.request.stream': true,
      'gen_ai.usage.input_tokens': 12,
      'promptaudit.latency_ms': 812,
      'promptaudit.cost_usd': 0.000003,
      'promptaudit.prompt.digest': digest,
      'user.id': 'Zoë',
      trace_id: '6185ff9cbb9d831fbde55f26e1372dc3',
      span_id: '9cdaf07b806e1671',
    };
    const content = [
      { part: 'input', digest, bytes: 5, redactions: [{ count: 1, rule: 'email' }] },
      { part: 'output', digest, bytes: 0 },
    ] as const;
    expect(isPlain(Buffer.from(lineOf(usual, 'call', content as never)), 'call')).toBe(true);
    const access = {
      'promptaudit.access.action': 'show',
      'promptaudit.access.actor': 'ada',
      'promptaudit.access.outcome': 'denied',
      'promptaudit.access.rows': 3,
    };
    expect(isPlain(Buffer.from(lineOf(access, 'access')), 'access')).toBe(true);
  });

  it('has a plain form whose texts are no longer than a text may be, also after a line of the same fields', () => {
    const line = (length: number) =>
      Buffer.from(lineOf({ 'user.id': 'nobody' }).replace('nobody', 'x'.repeat(length)));
    expect(isPlain(line(2000), 'call', line(1))).toBe(true);
    for (const length of [4097, 60_000]) {
      expect(lineProblem(line(length), 'call')).toMatch('user.id');
      expect(isPlain(line(length), 'call', line(1))).toBe(false);
    }
  });

  it('refuses content of another shape', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const line = (content: string) => {
      const plain = lineOf({});
      return Buffer.from(`{"content":${content},${plain.slice(1)}`);
    };
    const item = `{"bytes":1,"digest":"${digest}","part":"input"}`;
    expect(lineProblem(line(`[${item}]`), 'call')).toBeUndefined();
    for (const content of [
      '[]',
      '{}',
      `[${Array(5).fill(item).join(',')}]`,
      `[${item.replace('input', 'inside')}]`,
      `[${item.replace('"bytes":1', '"bytes":-1')}]`,
      `[${item.replace('sha256', 'sha1')}]`,
      `[${item.replace('}', ',"redactions":[]}')}]`,
      `[${item.replace('}', ',"redactions":[{"count":1}]}')}]`,
      `[${item.replace('}', ',"text":"secret"}')}]`,
      `[${item},null]`,
    ]) {
      expect([content, lineProblem(line(content), 'call')]).not.toEqual([content, undefined]);
    }
  });
});
