import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  act,
  callsOf,
  digestOf,
  erasureOf,
  holdOf,
  purgeOf,
  seal,
  sealingOf,
  segmentOf,
} from '../helpers/callsevents.ts';
import { chainOf, inClone, onServer } from '../helpers/clones.ts';
import { LEDGER } from '../helpers/forge.ts';
import { copyOf, foundOffice, type Office } from '../helpers/office.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { sync, syncTold } from '../helpers/syncing.ts';
import type { Team } from '../helpers/team.ts';

const POLICY = '.promptaudit/policy.yml';

let sandbox: Sandbox;
let office: Office;

/** Events 1 to 9 are the office's; 10: a policy that keeps calls for 183 days; 11: the seal of a segment of January 2024. Both clones have them. */
beforeAll(async () => {
  sandbox = await createSandbox();
  office = await foundOffice(sandbox);
  const { clone, other, olga } = office;
  const policy = await readFile(join(clone.repo, POLICY), 'utf8');
  await clone.write(POLICY, `${policy}retention: { calls: 183d }\n`);
  await clone.ok(olga, ['policy', 'commit', '-m', 'Keep calls for half a year']);
  await seal(clone, olga, 'a-calls-1');
  for (const team of [clone, other]) await sync(team, olga);
});

afterAll(() => sandbox.remove());

const previousOf = async (team: Team) =>
  (await callsOf(team)).seals.map(({ segment, previousSegment }) => [segment, previousSegment]);

async function expectSound({ server, clone, other, olga }: Office): Promise<void> {
  const chain = await chainOf(onServer(server));
  for (const team of [clone, other]) {
    await sync(team, olga);
    expect(await chainOf(inClone(team))).toEqual(chain);
    expect(await team.json(olga, ['verify'])).toMatchObject({ ok: true, findings: [] });
  }
  expect(await callsOf(clone)).toEqual(await callsOf(other));
}

test('two recorders that seal at the same time: both count, and each follows its own', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  await seal(clone, olga, 'b-calls-1');
  await seal(other, olga, 'c-calls-1', 'a-access-1', 'c-calls-2');
  await sync(clone, olga);
  expect(await sync(other, olga)).toMatchObject({
    received: { events: 1 },
    replayed: [
      { event: 'seal', prompt: null, from: 12, to: 13, version: null },
      { event: 'seal', from: 13, to: 14 },
      { event: 'seal', from: 14, to: 15 },
    ],
    aside: [],
    sent: { events: 3 },
  });
  await expectSound(copy);
  expect(await previousOf(clone)).toEqual([
    [segmentOf('a-calls-1'), undefined],
    [segmentOf('b-calls-1'), undefined],
    [segmentOf('c-calls-1'), undefined],
    [segmentOf('a-access-1'), undefined],
    [segmentOf('c-calls-2'), segmentOf('c-calls-1')],
  ]);
});

test('one recorder in two clones: what is sealed again follows what came in', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  await seal(clone, olga, 'a-calls-2');
  await seal(other, olga, 'a-calls-3', 'a-calls-4');
  expect((await previousOf(other))[1]).toEqual([segmentOf('a-calls-3'), segmentOf('a-calls-1')]);
  const { merkleRoot, fileDigest, first, last, records, fileSize } = sealingOf('a-calls-3');
  await sync(clone, olga);
  expect(await sync(other, olga)).toMatchObject({ replayed: [{ to: 13 }, { to: 14 }], aside: [] });
  await expectSound(copy);
  expect(await previousOf(clone)).toEqual([
    [segmentOf('a-calls-1'), undefined],
    [segmentOf('a-calls-2'), segmentOf('a-calls-1')],
    [segmentOf('a-calls-3'), segmentOf('a-calls-2')],
    [segmentOf('a-calls-4'), segmentOf('a-calls-3')],
  ]);
  // All else that the seal says is as it was.
  expect((await callsOf(clone)).seals[2]).toMatchObject({
    merkleRoot,
    fileDigest,
    first,
    last,
    records,
    fileSize,
  });
});

test('one segment that was sealed in both clones: the second seal is kept aside, and what follows it follows the first', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  await seal(clone, olga, 'a-calls-2');
  await seal(other, olga, sealingOf('a-calls-2', { merkleRoot: digestOf('other records') }), 'a-calls-3');
  await sync(clone, olga);
  const event = await other.git('rev-parse', `${LEDGER}~1`);
  const told = await syncTold(other, olga);
  expect(told).toMatchObject({
    replayed: [{ event: 'seal', from: 13, to: 13 }],
    aside: [{ sequence: 12, event: 'seal', prompt: null, reasons: [{ rule: 'seal/repeated' }] }],
  });
  expect(await other.git('rev-parse', `refs/promptaudit/aside/${event}/event`)).toBe(event);
  await expectSound(copy);
  expect((await callsOf(clone)).seals.slice(1)).toMatchObject([
    { sequence: 12, merkleRoot: digestOf('root of a-calls-2') },
    { sequence: 13, previousSegment: segmentOf('a-calls-2') },
  ]);
});

test('a purge that meets a segment more than it took is kept aside', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  const before = '2025-01-01T00:00:00.000Z';
  await seal(clone, olga, 'b-calls-1');
  await act(other, olga, purgeOf('calls', before, 1), '');
  await sync(clone, olga);
  const message = `there are 2 segments to purge of calls before ${before}, not 1`;
  expect(await syncTold(other, olga)).toMatchObject({
    replayed: [],
    aside: [{ sequence: 12, event: 'purge', reasons: [{ rule: 'purge/segments', message }] }],
  });
  await expectSound(copy);
  expect((await callsOf(clone)).purges).toEqual([]);
  await act(other, olga, purgeOf('calls', before, 2), '');
  await sync(other, olga);
  await expectSound(copy);
  expect((await callsOf(clone)).purges).toMatchObject([{ sequence: 13, segments: 2 }]);
});

test('a purge that the policy no longer lets be is kept aside', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  const policy = await readFile(join(clone.repo, POLICY), 'utf8');
  await clone.write(POLICY, policy.replace('calls: 183d', 'calls: 3650d'));
  await clone.ok(olga, ['policy', 'commit', '-m', 'Keep calls for ten years']);
  await act(other, olga, purgeOf('calls', '2025-01-01T00:00:00.000Z', 1), '');
  await sync(clone, olga);
  expect(await syncTold(other, olga)).toMatchObject({
    aside: [{ sequence: 12, event: 'purge', reasons: [{ rule: 'purge/early' }] }],
  });
  await expectSound(copy);
});

test('holds, releases and erasures are made again; a name that is taken is not', async () => {
  const copy = await copyOf(office);
  const { clone, other, olga } = copy;
  await act(clone, olga, holdOf('case'), 'The court asks');
  await act(other, olga, holdOf('case'), 'The insurer asks');
  await act(other, olga, holdOf('other'), 'The patient asks');
  await act(other, olga, { event: 'release', hold: 'other' }, 'No longer');
  await act(other, olga, erasureOf(1), 'The patient asks');
  await sync(clone, olga);
  expect(await syncTold(other, olga)).toMatchObject({
    replayed: [
      { event: 'hold', from: 13, to: 13 },
      { event: 'release', from: 14, to: 14 },
      { event: 'erasure', from: 15, to: 15 },
    ],
    aside: [{ sequence: 12, event: 'hold', reasons: [{ rule: 'hold/name' }] }],
  });
  await expectSound(copy);
  const { holds, erasures } = await callsOf(clone);
  expect(holds).toMatchObject([
    { name: 'case', reason: 'The court asks', released: undefined },
    { name: 'other', reason: 'The patient asks', released: 14 },
  ]);
  expect(erasures).toMatchObject([{ sequence: 15, reason: 'The patient asks' }]);
});
