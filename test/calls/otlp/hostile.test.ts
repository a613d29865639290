import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decoded, decodeOtlp, type OtlpEncoding, type Signal } from '../../../src/calls/otlp/decode.ts';
import { Failure } from '../../../src/failure.ts';
import {
  decodeLogs,
  decodeTraces,
  jsonBytes,
  keyValues,
  logOf,
  logsOf,
  onlyRecord,
  reading,
  spanOf,
  tracesOf,
} from './requests.ts';

const VECTORS = join(import.meta.dirname, '../../vectors/otlp');
const SIGNALS: readonly Signal[] = ['traces', 'logs'];

function vector(signal: Signal): Buffer {
  return Buffer.from(readFileSync(join(VECTORS, `python-${signal}.base64`), 'utf8'), 'base64');
}

/** What decoding comes to; only a failure of one sentence may be thrown, and records must be readable or say why not. */
async function outcome(signal: Signal, encoding: OtlpEncoding, bytes: Uint8Array): Promise<Decoded | string> {
  try {
    const decoded = await decodeOtlp(signal, encoding, bytes);
    for (const record of decoded.records) reading(record);
    return decoded;
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return (error as Failure).message;
  }
}

/** A field that holds bytes. */
function field(id: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(id * 8 + 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

describe('protobuf', () => {
  const PROBLEM = 'the body is no protobuf of an OTLP traces request';

  it.each(SIGNALS)(
    'of %s with bytes changed, cut or put in is read or refused, never more',
    async (signal) => {
      const whole = vector(signal);
      const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
      const edits = fc.array(change, { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(edits, fc.nat(whole.length), async (changes, length) => {
          const bytes = Buffer.from(whole);
          for (const [at, byte] of changes) bytes[at] = byte;
          await outcome(signal, 'protobuf', bytes);
          await outcome(signal, 'protobuf', bytes.subarray(0, length));
        }),
        { numRuns: 400 },
      );
    },
  );

  it('of random bytes is read or refused', async () => {
    const arbitrary = fc.uint8Array({ maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(arbitrary, async (bytes) => void (await outcome('logs', 'protobuf', bytes))),
    );
  });

  it('is refused where it is cut, but between two of its groups', async () => {
    const whole = vector('traces');
    for (let length = 1; length < whole.length; length += 1) {
      expect(await outcome('traces', 'protobuf', whole.subarray(0, length))).toBe(PROBLEM);
    }
  });

  it.each([
    ['a length far beyond the end', Buffer.from('0affffffff07', 'hex')],
    ['a length of more than 64 bits', Buffer.from('0affffffffffffffffffffff01', 'hex')],
    ['field number 0', Buffer.from('0200', 'hex')],
    ['a group without end', Buffer.from('0b', 'hex')],
    ['an unknown wire type', Buffer.from('0f', 'hex')],
    ['JSON', Buffer.from('{"resourceSpans":[]}')],
    ['groups nested ten thousand times', Buffer.alloc(20_000, 0x7b)],
  ])('with %s is refused', async (_, bytes) => {
    expect(await outcome('traces', 'protobuf', bytes)).toBe(PROBLEM);
  });

  it('with the wrong wire type for a field is read without it', async () => {
    const bytes = Buffer.from('0801', 'hex');
    expect(await outcome('traces', 'protobuf', bytes)).toEqual({ records: [], rejected: [], ignored: 0 });
  });

  it('with values nested a thousand times is refused', async () => {
    let value = field(1, 'deep');
    for (let depth = 0; depth < 1000; depth += 1) value = field(5, field(1, value));
    const attribute = field(9, field(1, 'gen_ai.input.messages'), field(2, value));
    expect(await outcome('traces', 'protobuf', field(1, field(2, field(2, attribute))))).toBe(PROBLEM);
  });

  it('with more than a million fields is refused before they are all objects', async () => {
    const spans = (count: number): Buffer =>
      field(1, field(2, Buffer.alloc(2 * count, Buffer.from([0x12, 0x00]))));
    expect(await outcome('traces', 'protobuf', spans(999_998))).toMatchObject({ ignored: 999_998 });
    expect(await outcome('traces', 'protobuf', spans(999_999))).toBe(
      'the body has more than 1000000 values: send fewer records at once',
    );
  });

  it('with text that is no UTF-8 has U+FFFD there', async () => {
    const whole = vector('traces');
    const at = whole.indexOf('chatcmpl-Aé1') + 'chatcmpl-A'.length;
    const bytes = Buffer.from(whole);
    bytes[at] = 0xff;
    const decoded = await outcome('traces', 'protobuf', bytes);
    const fields = typeof decoded === 'string' ? {} : decoded.records[0]?.incoming.fields;
    expect(fields?.['gen_ai.response.id']).toBe('chatcmpl-A\ufffd\ufffd1');
  });
});

describe('JSON', () => {
  it.each(SIGNALS)('of %s with characters changed or cut is read or refused', async (signal) => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.prompt.0.content': 'x',
      'server.port': 443,
    };
    const request = signal === 'traces' ? tracesOf([spanOf(attributes)]) : logsOf([spanOf(attributes)]);
    const whole = Buffer.from(JSON.stringify(request));
    const change = fc.tuple(fc.nat(whole.length - 1), fc.constantFrom(...Buffer.from('"{}[],:0x9n')));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.nat(whole.length), async (changes, length) => {
        const bytes = Buffer.from(whole);
        for (const [at, byte] of changes) bytes[at] = byte;
        await outcome(signal, 'json', bytes);
        await outcome(signal, 'json', bytes.subarray(0, length));
      }),
      { numRuns: 300 },
    );
  });

  it('with any value at any place is read or refused', async () => {
    const name = fc.constantFrom(
      'gen_ai.operation.name',
      'gen_ai.input.messages',
      'llm.invocation_parameters',
    );
    const any = fc.oneof(fc.jsonValue(), fc.record({ low: fc.double(), high: fc.double() }));
    const kind = fc.constantFrom(
      'stringValue',
      'intValue',
      'bytesValue',
      'arrayValue',
      'kvlistValue',
      'doubleValue',
    );
    const attribute = fc.record({ key: name, value: fc.dictionary(kind, any, { maxKeys: 2 }) });
    const place = fc.constantFrom(
      ...['traceId', 'spanId', 'startTimeUnixNano', 'endTimeUnixNano', 'status', 'events', 'attributes'],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(attribute),
        fc.dictionary(place, any),
        any,
        async (attributes, odd, value) => {
          const usual = keyValues({ 'gen_ai.request.model': 'gpt-5' });
          const span = spanOf({}, { attributes: [...usual, ...attributes], ...odd });
          await outcome('traces', 'json', jsonBytes(tracesOf([span, value])));
          await outcome('logs', 'json', jsonBytes(logsOf([span, value])));
          await outcome('traces', 'json', jsonBytes(value));
          await outcome('traces', 'json', jsonBytes({ resourceSpans: value }));
          await outcome(
            'traces',
            'json',
            jsonBytes({ resourceSpans: [{ resource: value, scopeSpans: [] }] }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['', 'the body is no JSON, send an OTLP traces request'],
    ['{"resourceSpans":[', 'the body is no JSON, send an OTLP traces request'],
    ['[]', 'the body is no JSON object, send an OTLP traces request'],
    ['7', 'the body is no JSON object, send an OTLP traces request'],
    ['{"resourceSpans":{}}', 'resourceSpans of the request is no list of objects'],
    ['{"resourceSpans":[1]}', 'resourceSpans of the request is no list of objects'],
    ['{"resourceSpans":[{"scopeSpans":"x"}]}', 'scopeSpans of the request is no list of objects'],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[null]}]}]}', 'spans of the request is no list of objects'],
  ])('%s is refused: %s', async (body, problem) => {
    expect(await outcome('traces', 'json', Buffer.from(body))).toBe(problem);
  });

  it('nested a million times is refused, or left out where it does not matter', async () => {
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
    expect(await outcome('traces', 'json', Buffer.from(deep))).toMatch(/^the body is no JSON/);
    const ignored = await outcome('traces', 'json', Buffer.from(`{"unknown":${deep}}`));
    expect(ignored).toEqual({ records: [], rejected: [], ignored: 0 });
  });

  it.each([
    ['stringValue', '[[1]]', 'an attribute has a value that is no AnyValue of OTLP'],
    [
      'stringValue',
      `${'['.repeat(50_000)}${']'.repeat(50_000)}`,
      'an attribute has a value that is no AnyValue of OTLP',
    ],
    ['intValue', '{"low":0.5,"high":1e300}', 'an attribute has a value that is no AnyValue of OTLP'],
    [
      'arrayValue',
      `${'{"values":[{"arrayValue":'.repeat(40)}{}${'}]}'.repeat(40)}`,
      'an attribute holds more than 32 values within each other',
    ],
  ])('with an odd %s costs its span only', async (kind, value, problem) => {
    const [good, bad] = [
      spanOf({ 'gen_ai.request.model': 'good' }),
      spanOf({ 'gen_ai.input.messages': 'ODD' }),
    ];
    const body = JSON.stringify(tracesOf([bad, good])).replace('"stringValue":"ODD"', `"${kind}":${value}`);
    const decoded = await decodeOtlp('traces', 'json', Buffer.from(body));
    expect(decoded.rejected).toEqual([{ problem }]);
    expect(onlyRecord(decoded).incoming.fields['gen_ai.request.model']).toBe('good');
  });

  it('with JSON in a text that is nested beyond what can be written costs its span or log record only', async () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const good = { 'gen_ai.request.model': 'good' };
    const content = { 'gen_ai.event.content': `{"content":${deep}}` };
    const event = { name: 'gen_ai.user.message', attributes: keyValues(content) };
    const spans = await decodeTraces([spanOf(good), spanOf(good, { events: [event] })]);
    const reasons = { ...good, 'gen_ai.response.finish_reasons': deep };
    const logs = await decodeLogs([logOf(good), logOf(reasons)]);
    for (const decoded of [spans, logs]) {
      expect(decoded.rejected).toEqual([{ problem: 'it holds too many values within each other' }]);
      expect(onlyRecord({ ...decoded, rejected: [] }).incoming.fields['gen_ai.request.model']).toBe('good');
    }
  });

  it('with a value that a field does not take is left for the record to refuse', async () => {
    const odd = {
      'gen_ai.operation.name': 'chat',
      'user.id': ['a', 'b'],
      'gen_ai.usage.input_tokens': 'many',
    };
    const record = onlyRecord(await decodeTraces([spanOf(odd)]));
    expect(reading(record)).toEqual({
      ok: false,
      problems: [
        'user.id is not a text of 1 to 4096 characters without control characters',
        'gen_ai.usage.input_tokens is not a whole number from 0 to 2^53 - 1',
      ],
    });
  });
});
