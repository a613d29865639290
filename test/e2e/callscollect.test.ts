import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { post } from '../calls/collect/station.ts';
import { builtBin } from '../helpers/built.ts';
import { killGroup } from '../helpers/processgroup.ts';
import { sandbox } from '../helpers/sandbox.ts';

const METER = pathToFileURL(resolve(import.meta.dirname, '../bench/peakmemory.js')).href;
const MEBI = 1024 ** 2;

/** A collector as a process of its own, which says in a file how much memory it had at the most. */
async function collector(): Promise<{ url: string; end: () => Promise<number> }> {
  const { dir, env } = await sandbox();
  const peak = join(dir, 'peak');
  const args = [
    '--import',
    METER,
    builtBin(),
    'calls',
    'collect',
    '--port',
    '0',
    '--store',
    join(dir, 'store'),
  ];
  const child: ChildProcess = spawn(process.execPath, args, {
    cwd: dir,
    env: { ...env, PROMPTAUDIT_BENCH_PEAK: peak },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => killGroup(child));
  const url = await new Promise<string>((found) => {
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
      const [, at] = /listening on (\S+),/.exec(said) ?? [];
      if (at !== undefined) found(at);
    });
  });
  const end = async (): Promise<number> => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    return Number(readFileSync(peak, 'utf8'));
  };
  return { url, end };
}

/** An OTLP traces request of so many spans, below 2^21, of which each says nothing: field 1 of field 1, of field 2s (protobuf, "Encoding"). */
function emptySpans(count: number): Buffer {
  const spans = Buffer.alloc(2 * count, Buffer.from([0x12, 0x00]));
  const wrapped = (tag: number, body: Buffer): Buffer =>
    Buffer.concat([Buffer.of(tag), varint(body.length), body]);
  return wrapped(0x0a, wrapped(0x12, spans));
}

function varint(value: number): Buffer {
  return Buffer.of(
    (value & 0x7f) | 0x80,
    ((value >> 7) & 0x7f) | 0x80,
    ((value >> 14) & 0x7f) | 0x80,
    value >> 21,
  );
}

describe('calls collect', () => {
  it('keeps within its memory when many senders send millions of values', async () => {
    const { url, end } = await collector();
    const headers = { 'content-type': 'application/x-protobuf' };
    const body = emptySpans(999_000);
    const replies = await Promise.all(Array.from({ length: 8 }, () => post(url, body, { headers })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await post(url, emptySpans(1_000_000), { headers })).status).toBe(413);
    expect(await end()).toBeLessThan(500 * MEBI);
  });
});
