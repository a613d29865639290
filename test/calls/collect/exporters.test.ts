import { DiagLogLevel, diag } from '@opentelemetry/api';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openStation, post, refusals, span, traces } from './station.ts';

const CALL = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.request.temperature': 0.25,
  'gen_ai.request.stream': true,
  'gen_ai.usage.input_tokens': 812,
  'gen_ai.response.finish_reasons': ['stop', 'length'],
  'gen_ai.prompt.name': 'clinical-intake',
  'user.id': 'Zoë',
} as const;

type Exporter = JsonExporter | ProtoExporter;
type Settings = NonNullable<ConstructorParameters<typeof JsonExporter>[0]>;

const EXPORTERS: readonly [string, (settings: Settings) => Exporter][] = [
  ['JSON', (settings) => new JsonExporter(settings)],
  ['protobuf', (settings) => new ProtoExporter(settings)],
];

/** Ended spans as the SDK hands them to an exporter. */
function ended(...attributes: readonly Record<string, unknown>[]) {
  const memory = new InMemorySpanExporter();
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'intake-api' }),
    spanProcessors: [new SimpleSpanProcessor(memory)],
  });
  const tracer = provider.getTracer('app');
  for (const given of attributes) {
    const started = tracer.startSpan('chat gpt-5', { startTime: new Date('2026-11-21T10:11:12.345Z') });
    for (const [key, value] of Object.entries(given)) started.setAttribute(key, value as string);
    started.end(new Date('2026-11-21T10:11:13.157Z'));
  }
  return memory.getFinishedSpans();
}

interface Sent {
  readonly code: number;
  readonly error?: (Error & { code?: number }) | undefined;
}

function sending(exporter: Exporter, spans: ReturnType<typeof ended>): Promise<Sent> {
  onTestFinished(() => exporter.shutdown());
  return new Promise((resolve) => exporter.export(spans, resolve));
}

describe.each(EXPORTERS)('the exporter of OpenTelemetry that sends %s', (_name, exporterOf) => {
  it.each(['none', 'gzip'])('sends calls as they are, compressed by %s', async (compression) => {
    const { collector, tray } = await openStation({ token: 'secret' });
    const spans = ended(CALL, { 'http.request.method': 'GET' });
    const exporter = exporterOf({
      url: `${collector.url}/v1/traces`,
      compression: compression as NonNullable<Settings['compression']>,
      headers: { authorization: 'Bearer secret' },
    });
    expect((await sending(exporter, spans)).code).toBe(0);
    const context = spans[0]?.spanContext();
    expect(tray.kept.map(({ fields }) => fields)).toMatchObject([
      {
        ...CALL,
        'service.name': 'intake-api',
        trace_id: context?.traceId,
        span_id: context?.spanId,
        occurredAt: '2026-11-21T10:11:12.345Z',
        'promptaudit.latency_ms': 812,
      },
    ]);
    expect(collector.stats()).toMatchObject({ requests: 1, accepted: 1, ignored: 1 });
  });

  it('reads why spans were not kept, and why it is refused', async () => {
    const { collector } = await openStation({ token: 'secret' });
    const warnings: string[] = [];
    const none = (): void => {};
    const logger = { verbose: none, debug: none, info: none, error: none };
    diag.setLogger(
      { ...logger, warn: (...words) => warnings.push(words.join(' ')) },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
    onTestFinished(() => diag.disable());
    const url = `${collector.url}/v1/traces`;
    const headers = { authorization: 'Bearer secret' };
    const spans = ended({ ...CALL, 'user.id': 'nobody' });
    expect((await sending(exporterOf({ url, headers }), spans)).code).toBe(0);
    expect(warnings.join('\n')).toContain('1 span was not kept: user.id is nobody');
    const refused = await sending(exporterOf({ url }), spans);
    expect(refused.code).toBe(1);
    expect(refused.error?.code).toBe(401);
    expect(collector.stats()).toMatchObject({ accepted: 0, rejected: 1, refused: 1 });
  });
});

/** Both exporters send through the same transport; each shows one of the answers on which it sends again. */
describe('an exporter of OpenTelemetry sends again', () => {
  it('what came while too much was pending', async () => {
    const { collector, tray } = await openStation({ limits: { pendingRequests: 1 } });
    tray.hold();
    const first = post(collector.url, traces(span()));
    await tray.awaits(1);
    const sent = sending(new JsonExporter({ url: `${collector.url}/v1/traces` }), ended(CALL));
    await refusals(collector, 1);
    tray.letGo();
    expect((await first).status).toBe(200);
    expect((await sent).code).toBe(0);
    expect(collector.stats()).toMatchObject({ requests: 3, accepted: 2, refused: 1 });
  });

  it('what could not be written, and it is kept once', async () => {
    const { collector, tray } = await openStation();
    tray.error = Object.assign(new Error('no space'), { code: 'ENOSPC' });
    const sent = sending(new ProtoExporter({ url: `${collector.url}/v1/traces` }), ended(CALL));
    await refusals(collector, 1);
    tray.error = undefined;
    expect((await sent).code).toBe(0);
    expect(tray.kept.map(({ fields }) => fields['user.id'])).toEqual(['Zoë']);
    expect(collector.stats()).toMatchObject({ requests: 2, accepted: 1, refused: 1 });
  });
});
