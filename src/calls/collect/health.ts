import type { IncomingMessage, ServerResponse } from 'node:http';

const PATH = '/healthz';
const METHODS = ['GET', 'HEAD'];

/** For supervisors, which have no token. */
export function isHealthCheck({ url }: IncomingMessage): boolean {
  return url === PATH;
}

/** Says that the collector listens, and nothing else. */
export function answerHealthCheck({ method = '' }: IncomingMessage, response: ServerResponse): void {
  const allowed = METHODS.includes(method);
  const text = allowed ? 'ok\n' : '';
  response.writeHead(allowed ? 200 : 405, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': text.length,
    ...(allowed ? {} : { allow: METHODS.join(', ') }),
  });
  response.end(text);
}
