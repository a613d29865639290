import { once } from 'node:events';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { peakBytes } from '../../bench/peakmemory.js';
import { heard, open, openStation, post, type Reply, refusals, say, span, traces } from './station.ts';

const MEBI = 1024 ** 2;

/** The code and the message of a google.rpc.Status in protobuf: fields 1 (varint) and 2 (length-delimited). */
function statusIn({ body }: Reply): { code: number; message: string } {
  expect([body[0], body[2], body[3]]).toEqual([0x08, 0x12, body.length - 4]);
  return { code: body[1] ?? 0, message: body.subarray(4).toString() };
}

describe('a request that is not taken', () => {
  it.each([
    ['/v1/metrics', 'metrics are not collected: this collector takes /v1/traces and /v1/logs'],
    ['/v1/traces/', 'this collector takes /v1/traces and /v1/logs'],
    ['/constructor', 'this collector takes /v1/traces and /v1/logs'],
    ['/', 'this collector takes /v1/traces and /v1/logs'],
  ])('is for %s: 404', async (path, message) => {
    const { collector, tray } = await openStation();
    const reply = await post(collector.url, traces(span()), { path });
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.text)).toEqual({ code: 5, message });
    expect(tray.kept).toEqual([]);
    expect(collector.stats()).toMatchObject({ requests: 1, refused: 1 });
  });

  it.each(['GET', 'PUT', 'OPTIONS', 'DELETE'])('comes by %s: 405', async (method) => {
    const { collector } = await openStation();
    const reply = await post(collector.url, traces(span()), { method });
    expect(reply).toMatchObject({ status: 405, headers: { allow: 'POST' } });
  });

  it.each(['text/plain', 'application/jsonp', '', 'application/json; charset=utf-16', 'constructor'])(
    'has the content type "%s": 415',
    async (type) => {
      const { collector } = await openStation();
      const reply = await post(collector.url, traces(span()), { headers: { 'content-type': type } });
      expect(reply.status).toBe(415);
      expect(JSON.parse(reply.text).code).toBe(3);
    },
  );

  it.each(['br', 'gzip, gzip', 'constructor'])('has the content encoding %s: 415', async (coding) => {
    const { collector } = await openStation();
    const reply = await post(collector.url, traces(span()), { headers: { 'content-encoding': coding } });
    expect(reply).toMatchObject({ status: 415, headers: { 'accept-encoding': 'gzip, deflate' } });
  });

  it('cannot be decoded: 400, with a status in its own encoding', async () => {
    const { collector, problems } = await openStation();
    const json = await post(collector.url, '{"resourceSpans":[');
    expect(json.status).toBe(400);
    expect(json.headers['content-type']).toBe('application/json');
    expect(JSON.parse(json.text)).toMatchObject({ code: 3 });
    const headers = { 'content-type': 'application/x-protobuf' };
    const protobuf = await post(collector.url, Buffer.of(0xff, 0xff), { headers });
    expect(protobuf.status).toBe(400);
    expect(protobuf.headers['content-type']).toBe('application/x-protobuf');
    expect(statusIn(protobuf).code).toBe(3);
    expect(problems).toHaveLength(1);
  });

  it.each([
    ['gzip', 'cut', gzipSync('{}'.padEnd(5000)).subarray(0, -3)],
    ['gzip', 'altered', gzipSync('{}').fill(0x55, 10, 14)],
    ['gzip', 'none', Buffer.from('{}')],
    ['gzip', 'empty', Buffer.alloc(0)],
    ['deflate', 'cut', deflateSync('{}'.padEnd(5000)).subarray(0, -3)],
  ])('is a %s that is %s: 400', async (coding, _what, body) => {
    const { collector } = await openStation();
    const reply = await post(collector.url, body, { headers: { 'content-encoding': coding } });
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.text).message).toBe(`the body cannot be inflated: it is no whole ${coding}`);
  });

  it('is malformed HTTP: 400, and the next one is served', async () => {
    const { collector, port, tray } = await openStation();
    expect(
      await say(port, 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n'),
    ).toMatch(/^HTTP\/1\.1 400 /);
    expect(await say(port, '\x16\x03\x01\x02\x00')).toMatch(/^HTTP\/1\.1 400 /);
    const smuggled =
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n';
    expect(await say(port, smuggled)).toMatch(/^HTTP\/1\.1 400 /);
    expect(tray.kept).toEqual([]);
    expect((await post(collector.url, traces(span()))).status).toBe(200);
  });
});

describe('a body that is too large', () => {
  it('is refused by its length, unread: 413', async () => {
    const { port } = await openStation();
    const head = `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${20 * MEBI + 1}\r\n\r\n`;
    expect(await say(port, head, '"message"')).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is refused before it is sent where the sender waits to be told to go on', async () => {
    const { port } = await openStation({ limits: { bodyBytes: 100 } });
    const head = (length: number): string =>
      `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    expect(await say(port, head(101))).toMatch(/^HTTP\/1\.1 413 .*connection: close/is);
    const socket = await open(port);
    const told = heard(socket, '{}');
    socket.write(head(2));
    await once(socket, 'readable');
    socket.write('{}');
    expect(await told).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  it('is refused by what comes of it in chunks, and cut where it never ends', async () => {
    const station = await openStation({ limits: { bodyBytes: 1000 } });
    const socket = await open(station.port);
    const told = heard(socket);
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const chunk = `190\r\n${'['.repeat(0x190)}\r\n`;
    socket.write(chunk.repeat(3));
    await refusals(station.collector, 1);
    const more = setInterval(() => socket.write(chunk), 1);
    expect(await told).toMatch(/^HTTP\/1\.1 413 /);
    clearInterval(more);
    expect(station.tray.kept).toEqual([]);
  });

  it('is refused before it is decoded where it would be far larger then', async () => {
    const { collector } = await openStation();
    const objects = (count: number): string => `{"resourceSpans":[],"other":[{}${',{}'.repeat(count - 1)}]}`;
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    const reply = await post(collector.url, gzipSync(objects(500_000), { level: 1 }), gzip);
    expect(reply.status).toBe(413);
    expect(JSON.parse(reply.text).message).toBe(
      'the body has more than 1000000 values: send fewer records at once',
    );
    // What is said in texts does not count, and escapes do not end them.
    const text = `{"other":"${'\\\\\\",{}[],'.repeat(200_000)}"}`;
    expect((await post(collector.url, gzipSync(text, { level: 1 }), gzip)).status).toBe(200);
  });

  it('is refused while it is inflated: a bomb', async () => {
    const station = await openStation({ limits: { bodyBytes: 20 * MEBI } });
    // RFC 1952, section 2.2: a file may have many members.
    const member = gzipSync(Buffer.alloc(MEBI, ' '));
    const bomb = Buffer.concat(Array.from({ length: 400 }, () => member));
    expect(bomb.length).toBeLessThan(MEBI);
    const before = peakBytes();
    const reply = await post(station.collector.url, bomb, { headers: { 'content-encoding': 'gzip' } });
    expect(peakBytes() - before).toBeLessThan(120 * MEBI);
    expect(reply.status).toBe(413);
    expect(JSON.parse(reply.text).message).toBe(
      'the body is larger than 20971520 bytes: send fewer records at once',
    );
    const fits = gzipSync(Buffer.from(traces(span()).padEnd(20 * MEBI)));
    expect(
      (await post(station.collector.url, fits, { headers: { 'content-encoding': 'gzip' } })).status,
    ).toBe(200);
  });
});

describe('a sender', () => {
  it.each([
    [undefined, 'Bearer realm="promptaudit"'],
    ['Basic c2VjcmV0', 'Bearer realm="promptaudit"'],
    ['Bearer', 'Bearer realm="promptaudit"'],
    ['Bearer secre', 'Bearer realm="promptaudit", error="invalid_token"'],
    ['Bearer secret2', 'Bearer realm="promptaudit", error="invalid_token"'],
  ])('with the authorization %s is none that has the token: 401', async (authorization, challenge) => {
    const { collector, tray, problems } = await openStation({ token: 'secret' });
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    for (let time = 0; time < 2; time += 1) {
      const reply = await post(collector.url, traces(span()), { headers });
      expect(reply).toMatchObject({ status: 401, headers: { 'www-authenticate': challenge } });
      expect(JSON.parse(reply.text).code).toBe(16);
    }
    expect(tray.kept).toEqual([]);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('secre');
  });

  it('with the token is served, from wherever', async () => {
    const { collector } = await openStation({ token: 'secret+/==' });
    for (const scheme of ['Bearer', 'bearer']) {
      const headers = {
        authorization: `${scheme} secret+/==`,
        host: 'collector.example',
        origin: 'http://x',
      };
      expect((await post(collector.url, traces(span()), { headers })).status).toBe(200);
    }
  });

  it.each([
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { host: 'evil.example:4318' },
    { host: '127.0.0.1.evil.example' },
    { host: '[::2]:4318' },
    { host: '10.0.0.1' },
  ])('that is a page in a browser is refused where there is no token: %j', async (headers) => {
    const { collector, tray } = await openStation();
    const reply = await post(collector.url, traces(span()), { headers });
    expect(reply.status).toBe(403);
    expect(JSON.parse(reply.text).code).toBe(7);
    expect(tray.kept).toEqual([]);
  });

  it.each(['localhost:4318', 'LOCALHOST', '127.0.0.1', '127.9.9.9:1', '[::1]:4318'])(
    'may call a collector without a token %s',
    async (host) => {
      const { collector } = await openStation();
      expect((await post(collector.url, traces(span()), { headers: { host } })).status).toBe(200);
    },
  );

  it('that leaves midway leaves nothing', async () => {
    const station = await openStation({ limits: { pendingBytes: 2000, bodyBytes: 2000 } });
    const body = traces(span());
    for (let time = 0; time < 3; time += 1) {
      const socket = await open(station.port);
      socket.write(
        `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length + 1000}\r\n\r\n${body}${' '.repeat(900)}`,
      );
      // The last bytes have come when the server has nothing to read.
      await new Promise((resolve) => setTimeout(resolve, 10));
      socket.destroy();
      await refusals(station.collector, time + 1);
    }
    expect(station.tray.kept).toEqual([]);
    // What it had taken of the room is free again.
    expect((await post(station.collector.url, body.padEnd(2000))).status).toBe(200);
    expect(station.collector.stats()).toMatchObject({ requests: 4, accepted: 1, refused: 3 });
  });

  it('that is too slow is told so: 408', async () => {
    const station = await openStation({ limits: { requestMs: 100 } });
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n';
    const slow = [head, `${head}Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{`];
    for (const text of slow) expect(await say(station.port, text)).toMatch(/^HTTP\/1\.1 408 /);
    expect(station.collector.stats()).toMatchObject({ requests: 1, refused: 1 });
  });
});
