import type { IncomingMessage } from 'node:http';
import type { OtlpEncoding, Signal } from '../otlp/decode.ts';
import type { Coding } from './body.ts';
import { Denial } from './denial.ts';

const SIGNALS: Readonly<Record<string, Signal>> = { '/v1/traces': 'traces', '/v1/logs': 'logs' };

const ENCODINGS: Readonly<Record<string, OtlpEncoding>> = {
  'application/x-protobuf': 'protobuf',
  'application/json': 'json',
};

const CODINGS: Readonly<Record<string, Coding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
};

/** RFC 9110, section 5.6.6: a parameter with its value, quoted or not. */
const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i;
const PATH = /^[^?#]*/;

/** What a request is about. @throws Denial */
export function signalOf(request: IncomingMessage): Signal {
  const path = PATH.exec(request.url ?? '')?.[0] ?? '';
  const signal = SIGNALS[path];
  if (signal === undefined) {
    const metrics = path === '/v1/metrics' ? 'metrics are not collected: ' : '';
    throw new Denial(404, `${metrics}this collector takes /v1/traces and /v1/logs`);
  }
  if (request.method !== 'POST')
    throw new Denial(405, `${path} takes POST only`, { headers: { allow: 'POST' } });
  return signal;
}

/** How a request's body is encoded, and so its answer (OTLP's specification, "OTLP/HTTP Response"); `undefined` where we know none such. */
export function encodingOf(request: IncomingMessage): OtlpEncoding | undefined {
  const given = request.headers['content-type'] ?? '';
  const type = (given.split(';', 1)[0] ?? '').trim().toLowerCase();
  return Object.hasOwn(ENCODINGS, type) ? ENCODINGS[type] : undefined;
}

export function contentTypeOf(encoding: OtlpEncoding): string {
  return encoding === 'json' ? 'application/json' : 'application/x-protobuf';
}

/** @throws Denial */
export function demandEncoding(request: IncomingMessage): OtlpEncoding {
  const encoding = encodingOf(request);
  const charset = CHARSET.exec(request.headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? 'utf-8';
  if (encoding === undefined)
    throw new Denial(415, 'the Content-Type must be application/x-protobuf or application/json');
  if (encoding === 'json' && charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii')
    throw new Denial(415, 'JSON is taken in UTF-8 only');
  return encoding;
}

/** @throws Denial */
export function demandCoding(request: IncomingMessage): Coding {
  const given = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
  const coding = Object.hasOwn(CODINGS, given) ? CODINGS[given] : undefined;
  if (coding === undefined)
    throw new Denial(415, 'the Content-Encoding must be gzip or deflate, or none', {
      headers: { 'accept-encoding': 'gzip, deflate' },
    });
  return coding;
}

/** In bytes, as it is sent; 0 where the sender does not say. */
export function announcedLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

/** The sender holds its body back until it is told to go on (RFC 9110, section 10.1.1). */
export function awaitsContinue(request: IncomingMessage): boolean {
  return request.headers.expect?.toLowerCase() === '100-continue';
}
