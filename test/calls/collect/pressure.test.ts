import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeOtlp, encodeResponse, encodeStatus } from '../../../src/calls/otlp/decode.ts';
import { Failure } from '../../../src/failure.ts';
import { heard, open, openStation, post, say, span, traces } from './station.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: a message with /a/path`), { code });
}

describe('too many requests', () => {
  it('are asked to come again, and told once until they stop', async () => {
    const { collector, tray, problems, clock } = await openStation({ limits: { pendingRequests: 2 } });
    tray.hold();
    const pending = [1, 2].map(() => post(collector.url, traces(span())));
    await tray.awaits(2);
    for (let time = 0; time < 3; time += 1) {
      const reply = await post(collector.url, traces(span()));
      expect(reply).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
      expect(JSON.parse(reply.text).code).toBe(8);
    }
    tray.letGo();
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([200, 200]);
    const told = 'more records come in than can be written: senders are asked to send them again later';
    expect(problems).toEqual([told]);
    clock.now = new Date('2026-11-21T10:11:22Z');
    expect((await post(collector.url, traces(span()))).status).toBe(200);
    expect(problems).toEqual([told, `recovered after 3 refused requests: ${told}`]);
    expect(collector.stats()).toMatchObject({ requests: 6, accepted: 3, refused: 3 });
  });

  it('are over though the clock was set back since', async () => {
    const { collector, tray, problems, clock } = await openStation({ limits: { pendingRequests: 1 } });
    tray.hold();
    const pending = post(collector.url, traces(span()));
    await tray.awaits(1);
    await post(collector.url, traces(span()));
    tray.letGo();
    await pending;
    clock.now = new Date('2020-01-01T00:00:00Z');
    await post(collector.url, traces(span()));
    expect(problems).toEqual([
      expect.any(String),
      expect.stringMatching(/^recovered after 1 refused request: /),
    ]);
  });

  it('are counted again once all are read', async () => {
    const { collector, tray, port } = await openStation({ limits: { pendingRequests: 1 } });
    const socket = await open(port);
    const told = heard(socket, '"message"');
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    socket.write(`${head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n`);
    await once(socket, 'data');
    tray.hold();
    const pending = post(collector.url, traces(span()));
    await tray.awaits(1);
    socket.write('{}');
    expect(await told).toMatch(/\r\n\r\nHTTP\/1\.1 429 /);
    tray.letGo();
    expect((await pending).status).toBe(200);
  });

  it('are told to come again by 503 where the exporter would drop them', async () => {
    const { collector, tray } = await openStation({ limits: { pendingRequests: 1 } });
    tray.hold();
    const pending = post(collector.url, traces(span()));
    await tray.awaits(1);
    const headers = { 'user-agent': 'OTel-OTLP-Exporter-Python/1.39.0' };
    const reply = await post(collector.url, traces(span()), { headers });
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    tray.letGo();
    expect((await pending).status).toBe(200);
  });

  it('are too many by their bytes, sent or inflated', async () => {
    const { collector, tray, port } = await openStation({ limits: { bodyBytes: 2500, pendingBytes: 0 } });
    const gzip = { 'content-encoding': 'gzip' };
    const body = traces(span()).padEnd(2400);
    // While nothing else is pending any body fits, even one that is as large before it is inflated.
    const stored = gzipSync(body, { level: 0 });
    expect((await post(collector.url, stored, { headers: gzip })).status).toBe(200);
    tray.hold();
    const pending = [post(collector.url, body), post(collector.url, body)];
    await tray.awaits(2);
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
    const unread = await say(port, `${head}Content-Length: 201\r\n\r\n`, '"message"');
    expect(unread).toMatch(/^HTTP\/1\.1 429 /);
    const refused = [
      await post(collector.url, '', { chunks: [body] }),
      await post(collector.url, gzipSync(body), { headers: gzip }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([429, 429]);
    expect(tray.waiting).toBe(2);
    tray.letGo();
    expect((await Promise.all(pending)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(collector.url, body)).status).toBe(200);
    expect(collector.stats()).toMatchObject({ accepted: 1, duplicates: 3, refused: 3 });
  });
});

describe('a store that cannot be written', () => {
  it.each([
    ['ENOSPC', 'no space is left on the device'],
    ['EROFS', 'the file system is read-only'],
  ])('for %s is told to senders and to the user, and once it can be again', async (code, reason) => {
    const { collector, tray, problems, clock } = await openStation();
    tray.error = systemError(code);
    const body = traces(span());
    for (let time = 0; time < 4; time += 1) {
      const reply = await post(collector.url, body);
      expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
      expect(JSON.parse(reply.text)).toEqual({
        code: 14,
        message: `the collector cannot write records, ${reason}: send them again later`,
      });
    }
    const told = `records cannot be written, and senders are asked to send them again later: ${reason}`;
    expect(problems).toEqual([told]);
    tray.error = undefined;
    clock.now = new Date('2026-11-21T10:11:15Z');
    // Nothing was written for this one, so it shows nothing.
    await post(collector.url, '{}');
    expect(problems).toEqual([told]);
    expect((await post(collector.url, body)).status).toBe(200);
    expect(problems).toEqual([told, `recovered after 4 refused requests: ${told}`]);
    expect(collector.stats()).toEqual({
      requests: 6,
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      ignored: 0,
      refused: 4,
    });
    tray.error = systemError(code);
    await post(collector.url, traces(span()));
    expect(problems).toHaveLength(3);
  });

  it('by a Failure is told by its sentence to the user only', async () => {
    const { collector, tray, problems } = await openStation();
    tray.error = new Failure('/srv/calls is locked by process 12: stop it');
    const reply = await post(collector.url, traces(span()));
    expect(reply.status).toBe(503);
    expect(reply.text).not.toContain('/srv');
    expect(problems.join()).toContain('/srv/calls is locked by process 12: stop it');
    await collector.close();
    expect(problems).toHaveLength(2);
    expect(problems[1]).toMatch(/^1 refused request in the end: records cannot be written/);
  });
});

describe('what fails by a defect', () => {
  it('is told to the user, with no word of it to the sender, and the next request is served', async () => {
    let broken = true;
    const { collector, problems } = await openStation({
      otlp: {
        encodeResponse,
        encodeStatus,
        decodeOtlp: (...args) => {
          if (broken) throw new TypeError('x is not a function');
          return decodeOtlp(...args);
        },
      },
    });
    const reply = await post(collector.url, traces(span()));
    expect(reply.status).toBe(500);
    expect(JSON.parse(reply.text)).toEqual({ code: 13, message: 'the collector failed' });
    expect(problems.join()).toContain('TypeError: x is not a function');
    broken = false;
    expect((await post(collector.url, traces(span()))).status).toBe(200);
  });
});
