import { describe, expect, it } from 'vitest';
import { spanUuid } from '../../../src/calls/record/uuid.ts';
import {
  decodeLogs,
  decodeTraces,
  END,
  keyValues,
  logOf,
  onlyRecord,
  reading,
  SPAN,
  START,
  spanOf,
  TRACE,
} from './requests.ts';

const CHAT = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' };

async function fieldsOf(span: object, resource = {}) {
  return onlyRecord(await decodeTraces([span], resource)).incoming.fields;
}

describe('a span in OTLP/JSON', () => {
  it('is a record with its ids, times, latency and what the resource says', async () => {
    const resource = {
      'service.name': 'my.service',
      'service.version': '1.0.0',
      'deployment.environment.name': 'production',
      'host.name': 'h',
      'gen_ai.request.model': 'of no resource',
    };
    const decoded = await decodeTraces([spanOf({ ...CHAT, 'my.span.attr': 'some value' })], resource);
    expect(decoded).toEqual({
      records: [
        {
          kind: 'call',
          incoming: {
            fields: {
              ...CHAT,
              id: spanUuid(1544712660123, TRACE, SPAN),
              occurredAt: '2018-12-13T14:51:00.123Z',
              trace_id: TRACE,
              span_id: SPAN,
              'promptaudit.latency_ms': 1000.5,
              'service.name': 'my.service',
              'service.version': '1.0.0',
              'promptaudit.environment': 'production',
            },
            content: new Map(),
          },
        },
      ],
      rejected: [],
      ignored: 0,
    });
    expect(reading(onlyRecord(decoded))).toMatchObject({ ok: true });
  });

  it('has an id that stays the same when it is sent again, and is of no other span', async () => {
    const first = await fieldsOf(spanOf(CHAT));
    expect((await fieldsOf(spanOf(CHAT))).id).toBe(first.id);
    expect((await fieldsOf(spanOf(CHAT, { spanId: 'eee19b7ec3c1b175' }))).id).not.toBe(first.id);
  });

  it.each([
    ['hex in capitals', '5B8EFFF798038103D269B633813FC60C', 'EEE19B7EC3C1B174'],
    ['base64', 'W47/95gDgQPSabYzgT/GDA==', '7uGbfsPBsXQ='],
    ['base64 without padding', 'W47/95gDgQPSabYzgT/GDA', '7uGbfsPBsXQ'],
    ['base64url', 'W47_95gDgQPSabYzgT_GDA==', '7uGbfsPBsXQ='],
  ])('may have ids in %s', async (_, traceId, spanId) => {
    const fields = await fieldsOf(spanOf(CHAT, { traceId, spanId }));
    expect(fields).toMatchObject({ trace_id: TRACE, span_id: SPAN });
  });

  it.each([
    ['text', START, END],
    ['numbers, as exact as those can be', Number(START), Number(END)],
  ])('may have times as %s', async (_, startTimeUnixNano, endTimeUnixNano) => {
    const fields = await fieldsOf(spanOf(CHAT, { startTimeUnixNano, endTimeUnixNano }));
    expect(fields.occurredAt).toBe('2018-12-13T14:51:00.123Z');
    expect(fields['promptaudit.latency_ms']).toBeCloseTo(1000.5, 3);
  });

  it.each([
    [1544712660999999999n, '2018-12-13T14:51:00.999Z'],
    [1544712661000000000n, '2018-12-13T14:51:01.000Z'],
  ])('takes %s ns for the millisecond that it is in', async (time, occurredAt) => {
    expect((await fieldsOf(spanOf(CHAT, { startTimeUnixNano: String(time) }))).occurredAt).toBe(occurredAt);
  });

  it.each([
    ['an end before its start', { endTimeUnixNano: '1544712660000000000' }],
    ['no end', { endTimeUnixNano: undefined }],
    ['the end 0', { endTimeUnixNano: '0' }],
    ['an end that is no time', { endTimeUnixNano: 'soon' }],
  ])('has no latency with %s', async (_, more) => {
    const fields = await fieldsOf(spanOf(CHAT, more));
    expect(fields['promptaudit.latency_ms']).toBeUndefined();
  });

  it('keeps the latency that it tells itself', async () => {
    const fields = await fieldsOf(spanOf({ ...CHAT, 'promptaudit.latency_ms': 7 }));
    expect(fields['promptaudit.latency_ms']).toBe('7');
  });

  it.each([
    [{ traceId: '' }, 'a span has no trace id'],
    [{ traceId: undefined }, 'a span has no trace id'],
    [{ traceId: 'xyz' }, 'a span has an unreadable trace id'],
    [{ traceId: '0'.repeat(32) }, 'a span has an unreadable trace id'],
    [{ traceId: 7 }, 'a span has an unreadable trace id'],
    [{ spanId: TRACE }, `a span of trace ${TRACE} has an unreadable span id`],
    [{ spanId: '' }, `a span of trace ${TRACE} has no span id`],
    [{ startTimeUnixNano: '0' }, `span ${SPAN} has no start time`],
    [{ startTimeUnixNano: '2018-12-13' }, `span ${SPAN} has an unreadable start time`],
    [{ startTimeUnixNano: -5 }, `span ${SPAN} has an unreadable start time`],
    [{ startTimeUnixNano: 1e300 }, `span ${SPAN} has an unreadable start time`],
    [{ startTimeUnixNano: '99999999999999999999' }, undefined],
  ])('with %j is rejected, or not, with its reason', async (more, problem) => {
    const { records, rejected } = await decodeTraces([spanOf(CHAT, more), spanOf(CHAT)]);
    expect(rejected).toEqual(problem === undefined ? [] : [{ problem }]);
    expect(records).toHaveLength(problem === undefined ? 2 : 1);
  });

  it.each([
    [{ status: { code: 2 } }, {}, '_OTHER'],
    [{ status: { code: 'STATUS_CODE_ERROR', message: 'x' } }, {}, '_OTHER'],
    [{ status: { code: 2 } }, { 'error.type': 'timeout' }, 'timeout'],
    [
      {
        status: { code: 2 },
        events: [{ name: 'exception', attributes: keyValues({ 'exception.type': 'ValueError' }) }],
      },
      {},
      'ValueError',
    ],
    [
      { events: [{ name: 'exception', attributes: keyValues({ 'exception.type': 'Retried' }) }] },
      {},
      undefined,
    ],
    [{ status: { code: 1 } }, {}, undefined],
    [{ status: {} }, {}, undefined],
  ])('with %j and %j failed with %s', async (more, attributes, type) => {
    expect((await fieldsOf(spanOf({ ...CHAT, ...attributes }, more)))['error.type']).toBe(type);
  });

  it('takes 64-bit numbers as text or numbers, and leaves it to the record to judge them', async () => {
    const attributes = [
      ...keyValues(CHAT),
      { key: 'gen_ai.usage.input_tokens', value: { intValue: 812 } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: '97' } },
      { key: 'gen_ai.request.seed', value: { intValue: '9007199254740993' } },
      { key: 'gen_ai.request.temperature', value: { doubleValue: 'NaN' } },
    ];
    const record = onlyRecord(await decodeTraces([spanOf({}, { attributes })]));
    expect(record.incoming.fields).toMatchObject({
      'gen_ai.usage.input_tokens': 812,
      'gen_ai.usage.output_tokens': '97',
    });
    expect(reading(record)).toEqual({
      ok: false,
      problems: [
        'gen_ai.request.seed is not a whole number between -2^53 and 2^53',
        'gen_ai.request.temperature is not a finite number, 0 or more',
      ],
    });
  });

  it('takes no plain name of a record from attributes, and leaves out what is empty', async () => {
    const plain = { id: 'i', kind: 'k', content: 'secret', schema: 's', trace_id: 't', occurredAt: 'o' };
    const fields = await fieldsOf(spanOf({ ...CHAT, ...plain, 'user.id': '', recordedAt: 'r' }));
    expect(Object.keys(fields).sort()).toEqual(
      [...Object.keys(CHAT), 'id', 'occurredAt', 'promptaudit.latency_ms', 'span_id', 'trace_id'].sort(),
    );
    expect(JSON.stringify(fields)).not.toContain('secret');
  });

  it('lets what is nearer say more than the resource', async () => {
    const fields = await fieldsOf(spanOf({ ...CHAT, 'langfuse.environment': 'staging' }), {
      'deployment.environment': 'production',
    });
    expect(fields['promptaudit.environment']).toBe('staging');
  });
});

describe('a log record in OTLP/JSON', () => {
  const DETAILS = { eventName: 'gen_ai.client.inference.operation.details' };

  it('is a record with its ids and time', async () => {
    const { kind, incoming } = onlyRecord(await decodeLogs([logOf(CHAT, DETAILS)]));
    expect(kind).toBe('call');
    expect(incoming.fields).toMatchObject({
      ...CHAT,
      trace_id: TRACE,
      span_id: SPAN,
      occurredAt: '2018-12-13T14:51:00.123Z',
    });
  });

  it('has the same id when it is sent again, another by what it says, and none without a span', async () => {
    const idOf = async (log: object) => onlyRecord(await decodeLogs([log])).incoming.fields.id;
    const id = await idOf(logOf(CHAT, DETAILS));
    expect(id).toMatch(/^0167a80c-a49b-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await idOf(logOf(CHAT, DETAILS))).toBe(id);
    expect(await idOf(logOf({ ...CHAT, 'user.id': 'u77' }, DETAILS))).not.toBe(id);
    expect(await idOf(logOf(CHAT, { ...DETAILS, timeUnixNano: '1544712660123456790' }))).not.toBe(id);
    expect(await idOf(logOf(CHAT, { ...DETAILS, spanId: undefined }))).toBeUndefined();
  });

  it('has the time at which it was observed where it has no other', async () => {
    const log = logOf(CHAT, { timeUnixNano: 0, observedTimeUnixNano: '1544712660300000000' });
    const { fields } = onlyRecord(await decodeLogs([log])).incoming;
    expect(fields.occurredAt).toBe('2018-12-13T14:51:00.300Z');
  });

  it.each([
    [{ timeUnixNano: undefined }, 'a log record has no time'],
    [{ timeUnixNano: {} }, 'a log record has an unreadable time'],
    [{ traceId: '12' }, 'a log record has an unreadable trace id'],
    [{ spanId: '12' }, 'a log record has an unreadable span id'],
  ])('with %j is rejected', async (more, problem) => {
    expect((await decodeLogs([logOf(CHAT, more)])).rejected).toEqual([{ problem }]);
  });
});
