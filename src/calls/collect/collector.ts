import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { decodeOtlp, encodeResponse, encodeStatus } from '../otlp/decode.ts';
import { listenAt, listeningPlace, urlOf } from './address.ts';
import { admissionOf } from './admission.ts';
import { type Desk, serve } from './exchange.ts';
import { garbageCollector } from './garbage.ts';
import { answerHealthCheck, isHealthCheck } from './health.ts';
import { type Collector, type CollectorOptions, LIMITS, type Limits } from './model.ts';
import { Room } from './room.ts';
import { Troubles } from './troubles.ts';
import { Turns } from './turns.ts';

/** How long a sender may take for a request's headers, and for a TLS handshake, in milliseconds. */
const HEADERS_MS = 10_000;
/** Exporters send every five seconds or every minute on a connection that they keep: one that we close meanwhile loses what they send. */
const KEEP_ALIVE_MS = 75_000;
/** Leaves files to the store. */
const MAX_CONNECTIONS = 1_000;
const GRACE_MS = 10_000;

const OTLP = { decodeOtlp, encodeResponse, encodeStatus };

/**
 * Starts an OTLP/HTTP receiver. A request is answered with success only once the intake has its records on disk.
 * Source: OpenTelemetry protocol specification, "OTLP/HTTP".
 * @throws Failure where it cannot listen
 * @throws Refusal where others could reach it and it is not guarded
 */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const { token, tls, intake, otlp = OTLP, onProblem = () => {}, now, graceMs = GRACE_MS } = options;
  const place = await listeningPlace(options);
  const limits = { ...LIMITS, ...options.limits };
  const desk: Desk = {
    admit: admissionOf(token, place),
    intake,
    otlp,
    limits,
    turns: new Turns(limits.decodedBytes),
    tidy: garbageCollector(),
    room: new Room(Math.max(limits.pendingBytes, 2 * limits.bodyBytes), limits.pendingRequests),
    troubles: new Troubles(onProblem, now),
    counts: { requests: 0, accepted: 0, duplicates: 0, rejected: 0, ignored: 0, refused: 0 },
  };
  const server = makeServer(limits, tls);
  const underWay = new Set<Promise<void>>();
  receive(server, desk, underWay);
  const port = await listenAt(server, place);
  watch(server, desk.troubles);
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(place.host, port, tls !== undefined),
    stats: () => ({ ...desk.counts }),
    close: () => {
      closed ??= shut(server, underWay, graceMs).then(() => desk.troubles.end());
      return closed;
    },
  };
}

/** @throws Failure where the key or the certificate is of no use */
function makeServer({ requestMs }: Limits, tls: CollectorOptions['tls']): Server {
  const options: ServerOptions = {
    headersTimeout: Math.min(HEADERS_MS, requestMs),
    requestTimeout: requestMs,
    connectionsCheckingInterval: Math.min(HEADERS_MS, requestMs) / 2,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const server = tls === undefined ? createServer(options) : makeSecureServer(options, tls);
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function makeSecureServer(
  options: ServerOptions,
  { key, cert }: NonNullable<CollectorOptions['tls']>,
): Server {
  // The types take a Buffer where node takes any bytes.
  const [keyPem, certPem] = [Buffer.from(key), Buffer.from(cert)];
  try {
    return createSecureServer({ ...options, key: keyPem, cert: certPem, handshakeTimeout: HEADERS_MS });
  } catch {
    throw new Failure(
      'the TLS certificate and key cannot be used: give a certificate and the private key that belongs to it, both in PEM',
    );
  }
}

function receive(server: Server, desk: Desk, underWay: Set<Promise<void>>): void {
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    if (isHealthCheck(request)) {
      answerHealthCheck(request, response);
      return;
    }
    // While the server closes, each connection's next answer is its last.
    if (!server.listening) response.shouldKeepAlive = false;
    const exchange = serve(desk, request, response).finally(() => underWay.delete(exchange));
    underWay.add(exchange);
  };
  server.on('request', take);
  // Left to node, a sender is told to go on before anybody looked at its headers.
  server.on('checkContinue', take);
}

/** What is not about a request. */
function watch(server: Server, troubles: Troubles): void {
  server.on('error', (error) =>
    troubles.happened('room', 'accept', `connections cannot be accepted: ${errorReason(error)}`),
  );
  server.on('drop', () =>
    troubles.happened(
      'room',
      'drop',
      `more than ${MAX_CONNECTIONS} connections are open: further ones are cut`,
    ),
  );
  server.on('tlsClientError', () =>
    troubles.happened(
      'sender',
      'tls',
      'a sender did not get through the TLS handshake: is it told https, and the certificate?',
    ),
  );
}

/** Stops listening at once, lets what is under way end, and cuts what is left after the grace time. */
async function shut(server: Server, underWay: ReadonlySet<Promise<void>>, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const patience = new AbortController();
  const late = pause(graceMs, true, { signal: patience.signal }).catch(() => true);
  while (underWay.size > 0) {
    if ((await Promise.race([Promise.all(underWay), late])) === true) break;
  }
  patience.abort();
  server.closeAllConnections();
  await closed;
}
