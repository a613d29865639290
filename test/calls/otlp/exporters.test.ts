import { Buffer } from 'node:buffer';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeOtlp, encodeResponse, type OtlpEncoding } from '../../../src/calls/otlp/decode.ts';
import { spanUuid } from '../../../src/calls/record/uuid.ts';
import { reading } from './requests.ts';

const MESSAGES = '[{"role":"user","parts":[{"type":"text","content":"my chest hurts"}]}]';
const START = Date.parse('2026-11-21T10:11:12.345Z');

interface Request {
  readonly type: string | undefined;
  readonly body: Buffer;
}

let server: Server;
let url: string;
let requests: Request[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({ type: request.headers['content-type'], body: Buffer.concat(chunks) });
    const encoding = request.headers['content-type'] === 'application/json' ? 'json' : 'protobuf';
    response.setHeader('content-type', request.headers['content-type'] ?? '');
    response.end(await encodeResponse('traces', encoding, undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** What OpenTelemetry's Node SDK sends for a workflow with one call that succeeds and one that fails. */
async function exported(exporter: JsonExporter | ProtoExporter): Promise<readonly Request[]> {
  requests = [];
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'intake-api', 'deployment.environment.name': 'test' }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  const tracer = provider.getTracer('intake', '1.0.0');
  const workflow = tracer.startSpan('triage', { attributes: { 'traceloop.span.kind': 'workflow' } });
  const context = trace.setSpan(ROOT_CONTEXT, workflow);
  const good = tracer.startSpan(
    'chat gpt-5',
    {
      kind: SpanKind.CLIENT,
      startTime: START,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-5',
        'gen_ai.usage.input_tokens': 812,
        'gen_ai.usage.output_tokens': 0,
        'gen_ai.request.temperature': 0.2,
        'gen_ai.request.stream': false,
        'gen_ai.request.seed': -7,
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.input.messages': MESSAGES,
      },
    },
    context,
  );
  good.addEvent('gen_ai.choice', { index: 0, finish_reason: 'stop' });
  good.end(START + 812);
  const bad = tracer.startSpan('chat gpt-5', { attributes: { 'gen_ai.operation.name': 'chat' } }, context);
  bad.recordException(new RangeError('too long'));
  bad.setStatus({ code: SpanStatusCode.ERROR });
  bad.end();
  workflow.end();
  await provider.shutdown();
  return requests;
}

describe('OpenTelemetry’s Node exporter', () => {
  it.each<[OtlpEncoding, string, () => JsonExporter | ProtoExporter]>([
    ['protobuf', 'application/x-protobuf', () => new ProtoExporter({ url })],
    ['json', 'application/json', () => new JsonExporter({ url })],
  ])('sends %s that becomes records', async (encoding, type, exporter) => {
    const [request, ...others] = await exported(exporter());
    expect(others).toEqual([]);
    expect(request?.type).toBe(type);
    const { records, rejected, ignored } = await decodeOtlp('traces', encoding, request?.body ?? Buffer.of());
    expect({ rejected, ignored }).toEqual({ rejected: [], ignored: 1 });
    const [good, bad] = records;
    const { trace_id: traceId, span_id: spanId } = good?.incoming.fields ?? {};
    expect(good).toEqual({
      kind: 'call',
      incoming: {
        fields: {
          id: spanUuid(START, String(traceId), String(spanId)),
          occurredAt: '2026-11-21T10:11:12.345Z',
          trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
          span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
          'promptaudit.latency_ms': 812,
          'promptaudit.environment': 'test',
          'service.name': 'intake-api',
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-5',
          'gen_ai.usage.input_tokens': 812,
          'gen_ai.usage.output_tokens': 0,
          'gen_ai.request.temperature': 0.2,
          'gen_ai.request.stream': false,
          'gen_ai.request.seed': -7,
          'gen_ai.response.finish_reasons': ['stop'],
        },
        content: new Map([
          ['input', MESSAGES],
          ['output', '[{"index":0,"finish_reason":"stop"}]'],
        ]),
      },
    });
    expect(bad?.incoming.fields).toMatchObject({ trace_id: traceId, 'error.type': 'RangeError' });
    expect(records.map((record) => reading(record).ok)).toEqual([true, true]);
  });
});
