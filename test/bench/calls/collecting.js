import { rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { run } from '../processes.js';
import { calls } from './lines.js';

const SPANS = 500;
const REQUESTS = 240;
const AT_ONCE = 32;

/** Records a second that a collector takes in, every request on the disk before it is answered. */
export async function collect(bench) {
  const { library, folder } = bench;
  const { openIntake } = await library.load('calls/capture/openintake.js');
  const store = join(folder, 'collected');
  rmSync(store, { recursive: true, force: true });
  const { intake } = await openIntake({ store, recorder: 'bench', now: () => new Date() });
  const answer = await receive(bench, intake);
  await intake.close();
  rmSync(store, { recursive: true, force: true });
  return answer;
}

/** The same server, which decodes what comes in and throws it away. */
export function collectBare(bench) {
  const submit = async (batch) => ({ accepted: batch.length, duplicates: 0, rejected: [] });
  return receive(bench, { submit });
}

async function receive({ library, folder, args: [encoding] }, intake) {
  const { startCollector } = await library.load('calls/collect/collector.js');
  const otlp = await library.load('calls/otlp/decode.js');
  const collector = await startCollector({ port: 0, intake, otlp, now: () => new Date() });
  const script = join(import.meta.dirname, 'work.js');
  const args = [script, 'send', library.folder, folder, collector.url, encoding];
  const { stdout } = await run(process.execPath, args);
  const { accepted, rejected, refused } = collector.stats();
  await collector.close();
  if (accepted !== SPANS * REQUESTS || rejected + refused > 0)
    throw new Error(`${accepted} accepted, ${rejected} rejected, ${refused} refused`);
  return { perSecond: JSON.parse(stdout).perSecond };
}

/** An exporter: bodies that are made before, some requests at once. */
export async function send({ library, args: [url, encoding], timed }) {
  const bodies = await bodiesOf(library, encoding);
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
  const seconds = await timed(async () => {
    const waiting = [...bodies];
    const sender = async () => {
      for (let body = waiting.pop(); body !== undefined; body = waiting.pop())
        await post(agent, url, type, body);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, sender));
  });
  agent.destroy();
  return { perSecond: (SPANS * bodies.length) / seconds };
}

function post(agent, url, type, body) {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': type, 'content-length': body.length };
    const sent = request(`${url}/v1/traces`, { agent, method: 'POST', headers }, (response) => {
      response.resume();
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function bodiesOf(library, encoding) {
  const all = [...calls(SPANS * REQUESTS)];
  const requests = Array.from({ length: REQUESTS }, (_, index) =>
    requestOf(all.slice(index * SPANS, (index + 1) * SPANS)),
  );
  if (encoding === 'json') return requests.map((one) => Buffer.from(JSON.stringify(one)));
  const { loadMessages } = await library.load('calls/otlp/messages.js');
  const { tracesRequest } = await loadMessages();
  return requests.map((one) => tracesRequest.encode(tracesRequest.fromObject(withBytes(one))).finish());
}

/** OTLP/JSON, as OpenTelemetry's exporters write it. */
function requestOf(batch) {
  const spans = batch.map((call) => {
    const { occurredAt, trace_id, span_id, 'promptaudit.latency_ms': latency, ...attributes } = call;
    const start = BigInt(Date.parse(occurredAt)) * 1_000_000n;
    return {
      traceId: trace_id,
      spanId: span_id,
      name: 'chat',
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + BigInt(latency) * 1_000_000n),
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) })),
      status: {},
    };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'intake-api' } }] };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'bench' }, spans }] }] };
}

/** Ids as protobuf has them. */
function withBytes({
  resourceSpans: [
    {
      resource,
      scopeSpans: [{ scope, spans }],
    },
  ],
}) {
  const raw = spans.map((span) => ({
    ...span,
    traceId: Buffer.from(span.traceId, 'hex'),
    spanId: Buffer.from(span.spanId, 'hex'),
  }));
  return { resourceSpans: [{ resource, scopeSpans: [{ scope, spans: raw }] }] };
}

function anyValue(value) {
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  if (typeof value === 'string') return { stringValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}
