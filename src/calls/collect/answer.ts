import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OtlpEncoding } from '../otlp/decode.ts';
import { Denial, defect, rpcCode } from './denial.ts';
import type { Limits, Otlp } from './model.ts';
import { awaitsContinue, contentTypeOf, encodingOf } from './route.ts';

/** Resolves once the answer is handed to the system, or there is nobody left to take it. */
export function sendAnswer(
  response: ServerResponse,
  status: number,
  encoding: OtlpEncoding,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    response.once('finish', resolve);
    response.once('close', resolve);
    response.writeHead(status, {
      'content-type': contentTypeOf(encoding),
      'content-length': bytes.length,
      ...headers,
    });
    response.end(bytes);
  });
}

/**
 * Tells a sender that its request is not taken, as a google.rpc.Status in the request's own encoding, or in JSON where it has
 * none (OTLP's specification, "Failures").
 * @returns what the collector's own user is told
 */
export async function refuse(
  otlp: Otlp,
  limits: Limits,
  request: IncomingMessage,
  response: ServerResponse,
  error: unknown,
): Promise<Denial['trouble']> {
  const { status, message, headers, trouble } = error instanceof Denial ? error : defect(error);
  const encoding = encodingOf(request) ?? 'json';
  const bytes = await otlp.encodeStatus(encoding, rpcCode(status), message).catch(() => new Uint8Array());
  discardRest(request, limits.bodyBytes);
  // What the sender was not told to go on with may come or not: the connection is at no known place.
  const unsure = awaitsContinue(request) && !request.complete ? { connection: 'close' } : {};
  await sendAnswer(response, status, encoding, bytes, { ...headers, ...unsure });
  return trouble;
}

/**
 * Lets a refused request's body come in and go, so that its sender gets to read the answer and not a reset connection, but no
 * more of it than a request may have.
 */
function discardRest(request: IncomingMessage, most: number): void {
  let size = 0;
  request.on('error', () => {});
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > most) request.destroy();
  });
}
