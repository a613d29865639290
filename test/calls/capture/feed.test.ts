import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Fed, feed, type ReadOtlp, type Refused } from '../../../src/calls/capture/feed.ts';
import { Intake } from '../../../src/calls/capture/intake.ts';
import { linesOf } from '../../../src/calls/capture/lines.ts';
import { openIntake } from '../../../src/calls/capture/openintake.ts';
import { decodeOtlp } from '../../../src/calls/otlp/decode.ts';
import { linesIn, NOW, newStore, RECORDER, usersIn } from '../store/room.ts';

const readOtlp: ReadOtlp = async (signal, bytes) => decodeOtlp(signal, 'json', bytes);

interface Outcome {
  readonly fed: Fed;
  readonly refused: Refused[];
  readonly store: string;
}

async function fed(chunks: Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>): Promise<Outcome> {
  const store = await newStore();
  const { intake } = await openIntake({ store, recorder: RECORDER, now: () => NOW });
  const refused: Refused[] = [];
  try {
    return {
      fed: await feed(intake, linesOf(bytes(chunks)), readOtlp, (one) => refused.push(one)),
      refused,
      store,
    };
  } finally {
    await intake.close();
  }
}

async function* bytes(
  chunks: Iterable<string | Uint8Array> | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(chunk as string);
}

function call(user: string): string {
  return JSON.stringify({ 'user.id': user });
}

describe('lines', () => {
  it('are taken with any line end, blank ones and a byte order mark passed over, the last without an end', async () => {
    const { fed: counts, store } = await fed([
      `\ufeff${call('a')}\r\n\r\n  \t\n${call('b')}\n\n${call('c')}`,
    ]);
    expect(counts).toEqual({ accepted: 3, duplicates: 0, refused: 0, ignored: 0 });
    expect(usersIn(store)).toEqual([['a', 'b', 'c']]);
  });

  it('come in any pieces', async () => {
    const text = Buffer.from(`${call('ü😂')}\n${call('€')}\n`);
    const { store } = await fed(Array.from(text, (byte) => Uint8Array.of(byte)));
    expect(usersIn(store)).toEqual([['ü😂', '€']]);
  });

  it('that cannot be kept are named by their number and do not harm the others', async () => {
    const {
      fed: counts,
      refused,
      store,
    } = await fed([
      `${call('a')}\n`,
      '{"user.id": "b\n',
      '[{"user.id": "c"}]\n"text"\nnull\n',
      Buffer.concat([Buffer.from('{"user.id":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}\n')]),
      '{"kind":"calls"}\n{"kind":null,"user.id":"d"}\n',
      `{"user.id":"${'x'.repeat(9 << 20)}"}\n`,
      '{"user.id":"","gen_ai.request.modle":"m"}\n{}\n',
      call('e'),
    ]);
    expect(refused.sort((a, b) => a.line - b.line)).toEqual([
      { line: 2, problems: ['the line is no JSON'] },
      { line: 3, problems: ['the line is no JSON object'] },
      { line: 4, problems: ['the line is no JSON object'] },
      { line: 5, problems: ['the line is no JSON object'] },
      { line: 6, problems: ['the line is not UTF-8'] },
      { line: 7, problems: ['kind is not one of call, access'] },
      { line: 8, problems: ['kind is not one of call, access'] },
      { line: 9, problems: ['the line is too long'] },
      {
        line: 10,
        problems: [
          'user.id is not a text of 1 to 4096 characters without control characters',
          '"gen_ai.request.modle" is no field of a record, did you mean gen_ai.request.model?',
        ],
      },
    ]);
    expect(counts).toEqual({ accepted: 3, duplicates: 0, refused: 9, ignored: 0 });
    expect(usersIn(store)[1]).toEqual(['a', undefined, 'e']);
  });

  it('of millions of values are refused before they are that many in memory', async () => {
    const many = `[${'{},'.repeat(1_000_000)}{}]`;
    const { fed: counts, refused } = await fed([
      `{"resourceSpans":${many}}\n{"gen_ai.input.messages":${many}}\n${call('a')}\n`,
    ]);
    const problems = ['the line has more than 1000000 values'];
    expect(refused).toEqual([
      { line: 1, problems },
      { line: 2, problems },
    ]);
    expect(counts).toMatchObject({ accepted: 1, refused: 2 });
  });

  it('of much that was said are handed on before they are more than memory holds', async () => {
    const submit = vi.spyOn(Intake.prototype, 'submit');
    onTestFinished(() => submit.mockRestore());
    const line = `${JSON.stringify({ 'gen_ai.input.messages': 'x'.repeat(5 << 20) })}\n`;
    const { fed: counts } = await fed(Array.from({ length: 6 }, () => line));
    expect(counts).toMatchObject({ accepted: 6 });
    expect(Math.max(...submit.mock.calls.map(([batch]) => batch.length))).toBe(2);
  });

  it('that hold values nested beyond what can be written cost no other', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const {
      fed: counts,
      refused,
      store,
    } = await fed([`${call('a')}\n{"gen_ai.input.messages":${deep}}\n{"user.id":${deep}}\n${call('b')}\n`]);
    expect(refused.sort((a, b) => a.line - b.line)).toEqual([
      { line: 2, problems: ['it holds too many values within each other'] },
      {
        line: 3,
        problems: ['user.id is not a text of 1 to 4096 characters without control characters'],
      },
    ]);
    expect(counts).toMatchObject({ accepted: 2, refused: 2 });
    expect(usersIn(store)).toContainEqual(['a', 'b']);
  });

  it('of accesses go to a segment of their own, and what was refused is on the record', async () => {
    const access = {
      'promptaudit.access.action': 'a',
      'promptaudit.access.actor': 'b',
      'promptaudit.access.outcome': 'allowed',
    };
    const { store } = await fed([
      `${JSON.stringify({ kind: 'access', ...access })}\nnot JSON\n{"kind":"access"}\n${call('a')}\n`,
    ]);
    const [accesses = [], calls] = linesIn(store);
    expect(calls).toHaveLength(1);
    expect(accesses.map((line) => JSON.parse(line))).toMatchObject([
      access,
      { 'error.type': 'invalid_record', 'promptaudit.access.rows': 1 },
    ]);
  });

  it('of a pretty-printed file are refused once, in words', async () => {
    const pretty = JSON.stringify([{ 'user.id': 'a' }, { 'user.id': 'b' }], null, 2);
    const { fed: counts, refused } = await fed([`\n${pretty}\n`]);
    expect(refused).toEqual([
      {
        line: 2,
        problems: ['the JSON goes on over the next lines: put each object on one line, as jq -c does'],
      },
    ]);
    expect(counts).toMatchObject({ accepted: 0, refused: 1 });
  });

  it('that come again are kept once', async () => {
    const again = JSON.stringify({ id: '0193a1b2-c3d4-7000-8000-000000000001' });
    const { fed: counts } = await fed([`${again}\n${again}\n`]);
    expect(counts).toMatchObject({ accepted: 1, duplicates: 1 });
  });

  it('of no file at all are none', async () => {
    expect((await fed([])).fed).toEqual({ accepted: 0, duplicates: 0, refused: 0, ignored: 0 });
  });
});

it('takes OTLP requests among them', async () => {
  const span = {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name: 'chat gpt-5',
    kind: 3,
    startTimeUnixNano: '1795255872000000000',
    endTimeUnixNano: '1795255873000000000',
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
      { key: 'gen_ai.request.model', value: { stringValue: 'gpt-5' } },
    ],
  };
  const request = JSON.stringify({
    resourceSpans: [
      {
        resource: {},
        scopeSpans: [{ scope: {}, spans: [span, { ...span, spanId: 'eee19b7ec3c1b175', attributes: [] }] }],
      },
    ],
  });
  const {
    fed: counts,
    refused,
    store,
  } = await fed([`${request}\n${request}\n{"resourceSpans": 7}\n${call('a')}\n`]);
  expect(counts).toMatchObject({ accepted: 2, duplicates: 1, ignored: 2 });
  expect(refused.every(({ line }) => line === 3)).toBe(true);
  expect(
    linesIn(store)
      .flat()
      .map((line) => JSON.parse(line)),
  ).toContainEqual(
    expect.objectContaining({
      trace_id: '5b8efff798038103d269b633813fc60c',
      span_id: 'eee19b7ec3c1b174',
      'gen_ai.request.model': 'gpt-5',
    }),
  );
});

describe('a source', () => {
  it('that stays open has what came through it kept', async () => {
    const store = await newStore();
    const { intake } = await openIntake({ store, recorder: RECORDER, now: () => NOW });
    let end = (): void => {};
    const open = new Promise<void>((resolve) => {
      end = resolve;
    });
    const source = (async function* () {
      yield Buffer.from(`${call('a')}\n`);
      await open;
      yield Buffer.from(`${call('b')}\n`);
    })();
    const feeding = feed(intake, linesOf(source), readOtlp, () => {});
    await expect.poll(() => usersIn(store)).toEqual([['a']]);
    end();
    expect(await feeding).toMatchObject({ accepted: 2 });
    await intake.close();
  });

  it('that breaks off has what came before kept, and fails', async () => {
    const store = await newStore();
    const { intake } = await openIntake({ store, recorder: RECORDER, now: () => NOW });
    const source = (async function* () {
      yield Buffer.from(`${call('a')}\n{"user.id"`);
      throw new Error('broken off');
    })();
    await expect(feed(intake, linesOf(source), readOtlp, () => {})).rejects.toThrow('broken off');
    await intake.close();
    expect(usersIn(store)).toEqual([['a']]);
  });
});
