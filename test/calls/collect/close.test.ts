import { Agent } from 'node:http';
import { describe, expect, it } from 'vitest';
import { collect } from '../../../src/calls/collect/run.ts';
import { heard, open, openStation, post, span, Tray, traces } from './station.ts';

const PATIENT = { graceMs: 60_000 };

describe('closing', () => {
  it('lets what is under way be answered, and takes no new connection', async () => {
    const { collector, tray, port } = await openStation(PATIENT);
    const idle = await open(port);
    const cut = heard(idle);
    tray.hold();
    const agent = new Agent({ keepAlive: true });
    const pending = post(collector.url, traces(span()), { agent });
    await tray.awaits(1);
    const closed = collector.close();
    await expect(open(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    tray.letGo();
    expect((await pending).status).toBe(200);
    await closed;
    expect(await cut).toBe('');
    agent.destroy();
    expect(collector.stats()).toMatchObject({ requests: 1, accepted: 1 });
    await collector.close();
  });

  it('ends connections whose senders go on', async () => {
    const { collector, tray, port } = await openStation(PATIENT);
    const body = traces(span());
    const request = `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const socket = await open(port);
    const said = heard(socket);
    tray.hold();
    socket.write(request);
    await tray.awaits(1);
    const closed = collector.close();
    socket.write(request);
    await tray.awaits(2);
    tray.letGo();
    await closed;
    expect((await said).match(/^connection: .*$/gim)).toEqual([
      'Connection: keep-alive',
      'Connection: close',
    ]);
    expect(collector.stats()).toMatchObject({ requests: 2, accepted: 1, duplicates: 1 });
  });

  it('waits for no sender that left, whose records are kept nevertheless', async () => {
    const { collector, tray, port } = await openStation(PATIENT);
    const body = traces(span());
    const socket = await open(port);
    tray.hold();
    socket.write(
      `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await tray.awaits(1);
    socket.destroy();
    // By when another has come and gone, the server knows.
    for (let time = 0; time < 3; time += 1) await post(collector.url, '{}');
    tray.letGo();
    await collector.close();
    expect(collector.stats()).toMatchObject({ accepted: 1, refused: 0 });
  });

  it('cuts what is not answered when the grace time is over', async () => {
    const { collector, tray } = await openStation({ graceMs: 20 });
    tray.hold();
    const pending = post(collector.url, traces(span())).catch((error) => error);
    await tray.awaits(1);
    await collector.close();
    expect(await pending).toMatchObject({ code: 'ECONNRESET' });
    tray.letGo();
  });
});

describe('collecting', () => {
  it('goes on until the signal fires, and answers what was done', async () => {
    const tray = new Tray();
    const stop = new AbortController();
    let listens = (_url: string): void => {};
    const url = new Promise<string>((resolve) => {
      listens = resolve;
    });
    const options = { port: 0, intake: tray, now: () => new Date() };
    const collected = collect({ ...options, signal: stop.signal, listening: listens });
    expect((await post(await url, traces(span(), span()))).status).toBe(200);
    stop.abort();
    expect(await collected).toEqual({
      url: await url,
      requests: 1,
      accepted: 2,
      duplicates: 0,
      rejected: 0,
      ignored: 0,
      refused: 0,
    });
    await expect(post(await url, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('ends at once where the signal has fired, and stops listening where telling so fails', async () => {
    const options = { port: 0, intake: new Tray(), now: () => new Date() };
    expect(await collect({ ...options, signal: AbortSignal.abort() })).toMatchObject({ requests: 0 });
    let told = '';
    const failing = collect({
      ...options,
      signal: new AbortController().signal,
      listening: (url) => {
        told = url;
        throw new Error('standard error is closed');
      },
    });
    await expect(failing).rejects.toThrow('standard error is closed');
    await expect(post(told, '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
