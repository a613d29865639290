import { Agent } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openStation, otherSpan, post, span, traces } from './station.ts';

describe('a request that is taken', () => {
  it('is answered with 200, in its own content type, and its records are kept', async () => {
    const { collector, tray } = await openStation();
    const reply = await post(collector.url, traces(span({ 'user.id': 'u77' }), otherSpan()));
    expect(reply).toMatchObject({ status: 200, text: '{}' });
    expect(reply.headers['content-type']).toBe('application/json');
    expect(tray.kept.map(({ fields }) => fields['user.id'])).toEqual(['u77']);
    expect(collector.stats()).toEqual({
      requests: 1,
      accepted: 1,
      duplicates: 0,
      rejected: 0,
      ignored: 1,
      refused: 0,
    });
  });

  it('may be empty, in protobuf', async () => {
    const { collector } = await openStation();
    for (const path of ['/v1/traces', '/v1/logs?x=1']) {
      const headers = { 'content-type': 'application/x-protobuf' };
      const reply = await post(collector.url, '', { path, headers });
      expect(reply).toMatchObject({ status: 200, text: '' });
      expect(reply.headers['content-type']).toBe('application/x-protobuf');
    }
  });

  it.each([
    ['application/json; charset=utf-8'],
    ['Application/JSON;charset="UTF-8"'],
    ['application/json ; odata=verbose'],
  ])('may have the content type %s', async (type) => {
    const { collector } = await openStation();
    const reply = await post(collector.url, traces(span()), { headers: { 'content-type': type } });
    expect(reply.status).toBe(200);
    expect(collector.stats().accepted).toBe(1);
  });

  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['deflate', deflateSync],
    ['identity', Buffer.from],
  ])('may be sent as %s, with its length or in chunks', async (coding, compress) => {
    const { collector, tray } = await openStation();
    // Some hundred kilobytes, so that it inflates to several chunks.
    const many = Array.from({ length: 800 }, () => span({ 'user.id': 'ü'.repeat(50) }));
    const body = compress(Buffer.from(traces(...many)));
    const headers = { 'content-encoding': coding };
    const half = Math.floor(body.length / 2);
    const chunks = [body.subarray(0, half), body.subarray(half)];
    expect((await post(collector.url, body, { headers })).status).toBe(200);
    expect(collector.stats()).toMatchObject({ accepted: 800, duplicates: 0 });
    expect((await post(collector.url, '', { headers, chunks })).status).toBe(200);
    expect(collector.stats()).toMatchObject({ accepted: 800, duplicates: 800 });
    expect(new Set(tray.kept.map(({ fields }) => fields['user.id']))).toEqual(new Set(['ü'.repeat(50)]));
  });

  it('may follow another on the same connection', async () => {
    const { collector } = await openStation();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 3; count += 1) await post(collector.url, traces(span()), { agent });
    const refused = await post(collector.url, '[', { agent });
    await post(collector.url, traces(span()), { agent });
    expect(refused.status).toBe(400);
    expect(collector.stats()).toMatchObject({ requests: 5, accepted: 4, refused: 1 });
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    // Longer than the minute that exporters may wait between two requests.
    expect(refused.headers).toMatchObject({ connection: 'keep-alive', 'keep-alive': 'timeout=75' });
    agent.destroy();
  });

  it('is answered only when its records are on disk, and waits for no other request', async () => {
    const { collector, tray } = await openStation();
    tray.hold();
    const answered: number[] = [];
    const replies = [1, 2, 3].map(async (number) => {
      await post(collector.url, traces(span()));
      answered.push(number);
    });
    await tray.awaits(3);
    // A whole round trip to the same server shows that an answer would have come.
    await post(collector.url, traces(otherSpan()));
    expect(answered).toEqual([]);
    expect(collector.stats().accepted).toBe(0);
    tray.letGo();
    await Promise.all(replies);
    expect(answered.toSorted()).toEqual([1, 2, 3]);
    expect(collector.stats().accepted).toBe(3);
  });

  it('is told what of it was not kept, and why', async () => {
    const { collector, tray, problems } = await openStation();
    const nobody = { 'user.id': 'nobody' };
    const body = traces(span(), span(nobody), span({}, '0000000000000000'), span(nobody));
    const reply = await post(collector.url, body);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.text)).toEqual({
      partialSuccess: {
        rejectedSpans: '3',
        errorMessage: expect.stringMatching(
          /^3 spans were not kept: a span .* unreadable span id; user\.id is nobody \(2 times\)$/,
        ),
      },
    });
    expect(tray.kept).toHaveLength(1);
    expect(collector.stats()).toMatchObject({ accepted: 1, rejected: 3, refused: 0 });
    expect(problems).toEqual(['not all traces that are sent make records; senders are told why']);
  });

  it('may be a health check, which says nothing and needs no token', async () => {
    const { collector } = await openStation({ token: 'secret' });
    const get = await post(collector.url, '', { path: '/healthz', method: 'GET' });
    expect(get).toMatchObject({ status: 200, text: 'ok\n' });
    expect(await post(collector.url, '', { path: '/healthz', method: 'HEAD' })).toMatchObject({
      status: 200,
      text: '',
    });
    const put = await post(collector.url, '', { path: '/healthz', method: 'PUT' });
    expect(put).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(collector.stats().requests).toBe(0);
  });
});
