import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.ts';
import { callsCsv, callsJson, callsJsonLines } from '../../../src/report/calls/documents.ts';
import { callsText } from '../../../src/report/calls/listing.ts';
import { callText } from '../../../src/report/calls/show.ts';
import { visibleWidth } from '../../../src/report/text.ts';
import { DANGEROUS, gather, HOSTILE, markedPage, plainPage } from '../fixtures.ts';
import { ACCESS, CALL, lineOf } from './records.ts';

/** Every text in it is hostile. */
const HOSTILE_CALL = Object.fromEntries(
  Object.entries(CALL).map(([name, value]) => [
    name,
    typeof value === 'string' && name !== 'kind' ? HOSTILE : value,
  ]),
);
const HOSTILE_ACCESS = Object.fromEntries(
  Object.entries(ACCESS).map(([name, value]) => [
    name,
    typeof value === 'string' && name !== 'kind' ? HOSTILE : value,
  ]),
);

describe('calls as text', () => {
  it('takes two lines a record where there is little room', () => {
    expect(callsText([lineOf(CALL)], plainPage(80))).toBe(
      [
        'time                  prompt              environment  model  user',
        '  id                                    tokens  latency     cost  status',
        '2026-11-18T10:11:12Z  clinical-intake@12  production   gpt-5  u77',
        '  019d6f5e-1c00-7a01-8e51-acde48001122   1,043   2.41 s  $0.0045  ok',
        '',
      ].join('\n'),
    );
  });

  it('takes one where there is much', () => {
    expect(callsText([lineOf(CALL)], plainPage(150))).toBe(
      [
        'time                  prompt              environment  model  user  id                                    tokens  latency     cost  status',
        '2026-11-18T10:11:12Z  clinical-intake@12  production   gpt-5  u77   019d6f5e-1c00-7a01-8e51-acde48001122   1,043   2.41 s  $0.0045  ok',
        '',
      ].join('\n'),
    );
  });

  it('shows accesses apart', () => {
    expect(callsText([lineOf(ACCESS), lineOf(CALL)], plainPage(80)).split('\n')).toEqual([
      '1 call',
      ...callsText([lineOf(CALL)], plainPage(80))
        .split('\n')
        .slice(0, -1),
      '',
      '1 access',
      'time                  actor               action  object  outcome',
      '  id                                     rows  purpose',
      '2026-11-19T10:11:12Z  alice@acme.example  search  calls   denied',
      '  019d6f5e-1c00-7a01-8e51-acde48003344  1,204  case 12',
      '',
    ]);
  });

  it('leaves blank what a call does not say, and shows what went wrong', () => {
    const { id, kind, occurredAt } = CALL;
    const text = callsText([lineOf({ id, kind, occurredAt, 'error.type': 'timeout' })], markedPage(80));
    expect(text).toContain('<bad>timeout</bad>');
    expect(text).not.toMatch(/undefined|NaN|null/);
    expect(callsText([], plainPage(80))).toBe('');
  });

  it.each([20, 60, 78, 80, 120, 149, 150, 200])('is harmless and no wider than %i columns', (width) => {
    const long = {
      ...CALL,
      'gen_ai.prompt.name': 'a/very/long/name/'.repeat(9),
      'error.type': '数'.repeat(60),
    };
    const text = callsText([HOSTILE_CALL, HOSTILE_ACCESS, long].map(lineOf), plainPage(width));
    expect(text).not.toMatch(DANGEROUS);
    expect(Math.max(...text.split('\n').map(visibleWidth))).toBeLessThanOrEqual(width);
  });

  it('says what to do about a line that is no record', () => {
    for (const line of ['', '[]', 'null', '{"a":'])
      expect(() => callsText([line], plainPage(80))).toThrow(
        new Failure('a record of the store is no JSON object: run promptaudit calls verify'),
      );
  });
});

describe('one record', () => {
  it('is shown with all that it says', () => {
    expect(callText(lineOf(CALL), plainPage(80))).toBe(
      [
        'call 019d6f5e-1c00-7a01-8e51-acde48001122  clinical-intake@12',
        'schema                          promptaudit/record@1',
        'occurredAt                      2026-11-18T10:11:12.345Z (2 days ago)',
        'recordedAt                      2026-11-18T10:11:14.755Z (2 days ago)',
        'gen_ai.provider.name            openai',
        'gen_ai.request.model            gpt-5',
        'gen_ai.response.finish_reasons  stop, length',
        'gen_ai.prompt.name              clinical-intake',
        'gen_ai.prompt.version           12',
        'gen_ai.usage.input_tokens       812',
        'gen_ai.usage.output_tokens      231',
        'user.id                         u77',
        'promptaudit.environment         production',
        'promptaudit.latency_ms          2410',
        'promptaudit.cost_usd            0.0045',
        '',
      ].join('\n'),
    );
  });

  it('is harmless, whatever it says', () => {
    const content = [{ part: 'input', digest: HOSTILE, bytes: 3 }];
    const text = callText(lineOf({ ...HOSTILE_CALL, content }), plainPage(40));
    expect(text).not.toMatch(DANGEROUS);
    expect(text).toContain('"part"');
  });
});

describe('calls as documents', () => {
  it('are one JSON document', async () => {
    const text = await gather(callsJson([lineOf(CALL), lineOf(ACCESS)]));
    expect(JSON.parse(text)).toEqual({ schema: 'promptaudit/calls@1', calls: [CALL, ACCESS] });
    expect(JSON.parse(await gather(callsJson([])))).toEqual({ schema: 'promptaudit/calls@1', calls: [] });
  });

  it('keep every value, and are harmless to look at', async () => {
    for (const render of [callsJson, callsJsonLines]) {
      const text = await gather(render([lineOf(HOSTILE_CALL)]));
      expect(text).not.toMatch(DANGEROUS);
      expect(JSON.parse(text).calls?.[0] ?? JSON.parse(text)).toEqual(HOSTILE_CALL);
    }
  });

  it('are the lines themselves where nothing in them is harmful', async () => {
    expect(await gather(callsJsonLines([lineOf(CALL), lineOf(ACCESS)]))).toBe(
      `${lineOf(CALL)}\n${lineOf(ACCESS)}\n`,
    );
  });

  it('stay JSON where a line is none', async () => {
    await expect(gather(callsJson([lineOf(CALL), '],"calls":[']))).rejects.toThrow(Failure);
  });

  it('are CSV that no spreadsheet takes for formulas', async () => {
    const content = [{ part: 'input', digest: 'sha256:ab', bytes: 3 }];
    const text = await gather(callsCsv([lineOf({ ...CALL, 'user.id': '=cmd|calc', content })]));
    const [head, row, end] = text.split('\r\n');
    const names = head?.split(',') ?? [];
    expect(names.slice(0, 5)).toEqual(['schema', 'kind', 'id', 'occurredAt', 'recordedAt']);
    expect(row).toContain(",'=cmd|calc,");
    expect(row).toContain(',"[""stop"",""length""]",');
    expect(row).toMatch(/,"\[\{""part"":""input"",""digest"":""sha256:ab"",""bytes"":3\}\]"$/);
    expect(row?.split(',').slice(0, 4)).toEqual([CALL.schema, CALL.kind, CALL.id, CALL.occurredAt]);
    expect(end).toBe('');
  });
});
