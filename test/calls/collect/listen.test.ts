import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isLoopback } from '../../../src/calls/collect/address.ts';
import { startCollector } from '../../../src/calls/collect/collector.ts';
import type { CollectorOptions } from '../../../src/calls/collect/model.ts';
import { Failure, Refusal } from '../../../src/failure.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { openStation, post, span, Tray, traces } from './station.ts';

function starting(options: Partial<CollectorOptions>): Promise<unknown> {
  return startCollector({ port: 0, intake: new Tray(), now: () => new Date(), ...options });
}

/** A certificate for 127.0.0.1, signed by its own key. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const box = await sandbox();
  const [key, cert] = [join(box.dir, 'key.pem'), join(box.dir, 'cert.pem')];
  const made = `req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=collector -addext subjectAltName=IP:127.0.0.1`;
  await box.ok('openssl', [...made.split(' '), '-keyout', key, '-out', cert]);
  return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
}

describe('where a collector listens', () => {
  it('is loopback, unless it is guarded or said to be insecure', async () => {
    const { key, cert } = await certificate();
    const open = { host: '0.0.0.0' };
    const refused = [open, { host: '::' }, { ...open, token: 't' }, { ...open, tls: { key, cert } }];
    for (const options of refused) await expect(starting(options)).rejects.toThrow(Refusal);
    await expect(starting(open)).rejects.toThrow(
      'the collector does not listen on 0.0.0.0 without a token and TLS, since other machines reach it there: give --token-file, --tls-key and --tls-cert, listen on 127.0.0.1, or say --insecure',
    );
    await expect(starting({ ...open, tls: { key, cert } })).rejects.toThrow('without a token, since');
    const insecure = await openStation({ ...open, insecure: true });
    const there = `http://127.0.0.1:${insecure.port}`;
    expect((await post(there, traces(span()), { headers: { host: 'collector:4318' } })).status).toBe(200);
    expect((await post(there, traces(span()), { headers: { origin: 'http://collector' } })).status).toBe(403);
    const guarded = await openStation({ ...open, token: 't', tls: { key, cert } });
    expect(guarded.collector.url).toBe(`https://0.0.0.0:${guarded.port}`);
  });

  it('may be said by name', async () => {
    const { collector, port } = await openStation({ host: 'localhost' });
    expect(collector.url).toBe(`http://localhost:${port}`);
    expect((await post(collector.url, traces(span()))).status).toBe(200);
  });

  it('is told by a sentence where it cannot', async () => {
    const { port } = await openStation();
    await expect(starting({ port })).rejects.toThrow(
      `the collector cannot listen on port ${port} of 127.0.0.1: another program listens there; stop it, or choose another port`,
    );
    const hosts = ['', 'no-such-host.invalid'];
    for (const host of hosts)
      await expect(starting({ host })).rejects.toThrow(/^there is no host ".*" to listen on/);
    // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
    await expect(starting({ host: '192.0.2.1', insecure: true })).rejects.toThrow(
      'this machine does not have that address',
    );
    for (const token of ['', 'a b', 'ü', 'a\nb']) await expect(starting({ token })).rejects.toThrow(Failure);
  });
});

describe('what is loopback', () => {
  it.each(['127.0.0.1', '127.255.0.3', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'])('%s is', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each(['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '::2', '::ffff:10.0.0.1', 'localhost', '', '127.1'])(
    '%s is not',
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );
});

describe('TLS', () => {
  it('takes a certificate of our own making', async () => {
    const { key, cert } = await certificate();
    const { collector, problems, port } = await openStation({
      tls: { key, cert: Buffer.from(cert) },
      token: 't',
    });
    const headers = { authorization: 'Bearer t' };
    expect(collector.url).toMatch(/^https:/);
    expect((await post(collector.url, traces(span()), { headers, ca: cert })).status).toBe(200);
    expect((await post(collector.url, traces(span()), { ca: cert })).status).toBe(401);
    await expect(post(`http://127.0.0.1:${port}`, traces(span()))).rejects.toThrow();
    expect(problems.at(-1)).toMatch(/^a sender did not get through the TLS handshake/);
    expect(collector.stats()).toMatchObject({ requests: 2, accepted: 1 });
  });

  it('wants a key and its certificate', async () => {
    const [one, other] = [await certificate(), await certificate()];
    const pairs = [
      { key: 'x', cert: 'y' },
      { key: one.key, cert: 'y' },
      { key: one.key, cert: other.cert },
    ];
    for (const tls of pairs)
      await expect(starting({ tls })).rejects.toThrow(/^the TLS certificate and key cannot be used: /);
  });
});
