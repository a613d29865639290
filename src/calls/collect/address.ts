import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type Server } from 'node:net';
import { Failure, Refusal } from '../../failure.ts';
import { errorCode, errorReason } from '../../git/files.ts';
import type { CollectorOptions } from './model.ts';

/** Source: listen(2), bind(2). */
const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it, or choose another port',
  EADDRNOTAVAIL: 'this machine does not have that address; choose one that it has',
  EACCES: 'ports below 1024 are for privileged programs; choose another one',
};

export interface ListeningPlace {
  /** As it was given. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Only programs on this machine reach it. */
  readonly loopback: boolean;
}

const HOST = '127.0.0.1';
/** OTLP's specification, "OTLP/HTTP Default Port". */
const PORT = 4318;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** False for what is no address. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Where to listen.
 * @throws Failure where there is no such host
 * @throws Refusal where others could reach it and it is not guarded
 */
export async function listeningPlace(options: CollectorOptions): Promise<ListeningPlace> {
  const { host = HOST, port = PORT, token, tls, insecure = false } = options;
  const found = host === '' ? [] : await lookup(host, { all: true }).catch(() => []);
  const [first] = found;
  if (first === undefined)
    throw new Failure(
      `there is no host ${JSON.stringify(host)} to listen on: give an address of this machine`,
    );
  const loopback = found.every(({ address }) => isLoopback(address));
  const missing = [
    ...(token === undefined ? [{ what: 'a token', options: '--token-file' }] : []),
    ...(tls === undefined ? [{ what: 'TLS', options: '--tls-key and --tls-cert' }] : []),
  ];
  if (!loopback && !insecure && missing.length > 0) {
    const whats = missing.map(({ what }) => what).join(' and ');
    const options = missing.map((one) => one.options).join(', ');
    throw new Refusal(
      `the collector does not listen on ${host} without ${whats}, since other machines reach it there: give ${options}, listen on ${HOST}, or say --insecure`,
    );
  }
  return { host, address: first.address, port, loopback };
}

/** `http://[::1]:4318` */
export function urlOf(host: string, port: number, secure: boolean): string {
  return `${secure ? 'https' : 'http'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

/** Answers the port. @throws Failure */
export function listenAt(server: Server, { host, address, port }: ListeningPlace): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      const reason = LISTEN_ERRORS[errorCode(error)] ?? errorReason(error);
      reject(new Failure(`the collector cannot listen on port ${port} of ${host}: ${reason}`));
    };
    server.once('error', fail);
    server.listen({ host: address, port }, () => {
      server.off('error', fail);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}
