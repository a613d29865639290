import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Recorder, RecorderOptions } from '../../../src/calls/capture/model.ts';
import { openRecorder, recorderName } from '../../../src/calls/capture/recorder.ts';
import { makeStore } from '../../../src/calls/store/folder.ts';
import { RecordLog } from '../../../src/calls/store/recordlog.ts';
import { openSegments } from '../../../src/calls/store/recover.ts';
import { builtBin } from '../../helpers/built.ts';
import { Disk, mayMount } from '../../helpers/disk.ts';
import { run, sandbox } from '../../helpers/sandbox.ts';
import { filesIn, linesIn, newStore, usersIn } from '../store/room.ts';

async function recorder(
  more: Partial<RecorderOptions> = {},
): Promise<Recorder & { store: string; heard: string[] }> {
  const store = more.store ?? (await newStore());
  const heard: string[] = [];
  const opened = await openRecorder({
    store,
    recorder: 'api',
    every: 1e6,
    onProblem: (text) => heard.push(text),
    ...more,
  });
  return Object.assign(opened, { store, heard });
}

function valuesIn(store: string): Record<string, unknown>[] {
  return linesIn(store)
    .flat()
    .map((line) => JSON.parse(line));
}

it('has on the disk what was recorded before flush, in the order of recording', async () => {
  const { recordCall, recordAccess, flush, store, ...rest } = bound(await recorder());
  recordCall({ 'gen_ai.request.model': 'gpt-5', 'user.id': 'u1' });
  recordCall({ 'user.id': 'u2' });
  recordAccess({
    'promptaudit.access.action': 'show',
    'promptaudit.access.actor': 'eve',
    'promptaudit.access.outcome': 'denied',
  });
  await flush();
  expect(valuesIn(store)).toMatchObject([
    { kind: 'access', 'promptaudit.access.outcome': 'denied' },
    { kind: 'call', 'user.id': 'u1', 'gen_ai.request.model': 'gpt-5' },
    { kind: 'call', 'user.id': 'u2' },
  ]);
  expect(rest.stats()).toEqual({ recorded: 3, rejected: 0, duplicates: 0, lost: 0 });
  await rest.close();
});

/** As an application takes it apart: methods stand alone. */
function bound<T extends Recorder>(one: T): T {
  return { ...one, flush: () => one.flush(), close: () => one.close(), stats: () => one.stats() };
}

describe('bad input', () => {
  it('is told once a second, also where the clock was set back', async () => {
    const one = await recorder();
    const clock = vi.spyOn(Date, 'now');
    try {
      for (const now of [4e12, 4e12 + 999, 1.7e12, 1.7e12 - 999, 1.7e12 + 1000]) {
        clock.mockReturnValue(now);
        one.recordCall({ 'user.id': '' });
      }
    } finally {
      clock.mockRestore();
    }
    expect(one.heard).toHaveLength(3);
    await one.close();
  });

  it('never reaches the application, and is told and counted', async () => {
    const one = await recorder();
    const unspeakable = Object.create(null);
    const thrower = (what: unknown): unknown => ({
      get 'user.id'() {
        throw what;
      },
    });
    const cycle: Record<string, unknown> = {};
    cycle['user.id'] = cycle;
    const bad = [
      undefined,
      null,
      1,
      'a',
      [],
      () => {},
      Symbol('a'),
      10n,
      { nothing: 1 },
      { 'user.id': '' },
      { 'user.id': 10n },
      { 'user.id': Symbol('a') },
      { kind: 'access' },
      cycle,
      thrower(new Error('no')),
      thrower(unspeakable),
      thrower(Symbol('a')),
      thrower(undefined),
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw unspeakable;
          },
        },
      ),
      JSON.parse('{"__proto__": {"user.id": "u"}}'),
    ];
    for (const value of bad) {
      expect(() => one.recordCall(value as never)).not.toThrow();
      expect(() => one.recordAccess(value as never)).not.toThrow();
    }
    expect(one.heard).toEqual(['a record was not kept: it is no object']);
    expect(one.stats()).toMatchObject({ recorded: 0, rejected: 2 * bad.length });
    await one.close();
    expect(valuesIn(one.store)).toMatchObject([
      {
        'promptaudit.access.action': 'record',
        'promptaudit.access.actor': 'recorder:api',
        'promptaudit.access.outcome': 'failed',
        'promptaudit.access.rows': 2 * bad.length,
        'error.type': 'invalid_record',
      },
    ]);
  });

  it('does not stop the record of a call because of what was said in it', async () => {
    const one = await recorder();
    const said: unknown[] = [];
    said.push(said, 10n);
    one.recordCall({ 'user.id': 'u', 'gen_ai.input.messages': said });
    await one.close();
    expect(usersIn(one.store)).toEqual([['u']]);
  });

  it('harms nobody where even the listener throws', async () => {
    const one = await recorder({
      onProblem: () => {
        throw new Error('listener');
      },
    });
    expect(() => one.recordCall({ 'user.id': '' })).not.toThrow();
    await one.close();
  });
});

describe('defaults', () => {
  it('are in every record that says nothing else, as far as they fit it', async () => {
    const one = await recorder({ defaults: { 'service.name': 'intake', 'gen_ai.provider.name': 'openai' } });
    one.recordCall({ 'service.name': undefined, 'gen_ai.provider.name': 'mine' });
    one.recordAccess({
      'promptaudit.access.action': 'a',
      'promptaudit.access.actor': 'b',
      'promptaudit.access.outcome': 'allowed',
    });
    await one.close();
    const [access, call] = valuesIn(one.store);
    expect(call).toMatchObject({ 'service.name': 'intake', 'gen_ai.provider.name': 'mine' });
    expect(access).toMatchObject({ 'service.name': 'intake' });
    expect(access).not.toHaveProperty(['gen_ai.provider.name']);
  });

  it('that fit no record are refused at once', async () => {
    const store = await newStore();
    await expect(openRecorder({ store, defaults: { 'user.id': '' } })).rejects.toThrow(
      /^the defaults of a recorder fit no record: user.id is not/,
    );
  });
});

it('keeps an id that comes again once, and counts it', async () => {
  const one = await recorder();
  const id = '0193a1b2-c3d4-7000-8000-000000000001';
  for (const user of ['a', 'b']) one.recordCall({ id, 'user.id': user });
  await one.flush();
  one.recordCall({ id: id.toUpperCase(), 'user.id': 'c' });
  await one.close();
  expect(usersIn(one.store)).toEqual([['a']]);
  expect(one.stats()).toMatchObject({ duplicates: 2 });
});

it('waits in flush for the disk also where everything was handed to the system before', async () => {
  const one = await recorder();
  const sync = vi.spyOn(RecordLog.prototype, 'sync');
  onTestFinished(() => sync.mockRestore());
  // A megabyte is handed over by the call that fills it.
  const long = { 'gen_ai.request.stop_sequences': Array(15).fill('x'.repeat(4096)) };
  while (linesIn(one.store).length === 0) one.recordCall(long);
  expect(sync).not.toHaveBeenCalled();
  await one.flush();
  expect(sync).toHaveBeenCalled();
  await one.close();
});

it('writes by itself', async () => {
  const one = await recorder({ every: 5 });
  one.recordCall({ 'user.id': 'u' });
  await expect.poll(() => usersIn(one.store)).toEqual([['u']]);
  await one.close();
});

it('is not held up by what goes on while it flushes', async () => {
  const one = await recorder();
  one.recordCall({ 'user.id': 'before' });
  const flushed = one.flush();
  setImmediate(() => one.recordCall({ 'user.id': 'meanwhile' }));
  await Promise.all([flushed, new Promise(setImmediate)]);
  await one.close();
  expect(usersIn(one.store)).toEqual([['before', 'meanwhile']]);
});

describe('close', () => {
  it('can be called again, and what comes later is lost and said to be', async () => {
    const one = await recorder();
    one.recordCall({ 'user.id': 'u' });
    const closing = one.close();
    expect(one.close()).toBe(closing);
    await closing;
    await one.close();
    one.recordCall({ 'user.id': 'late' });
    expect(one.heard).toEqual(['a record is lost: the recorder is closed']);
    expect(one.stats()).toMatchObject({ recorded: 1, lost: 1 });
    expect(usersIn(one.store)).toEqual([['u']]);
    expect(filesIn(one.store, '.lock')).toEqual([]);
  });

  it('leaves no listener behind, and many recorders share theirs', async () => {
    const before = ['beforeExit', 'exit'].map((name) => process.listenerCount(name));
    const store = await newStore();
    const many = await Promise.all(
      Array.from({ length: 20 }, () => openRecorder({ store, recorder: 'api' })),
    );
    expect(['beforeExit', 'exit'].map((name) => process.listenerCount(name))).toEqual(
      before.map((count) => count + 1),
    );
    for (const [at, one] of many.entries()) one.recordCall({ 'user.id': String(at) });
    await Promise.all(many.map((one) => one.close()));
    expect(['beforeExit', 'exit'].map((name) => process.listenerCount(name))).toEqual(before);
    expect(usersIn(store).flat()).toHaveLength(20);
  });
});

describe('a store that vanished', () => {
  it('makes flush fail in words, and loses nothing that waits once it is back', async () => {
    const one = await recorder();
    rmSync(one.store, { recursive: true });
    one.recordCall({ 'user.id': 'u' });
    await expect(one.flush()).rejects.toThrow(
      `the store of calls cannot be written at ${one.store}: there is no such file or folder`,
    );
    expect(one.heard).toEqual([expect.stringMatching(/^records cannot be written: ENOENT/)]);
    await makeStore(one.store);
    await one.close();
    expect(usersIn(one.store)).toEqual([['u']]);
  });

  it('costs the application nothing but the records beyond the limit, which the record tells later', async () => {
    const one = await recorder();
    rmSync(one.store, { recursive: true });
    const long = { 'gen_ai.request.stop_sequences': Array(15).fill('x'.repeat(4096)) };
    const before = process.memoryUsage().rss;
    for (let at = 0; at < 3000; at += 1) one.recordCall(long);
    expect(process.memoryUsage().rss - before).toBeLessThan(250 << 20);
    const { recorded, lost } = one.stats();
    expect(recorded + lost).toBe(3000);
    expect(recorded).toBeGreaterThan(1000);
    expect(lost).toBeGreaterThan(1000);
    await makeStore(one.store);
    await expect(one.flush()).rejects.toThrow(
      `${lost} records are lost: they could not be written to ${one.store}`,
    );
    await one.close();
    const [access] = valuesIn(one.store);
    expect(access).toMatchObject({ 'error.type': 'queue_full', 'promptaudit.access.rows': lost });
    expect(linesIn(one.store)[1]).toHaveLength(recorded);
  });

  it('at the end is told by close', async () => {
    const one = await recorder();
    one.recordCall({ 'user.id': 'u' });
    rmSync(one.store, { recursive: true });
    await expect(one.close()).rejects.toThrow(/^the store of calls cannot be written at /);
  });
});

it.runIf(mayMount())('tells what was lost only once it is told on the disk', async () => {
  const disk = await Disk.mount(await sandbox(), 'disk');
  const one = await recorder({ store: join(disk.folder, 'calls') });
  one.recordCall({ 'user.id': 'before' });
  await one.flush();
  await disk.fill(0);
  one.recordCall({ 'user.id': '' });
  for (let at = 0; at < 20; at += 1) one.recordCall({ 'user.id': 'x'.repeat(4000) });
  for (let round = 0; round < 3; round += 1)
    await expect(one.flush()).rejects.toThrow(/calls: no space is left on the device$/);
  await disk.empty();
  await one.close();
  const values = valuesIn(one.store);
  expect(values.filter((value) => value.kind === 'call')).toHaveLength(21);
  expect(values.filter((value) => value.kind === 'access')).toMatchObject([
    { 'error.type': 'invalid_record', 'promptaudit.access.rows': 1 },
  ]);
});

describe('a process that ends without close', () => {
  const library = (): string => join(dirname(builtBin()), '../dist/calls/capture/recorder.js');

  async function program(
    store: string,
    body: string,
    options = '',
  ): Promise<{ code: number; stderr: string }> {
    const script = `const { openRecorder } = await import(process.argv[1]);
      const recorder = await openRecorder({ store: process.argv[2], recorder: 'api', every: 60000, ${options} });
      ${body}`;
    return run(process.execPath, ['--input-type=module', '-e', script, library(), store]);
  }

  it.each([
    ['because nothing is left to do', `recorder.recordCall({ 'user.id': 'u' });`],
    ['by process.exit', `recorder.recordCall({ 'user.id': 'u' }); process.exit(0);`],
    [
      'after another listener recorded',
      `process.once('beforeExit', () => recorder.recordCall({ 'user.id': 'u' }));`,
    ],
    [
      'with many recorders',
      `for (let at = 0; at < 20; at += 1) await openRecorder({ store: process.argv[2], recorder: 'b' + at }); recorder.recordCall({ 'user.id': 'u' });`,
    ],
  ])('%s keeps what it recorded, and leaves no lock', async (_, body) => {
    const store = await newStore();
    expect(await program(store, body)).toMatchObject({ code: 0, stderr: '' });
    expect(usersIn(store)).toEqual([['u']]);
    expect(filesIn(store, '.lock')).toEqual([]);
  });

  it.each([
    ['at once', ''],
    ['while it is being kept', `recorder.flush().catch(() => {}); await new Promise(setImmediate);`],
    ['once it is kept', `await recorder.flush();`],
  ])('%s keeps the records of calls in which something was said', async (when, before) => {
    const store = await newStore();
    const said = `'gen_ai.input.messages': 'x'`;
    const { code, stderr } = await program(
      store,
      `for (const user of ['a', 'b']) recorder.recordCall({ 'user.id': user, ${said} });
      recorder.recordCall({ 'user.id': 'c' });
      ${before}
      process.exit(0);`,
      `content: {}, onProblem: console.error`,
    );
    expect(code).toBe(0);
    expect(usersIn(store).flat().sort()).toEqual(['a', 'b', 'c']);
    expect(stderr).toMatch(
      when === 'once it is kept' ? /^$/ : /ends before what was said in 2 calls is kept/,
    );
    expect(filesIn(store, '.lock')).toEqual([]);
  });

  it('ends although it cannot write', async () => {
    const store = await newStore();
    const body = `(await import('node:fs')).rmSync(process.argv[2], { recursive: true }); recorder.recordCall({ 'user.id': 'u' });`;
    expect(await program(store, body)).toMatchObject({ code: 0, stderr: '' });
  });

  it('by an error keeps what it recorded', async () => {
    const store = await newStore();
    const { code, stderr } = await program(
      store,
      `recorder.recordCall({ 'user.id': 'u' }); throw new Error('mine');`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/mine/);
    expect(usersIn(store)).toEqual([['u']]);
  });
});

it('of a thread that is terminated leaves a segment that is nobody’s, though the process lives', async () => {
  const store = await newStore();
  const library = join(dirname(builtBin()), '../dist/calls/capture/recorder.js');
  const script = `const { parentPort, workerData: { library, store } } = require('node:worker_threads');
    import(library).then(async ({ openRecorder }) => {
      const recorder = await openRecorder({ store, recorder: 'api' });
      recorder.recordCall({ 'user.id': 'u' });
      await recorder.flush();
      // By itself it would end in order, and close what it wrote.
      setInterval(() => {}, 60_000);
      parentPort.postMessage('recorded');
      for (;;);
    });`;
  const worker = new Worker(script, { eval: true, workerData: { library, store } });
  await once(worker, 'message');
  await worker.terminate();
  const later = new Date(Date.now() + 11 * 60_000);
  expect((await openSegments(store, later)).waiting).toHaveLength(1);
  expect(usersIn(store)).toEqual([['u']]);
});

describe('recorderName', () => {
  it.each(['a', 'intake-api', 'a'.repeat(40), '0'])('takes %s', (name) => {
    expect(recorderName(name)).toBe(name);
  });

  it.each(['', 'A', '-a', 'a-', 'a'.repeat(41), 'a b', '../x', 'a\n', 'ü'])('refuses %j', (name) => {
    expect(() => recorderName(name)).toThrow('is no name for a recorder');
  });

  it('is the machine’s where none is given', () => {
    expect(recorderName(undefined)).toMatch(/^[a-z0-9-]+$/);
  });
});
