import { type Agent, type IncomingHttpHeaders, request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { startCollector } from '../../../src/calls/collect/collector.ts';
import type { Collector, CollectorOptions, Intake } from '../../../src/calls/collect/model.ts';
import type { Incoming } from '../../../src/calls/record/read.ts';

/** An intake that keeps what it gets, and can be held back or made to fail. */
export class Tray implements Intake {
  readonly kept: Incoming[] = [];
  /** Batches that wait while it is held back. */
  waiting = 0;
  error: unknown;
  #held: Promise<void> | undefined;
  #let: (() => void) | undefined;

  hold(): void {
    this.#held = new Promise((resolve) => {
      this.#let = resolve;
    });
  }

  letGo(): void {
    this.#held = undefined;
    this.#let?.();
  }

  /** Resolves once so many batches wait. */
  async awaits(batches: number): Promise<void> {
    while (this.waiting < batches) await new Promise(setImmediate);
  }

  async submit(batch: Parameters<Intake['submit']>[0]): ReturnType<Intake['submit']> {
    this.waiting += 1;
    try {
      await this.#held;
    } finally {
      this.waiting -= 1;
    }
    if (this.error !== undefined) throw this.error;
    const known = new Set(this.kept.map(({ fields }) => fields['gen_ai.response.id']));
    const fresh = batch.filter(({ incoming }) => !known.has(incoming.fields['gen_ai.response.id']));
    const [good, bad] = [
      fresh.filter(({ incoming }) => incoming.fields['user.id'] !== 'nobody'),
      batch.flatMap(({ incoming }, index) => (incoming.fields['user.id'] === 'nobody' ? [index] : [])),
    ];
    this.kept.push(...good.map(({ incoming }) => incoming));
    return {
      accepted: good.length,
      duplicates: batch.length - fresh.length,
      rejected: bad.map((index) => ({ index, problems: ['user.id is nobody'] })),
    };
  }
}

export interface Station {
  readonly collector: Collector;
  readonly tray: Tray;
  readonly problems: string[];
  readonly clock: { now: Date };
  readonly port: number;
}

/** A collector on a free port of loopback, for the running test. */
export async function openStation(options: Partial<CollectorOptions> = {}): Promise<Station> {
  const tray = new Tray();
  const problems: string[] = [];
  const clock = { now: new Date('2026-11-21T10:11:12Z') };
  const collector = await startCollector({
    port: 0,
    intake: tray,
    onProblem: (text) => problems.push(text),
    now: () => clock.now,
    graceMs: 0,
    ...options,
  });
  onTestFinished(() => collector.close());
  return { collector, tray, problems, clock, port: Number(new URL(collector.url).port) };
}

/** Resolves once so many requests were refused. */
export async function refusals(collector: Collector, count: number): Promise<void> {
  while (collector.stats().refused < count) await new Promise(setImmediate);
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

interface Posting {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
  readonly ca?: string;
  /** Sent as chunks, without a length. */
  readonly chunks?: readonly (string | Uint8Array)[];
}

/** One request as an exporter makes it: JSON for `/v1/traces`. */
export function post(url: string, body: string | Uint8Array, posting: Posting = {}): Promise<Reply> {
  const { path = '/v1/traces', method = 'POST', headers, agent, ca, chunks } = posting;
  const send = url.startsWith('https:') ? secureRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      new URL(path, url),
      {
        method,
        headers: {
          'content-type': 'application/json',
          ...(chunks === undefined ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
          ...headers,
        },
        agent: agent ?? false,
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(parts);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body,
            text: body.toString(),
          });
        });
      },
    );
    request.on('error', reject);
    for (const chunk of chunks ?? []) request.write(chunk);
    request.end(chunks === undefined ? body : undefined);
  });
}

/** What a server says on a raw connection until it ends it or has said `until`. */
export async function say(port: number, text: string, until?: string): Promise<string> {
  const socket = await open(port);
  socket.write(text);
  return heard(socket, until);
}

export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

export function heard(socket: Socket, until?: string): Promise<string> {
  let said = '';
  return new Promise((resolve) => {
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1');
      if (until !== undefined && said.includes(until)) resolve(said);
    });
    socket.once('error', () => resolve(said));
    socket.once('close', () => resolve(said));
  });
}

let spans = 0;

/** A span of an LLM call, in OTLP's JSON. */
export function span(attributes: Readonly<Record<string, string>> = {}, spanId?: string): object {
  spans += 1;
  const all = { 'gen_ai.operation.name': 'chat', 'gen_ai.response.id': `r${spans}`, ...attributes };
  return {
    traceId: '5b8efff798038103d269b633813fc60c',
    spanId: spanId ?? (0xeee19b7e00000000n + BigInt(spans)).toString(16),
    name: 'chat gpt-5',
    kind: 3,
    startTimeUnixNano: '1795255872000000000',
    endTimeUnixNano: '1795255873000000000',
    attributes: Object.entries(all).map(([key, stringValue]) => ({ key, value: { stringValue } })),
  };
}

/** A span of something else. */
export function otherSpan(): object {
  return { ...span(), attributes: [{ key: 'http.request.method', value: { stringValue: 'GET' } }] };
}

/** An ExportTraceServiceRequest in JSON. */
export function traces(...spans: readonly object[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'intake-api' } }] },
        scopeSpans: [{ scope: { name: 'test' }, spans }],
      },
    ],
  });
}
