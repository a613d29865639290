import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { lockPath, openPath } from '../../../src/calls/store/names.ts';
import { openSegments, recover } from '../../../src/calls/store/recover.ts';
import { builtBin } from '../../helpers/built.ts';
import { filesIn, linesIn, NOW, newSegment, newStore, openLog, records, usersIn } from './room.ts';

const DEAD = JSON.stringify({ host: hostname(), pid: spawnSync('true').pid, began: null });

it.each<[string, string | Buffer, string, number]>([
  ['nothing torn', '{"a":1}\n', '{"a":1}\n', 0],
  ['a torn line', '{"a":1}\n{"b', '{"a":1}\n', 3],
  [
    'a line torn within a character',
    Buffer.concat([Buffer.from('{"ü":1}\n{"'), Buffer.from('😂').subarray(0, 2)]),
    '{"ü":1}\n',
    4,
  ],
  [
    'a torn line that is longer than what is read at once',
    `{"a":1}\n${'x'.repeat(150_000)}`,
    '{"a":1}\n',
    150_000,
  ],
  [
    'a line feed at the edge of what is read at once',
    `${'y'.repeat(99)}\n${'x'.repeat(65_536)}`,
    `${'y'.repeat(99)}\n`,
    65_536,
  ],
])('cuts off %s, and says so', async (_, before, after, tornBytes) => {
  const store = await newStore();
  const segment = newSegment();
  writeFileSync(openPath(store, segment), before);
  writeFileSync(lockPath(store, segment), DEAD);
  expect(await recover(store, NOW)).toEqual([{ segment, tornBytes, empty: false, texts: 0 }]);
  expect(readFileSync(openPath(store, segment), 'utf8')).toBe(after);
  expect(filesIn(store, '')).toEqual([`${segment}.jsonl`]);
  expect(await recover(store, NOW)).toEqual([]);
});

it('takes away a segment without a whole record', async () => {
  const store = await newStore();
  const [torn, empty] = [newSegment(), newSegment()];
  writeFileSync(openPath(store, torn), '{"a":');
  writeFileSync(openPath(store, empty), '');
  const found = await recover(store, NOW);
  expect(found).toHaveLength(2);
  expect(found).toContainEqual({ segment: torn, tornBytes: 5, empty: true, texts: 0 });
  expect(found).toContainEqual({ segment: empty, tornBytes: 0, empty: true, texts: 0 });
  expect(filesIn(store, '')).toEqual([]);
});

it('touches nothing that somebody writes, of this machine or another', async () => {
  const store = await newStore();
  const log = openLog(store);
  log.append(records(['a']));
  const elsewhere = newSegment();
  writeFileSync(openPath(store, elsewhere), '{"a":1}\n{"to');
  writeFileSync(lockPath(store, elsewhere), JSON.stringify({ host: 'elsewhere', pid: 1, began: null }));
  expect(await recover(store, new Date())).toEqual([]);
  const { written, waiting } = await openSegments(store, new Date());
  expect(written).toHaveLength(2);
  expect(waiting).toEqual([]);
  expect(readFileSync(openPath(store, elsewhere), 'utf8')).toBe('{"a":1}\n{"to');
  await log.close();
});

it('passes over links, folders, pipes and names that are no segment’s', async () => {
  const store = await newStore();
  const outside = join(store, '..', 'outside');
  writeFileSync(outside, 'precious without a line feed');
  const [link, folder, pipe] = [newSegment(), newSegment(), newSegment()];
  symlinkSync(outside, openPath(store, link));
  mkdirSync(openPath(store, folder));
  execFileSync('mkfifo', [openPath(store, pipe)]);
  for (const name of [
    'a b.jsonl',
    '..jsonl',
    '.jsonl',
    '-.jsonl',
    'x\n.jsonl',
    `${newSegment()}.jsonl.bak`,
    'ü.jsonl',
    '$(true).jsonl',
  ])
    writeFileSync(join(store, 'open', name), 'odd');
  const before = filesIn(store, '');
  expect(await recover(store, NOW)).toEqual([]);
  expect(await openSegments(store, NOW)).toEqual({ written: [], waiting: [] });
  expect(filesIn(store, '')).toEqual(before);
  expect(readFileSync(outside, 'utf8')).toBe('precious without a line feed');
});

it('does nothing where there is no store', async () => {
  expect(await recover(join(await newStore(), 'none'), NOW)).toEqual([]);
});

/** Records in a loop and says on standard output what is on the disk. */
const WRITER = `
const { openRecorder } = await import(process.argv[1]);
const recorder = await openRecorder({ store: process.argv[2], recorder: 'api', every: 5 });
for (let at = 0; ; at += 1) {
  recorder.recordCall({ 'user.id': process.argv[3] + ' ' + at + ' ü😂', 'gen_ai.request.stop_sequences': ['x'.repeat(1 + (at % 3000))] });
  if (at % 7 === 0) recorder.recordAccess({ 'promptaudit.access.action': 'a', 'promptaudit.access.actor': 'b', 'promptaudit.access.outcome': 'allowed' });
  if (at % 50 === 49) { await recorder.flush(); process.stdout.write(at + '\\n'); }
}`;

function killedAfter(store: string, who: string, acknowledged: number): Promise<number> {
  const recorder = join(dirname(builtBin()), '../dist/calls/capture/recorder.js');
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, recorder, store, who], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    if (text.split('\n').length > acknowledged) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.on('close', () => resolve(Number(text.split('\n').at(-2)))));
}

it('finds every record again that was acknowledged before its writer was killed, whole and once', async () => {
  const store = await newStore();
  for (const [round, acknowledged] of [1, 3, 10].entries()) {
    const [one, other] = [`one${round}`, `other${round}`];
    const last = await Promise.all([
      killedAfter(store, one, acknowledged),
      killedAfter(store, other, acknowledged),
    ]);
    const recovered = await recover(store, new Date());
    expect(recovered.length).toBeGreaterThanOrEqual(2);
    expect(filesIn(store, '.lock')).toEqual([]);
    const users = usersIn(store).flat();
    for (const [at, who] of [one, other].entries()) {
      const theirs = users.filter((user) => user?.startsWith(`${who} `));
      expect(theirs.length).toBeGreaterThan(last[at] ?? Number.NaN);
      expect(theirs).toEqual(theirs.map((_, index) => `${who} ${index} ü😂`));
    }
  }
  const ids = linesIn(store)
    .flat()
    .map((line) => JSON.parse(line).id);
  expect(new Set(ids).size).toBe(ids.length);
});
