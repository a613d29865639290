import { describe, expect, it } from 'vitest';
import type { RecordKind } from '../../../src/calls/record/fields.ts';
import { readRecord, takeApart } from '../../../src/calls/record/read.ts';
import { MINTED, NOW, stamp } from './canonicaliser.ts';

function read(fields: Readonly<Record<string, unknown>>, kind: RecordKind = 'call'): Record<string, unknown> {
  const answer = readRecord(fields, kind, stamp());
  if (!answer.ok) throw new Error(answer.problems.join('; '));
  return JSON.parse(answer.record.line);
}

function problems(fields: Readonly<Record<string, unknown>>, kind: RecordKind = 'call'): readonly string[] {
  const answer = readRecord(fields, kind, stamp());
  return answer.ok ? [] : answer.problems;
}

it('adds what is ours and nothing else', () => {
  expect(read({})).toEqual({
    schema: 'promptaudit/record@1',
    kind: 'call',
    id: MINTED,
    occurredAt: '2026-11-21T10:11:12.345Z',
    recordedAt: '2026-11-21T10:11:12.345Z',
  });
});

const MODEL = 'gen_ai.request.model';
const TOKENS = 'gen_ai.usage.input_tokens';
const SEED = 'gen_ai.request.seed';
const COST = 'promptaudit.cost_usd';
const STOPS = 'gen_ai.request.stop_sequences';
const ZEROS = '0'.repeat(64);

describe('takes', () => {
  it.each<[string, unknown, unknown]>([
    [MODEL, 'x'.repeat(4096), 'x'.repeat(4096)],
    [MODEL, 12, '12'],
    [MODEL, '😂', '😂'],
    [TOKENS, 0, 0],
    [TOKENS, -0, 0],
    [TOKENS, '812', 812],
    [TOKENS, '9007199254740991', 9007199254740991],
    [SEED, '-9007199254740991', -9007199254740991],
    [SEED, -1, -1],
    [COST, '1.50', 1.5],
    [COST, '2e-3', 0.002],
    [COST, -0, 0],
    ['gen_ai.request.frequency_penalty', -1.5, -1.5],
    ['gen_ai.request.top_k', -1, -1],
    [STOPS, [], []],
    [STOPS, Array(64).fill('a'), Array(64).fill('a')],
    ['gen_ai.request.stream', false, false],
    ['trace_id', 'ABCDEF'.padEnd(32, '0'), 'abcdef'.padEnd(32, '0')],
    ['span_id', '1'.padStart(16, '0'), '1'.padStart(16, '0')],
    ['id', MINTED.toUpperCase(), MINTED],
    ['occurredAt', '2026-11-21T12:11:12+02:00', '2026-11-21T10:11:12.000Z'],
    ['occurredAt', '2026-11-21T00:30:00.9999-01:00', '2026-11-21T01:30:00.999Z'],
    ['occurredAt', '2026-11-21t10:11:12z', '2026-11-21T10:11:12.000Z'],
    ['occurredAt', '2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['occurredAt', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
    ['occurredAt', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['occurredAt', new Date(NOW), '2026-11-21T10:11:12.345Z'],
  ])('%s %j', (name, given, kept) => {
    expect(read({ [name]: given })[name]).toEqual(kept);
  });
});

describe('refuses', () => {
  it.each<[string, unknown]>([
    [MODEL, ''],
    [MODEL, 'x'.repeat(4097)],
    [MODEL, 1.5],
    [MODEL, true],
    [MODEL, ['a']],
    [MODEL, { toString: () => 'gpt' }],
    [MODEL, Symbol('gpt')],
    [MODEL, 12n],
    [MODEL, () => 'gpt'],
    [TOKENS, -1],
    [TOKENS, '-1'],
    [TOKENS, 1.5],
    [TOKENS, 2 ** 53],
    [TOKENS, '9007199254740992'],
    [TOKENS, '9007199254740993'],
    [TOKENS, '007'],
    [TOKENS, ' 7'],
    [TOKENS, '7\n'],
    [TOKENS, '0x10'],
    [TOKENS, 10n],
    [TOKENS, [7]],
    [SEED, -(2 ** 53)],
    [COST, Number.NaN],
    [COST, Number.POSITIVE_INFINITY],
    [COST, '1e400'],
    [COST, 'Infinity'],
    [COST, ''],
    [COST, -0.01],
    [COST, '-1'],
    ['promptaudit.latency_ms', -1],
    ['gen_ai.request.temperature', -0.1],
    ['gen_ai.request.top_p', -1],
    [STOPS, 'stop'],
    [STOPS, Array(65).fill('a')],
    [STOPS, ['a', '']],
    [STOPS, ['a', undefined]],
    // biome-ignore lint/suspicious/noSparseArray: it is what is tried
    [STOPS, ['a', , 'b']],
    [STOPS, { length: 1, 0: 'a' }],
    ['gen_ai.request.stream', 'true'],
    ['gen_ai.request.stream', 1],
    ['trace_id', '0'.repeat(32)],
    ['trace_id', 'a'.repeat(31)],
    ['trace_id', 'g'.repeat(32)],
    ['span_id', '0'.repeat(16)],
    ['promptaudit.prompt.digest', ZEROS],
    ['promptaudit.prompt.digest', `sha256:${'A'.repeat(64)}`],
    ['id', 'me'],
    ['id', `${MINTED}\n`],
    ['occurredAt', '2026-02-30T00:00:00.000Z'],
    ['occurredAt', '2026-02-30T00:00:00Z'],
    ['occurredAt', '2023-02-29T00:00:00Z'],
    ['occurredAt', '2026-11-21T24:00:00Z'],
    ['occurredAt', '2026-11-21T23:59:60Z'],
    ['occurredAt', '2026-11-21T10:11:12'],
    ['occurredAt', '2026-11-21'],
    ['occurredAt', '2026-11-21T10:11:12+24:00'],
    ['occurredAt', '2026-11-21T10:11:12+01:60'],
    ['occurredAt', '9999-12-31T23:59:59-01:00'],
    ['occurredAt', '1970-01-01T00:00:00+00:01'],
    ['occurredAt', '+10000-01-01T00:00:00.000Z'],
    ['occurredAt', 'Sat, 21 Nov 2026 10:11:12 GMT'],
    ['occurredAt', NOW],
    ['occurredAt', new Date(Number.NaN)],
    ['occurredAt', new Date(-1)],
    ['kind', 'access'],
    ['schema', 'promptaudit/record@1'],
    ['recordedAt', '2026-11-21T10:11:12.345Z'],
    ['content', []],
    ['promptaudit.access.action', 'search'],
  ])('%s (%#)', (name, given) => {
    const told = problems({ [name]: given });
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(name);
  });

  it('all that is wrong, at once', () => {
    expect(
      problems(
        { [TOKENS]: -1, 'gen_ai.request.modle': 'x', 'promptaudit.access.outcome': 'maybe' },
        'access',
      ),
    ).toEqual([
      `${TOKENS} has no place in a record of kind access`,
      '"gen_ai.request.modle" is no field of a record, did you mean gen_ai.request.model?',
      'promptaudit.access.outcome is not one of allowed, denied, failed',
      'promptaudit.access.action is missing',
      'promptaudit.access.actor is missing',
      'promptaudit.access.outcome is missing',
    ]);
  });

  it('a great many unknown fields in few words', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`a${at}`, 1]));
    const told = problems(many);
    expect(told).toHaveLength(21);
    expect(told.at(-1)).toBe('and more');
  });

  it('a record that is too long as a whole', () => {
    const long = 'x'.repeat(4096);
    expect(problems({ [STOPS]: Array(16).fill(long) })).toEqual([
      expect.stringMatching(/^the record is 65\d{3} characters long, the limit is 65536$/),
    ]);
    expect(problems({ [STOPS]: Array(15).fill(long) })).toEqual([]);
  });

  it('everything while the clock is not set', () => {
    for (const now of [Number.NaN, -1, 253_402_300_800_000])
      expect(readRecord({}, 'call', stamp(now))).toEqual({
        ok: false,
        problems: ['the clock of this machine is not set'],
      });
  });
});

describe('hostile objects', () => {
  it('say nothing by their prototype', () => {
    const fields = Object.create({ [MODEL]: 'inherited', evil: 1 });
    expect(read(fields)).not.toHaveProperty([MODEL]);
    const taken = takeApart(JSON.parse(`{"__proto__": {"${MODEL}": "x"}, "gen_ai.system": "openai"}`));
    expect(problems(taken?.fields ?? {})).toEqual(['"__proto__" is no field of a record']);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'a\u0000b', 'x'.repeat(1 << 20)])(
    'have no field %.20j',
    (name) => {
      const taken = takeApart(JSON.parse(`{${JSON.stringify(name)}: 1}`));
      const [told = ''] = problems(taken?.fields ?? {});
      expect(told).toMatch(/is no field of a record/);
      expect(told.length).toBeLessThan(200);
      expect(told).not.toMatch(/\p{Cc}/u);
    },
  );

  it('are no records where they are no objects', () => {
    for (const value of [undefined, null, 1, 'a', true, [], [{}], 1n, Symbol('a'), () => {}])
      expect(takeApart(value)).toBeUndefined();
  });

  it('that are proxies are read once a field', () => {
    const looks: string[] = [];
    const fields = new Proxy(
      { [MODEL]: 'gpt' },
      {
        get: (target, name) => {
          looks.push(String(name));
          return Reflect.get(target, name);
        },
      },
    );
    expect(read(fields)[MODEL]).toBe('gpt');
    expect(looks).toEqual([MODEL]);
  });

  it('that are arrays with a map of their own are read by index', () => {
    class Forged extends Array<string> {
      override map(): never {
        return ['"],"kind":"access'] as never;
      }
    }
    expect(read({ [STOPS]: Forged.from(['a', 'b']) })[STOPS]).toEqual(['a', 'b']);
  });
});

describe('takeApart', () => {
  const fields = (value: unknown): unknown => takeApart(value)?.fields;

  it('gives older names their present ones', () => {
    expect(
      fields({
        'gen_ai.system': 'openai',
        'gen_ai.usage.prompt_tokens': 1,
        'gen_ai.usage.completion_tokens': 2,
        'traceloop.prompt.key': 'intake',
        'traceloop.prompt.version': 12,
      }),
    ).toEqual({
      'gen_ai.provider.name': 'openai',
      'gen_ai.usage.input_tokens': 1,
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.prompt.name': 'intake',
      'gen_ai.prompt.version': 12,
    });
    expect(fields({ 'llm.prompt_template.version': 'v3' })).toEqual({ 'gen_ai.prompt.version': 'v3' });
  });

  it('lets the present name win, whatever comes first, unless it says nothing', () => {
    const [older, present] = ['gen_ai.system', 'gen_ai.provider.name'];
    expect(fields({ [older]: 'old', [present]: 'new' })).toEqual({ [present]: 'new' });
    expect(fields({ [present]: 'new', [older]: 'old' })).toEqual({ [present]: 'new' });
    expect(fields({ [present]: null, [older]: 'old' })).toEqual({ [present]: 'old' });
  });

  it('takes out what was said, as text or JSON', () => {
    const said = {
      'gen_ai.input.messages': [{ role: 'user' }],
      'gen_ai.output.messages': 'yes',
      [MODEL]: 'gpt',
    };
    expect(takeApart(said)).toMatchObject({
      fields: { [MODEL]: 'gpt' },
      content: new Map([
        ['input', '[{"role":"user"}]'],
        ['output', 'yes'],
      ]),
    });
    const cycle: Record<string, unknown> = { [MODEL]: 'gpt', 'gen_ai.input.messages': [] };
    (cycle['gen_ai.input.messages'] as unknown[]).push(cycle);
    expect(takeApart(cycle, false)).toMatchObject({ fields: { [MODEL]: 'gpt' }, content: new Map() });
  });
});
