import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../../src/calls/engine/duckdb.ts';
import type { CallFilter } from '../../../src/calls/search/filter.ts';
import { gatherFacts, type TraceFacts } from '../../../src/calls/trace/facts.ts';
import { type ReconcileOptions, reconcile } from '../../../src/calls/trace/reconcile.ts';
import { storedRecord } from '../../../src/calls/trace/stored.ts';
import { subjectsOf } from '../../../src/calls/trace/subjects.ts';
import { judgeCall } from '../../../src/calls/trace/verdict.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { at, foundWard, record, storeOf, type Told, type Ward } from './ward.ts';

let box: Sandbox;
let ward: Ward;
let engine: Engine;
let facts: TraceFacts;
let digests: readonly string[];
let stores = 0;

beforeAll(async () => {
  box = await createSandbox();
  [ward, engine] = await Promise.all([foundWard(box), openEngine(join(box.dir, 'tmp'))]);
  facts = await gatherFacts(ward.trail);
  digests = facts.prompts.get('discharge')!.versions.map(({ contentDigest }) => contentDigest);
});
afterAll(async () => {
  engine.close();
  await ward.store.close();
  await box.remove();
});

async function reconciled(
  calls: readonly Told[],
  options: Partial<ReconcileOptions> = {},
  filter: CallFilter = {},
) {
  return reconciledLines(
    calls.map((call) => record(call).line),
    options,
    filter,
  );
}

async function reconciledLines(
  lines: readonly string[],
  options: Partial<ReconcileOptions> = {},
  filter: CallFilter = {},
) {
  stores += 1;
  const { sources } = await storeOf(engine, join(box.dir, `store-${stores}`), lines);
  return reconcile(engine, sources, facts, filter, { tolerance: 60_000, strict: false, ...options });
}

/** What is said of each call. Five at a time, as so many are named one by one. */
async function verdictsOn(calls: readonly Told[], options: Partial<ReconcileOptions> = {}) {
  const verdicts: unknown[] = [];
  for (let first = 0; first < calls.length; first += 5) {
    const some = calls.slice(first, first + 5).map((call) => record(call));
    const { groups } = await reconciledLines(
      some.map(({ line }) => line),
      options,
    );
    for (const { id } of some) {
      const group = groups.find(({ examples }) => examples.includes(id));
      const { active, verdict } = group ?? {};
      verdicts.push(active === undefined ? verdict : [verdict, active.version, active.sequence]);
    }
  }
  return verdicts;
}

const v = (version: string, time: string, e = 'production'): Told => ({
  p: 'discharge',
  v: version,
  at: at(time),
  e,
});

test('the registry of the tests is what it is said to be', () => {
  const history = facts.prompts.get('discharge')!;
  expect(
    history.activations.map(({ sequence, environment, version }) => [sequence, environment, version]),
  ).toEqual([
    [7, 'staging', 1],
    [9, 'production', 1],
    [11, 'staging', 2],
    [13, 'production', 2],
    [16, 'production', 1],
    [18, 'production', 3],
    [19, 'staging', undefined],
  ]);
  expect(history.activations[1]?.time).toBe(at('10:10') / 1000);
  expect(digests[3]).toBe(digests[0]);
});

describe('by version', () => {
  const cases = [
    ['active and approved', v('1', '10:20'), 'ok'],
    ['named with a v', v('v1', '10:20'), 'ok'],
    ['in the first moment', v('1', '10:10'), 'ok'],
    ['within a minute before', v('1', '10:09:00.000'), 'ok'],
    ['a millisecond more before', v('1', '10:08:59.999'), 'not-deployed'],
    ['within a minute after', v('1', '11:30:59.999'), 'ok'],
    ['a minute after', v('1', '11:31:00.000'), ['not-deployed', 2, 13]],
    ['not active yet', v('2', '10:20'), ['not-deployed', 1, 9]],
    ['back again', v('1', '13:30'), 'ok'],
    ['active elsewhere', v('2', '11:15'), ['not-deployed', 1, 9]],
    ['in staging', v('2', '11:15', 'staging'), 'ok'],
    ['after it was withdrawn', v('2', '15:30', 'staging'), 'not-deployed'],
    ['where nothing ever was', v('2', '15:30', 'prod'), 'not-deployed'],
    ['while its approval was taken back', v('2', '12:10'), ['never-approved', 2, 13]],
    ['just after it was', v('2', '12:00:59.999'), 'ok'],
    ['after somebody else approved', v('2', '12:40'), 'ok'],
    ['in an emergency', v('3', '14:20'), ['emergency', 3, 18]],
    ['within a day of it', v('3', '2 14:09'), ['emergency', 3, 18]],
    ['when its review was over', v('3', '2 14:12'), ['never-approved', 3, 18]],
    ['of a number that is none yet', v('5', '14:20'), 'unknown-version'],
    ['of a number with a zero', v('01', '14:20'), 'unknown-version'],
    ['of no number', v('latest', '14:20'), 'unknown-version'],
    ['of another prompt', { ...v('1', '14:20'), p: 'billing' }, 'unknown-prompt'],
    ['of a prompt that was never deployed', { ...v('1', '14:20'), p: 'clinical-intake' }, 'not-deployed'],
  ] as const;

  test('each call has its verdict', async () => {
    const verdicts = await verdictsOn(cases.map(([, call]) => call));
    expect(cases.map(([what], index) => [what, verdicts[index]])).toEqual(
      cases.map(([what, , verdict]) => [what, verdict]),
    );
  });

  test('the tolerance can be none', async () => {
    const calls = [v('1', '10:10'), v('1', '10:09:59.999'), v('1', '11:30'), v('2', '12:00')];
    expect(await verdictsOn(calls, { tolerance: 0 })).toEqual([
      'ok',
      'not-deployed',
      ['not-deployed', 2, 13],
      ['never-approved', 2, 13],
    ]);
  });
});

test('by digest, with the prompt, without it, and beside the version', async () => {
  const d = (version: number, time: string, more: Partial<Told> = {}): Told => ({
    d: digests[version - 1] ?? '',
    at: at(time),
    e: 'production',
    ...more,
  });
  const cases = [
    [d(1, '10:20'), 'ok'],
    [d(1, '10:20', { p: 'discharge' }), 'ok'],
    // v4 has v1's text.
    [d(4, '13:30', { p: 'discharge' }), 'ok'],
    [d(4, '13:30', { p: 'discharge', v: '4' }), ['not-deployed', 1, 16]],
    [d(2, '10:20'), ['not-deployed', 1, 9]],
    [d(2, '12:10'), ['never-approved', 2, 13]],
    [d(1, '10:20', { p: 'discharge', v: '1' }), 'ok'],
    [d(1, '10:20', { p: 'discharge', v: '2' }), ['mismatch', 1, 9]],
    [d(1, '10:20', { p: 'clinical-intake' }), 'unknown-digest'],
    [{ d: `sha256:${'0'.repeat(64)}`, at: at('10:20'), e: 'production' }, 'unknown-digest'],
  ] as const;
  expect(await verdictsOn(cases.map(([call]) => call))).toEqual(cases.map(([, verdict]) => verdict));
});

test('a content that several versions have is told as that', async () => {
  const call = { p: 'discharge', at: at('13:30'), e: 'production' };
  const { groups } = await reconciled([
    { ...call, d: digests[3] ?? '' },
    { ...call, d: digests[1] ?? '' },
  ]);
  expect(groups.map(({ verdict, version, digest }) => [verdict, version, digest])).toEqual([
    ['not-deployed', '2', digests[1]],
    ['ok', undefined, digests[0]],
  ]);
});

test('what a call does not say is no fault unless it is asked for', async () => {
  const silent = [
    { at: at('10:20'), e: 'production' },
    { at: at('10:20'), e: 'production', v: '1' },
    { at: at('10:20'), e: 'production', p: 'discharge' },
    { at: at('10:20'), p: 'discharge', v: '1' },
  ];
  const lax = await reconciled(silent);
  expect([lax.ok, lax.faults]).toEqual([true, 0]);
  expect(lax.verdicts).toMatchObject({ 'no-prompt': 2, 'no-version': 1, 'no-environment': 1, ok: 0 });
  const strict = await reconciled(silent, { strict: true });
  expect([strict.ok, strict.faults]).toEqual([false, 4]);
  expect((await reconciled([v('3', '14:20')], { strict: true })).ok).toBe(true);
});

test('groups count calls, users and times, and name the newest calls', async () => {
  const calls = [
    ...[1, 2, 3, 4, 5, 6, 7].map((minute) => ({ ...v('2', `10:2${minute}`), user: `u${minute % 3}` })),
    v('2', '09:30'),
    { ...v('1', '10:30'), recorded: -300_000 },
    { ...v('1', '10:30'), recorded: -300_001 },
    { at: at('10:00') },
  ];
  const result = await reconciled(calls);
  expect(result).toMatchObject({
    ok: false,
    calls: 11,
    faults: 8,
    skewed: 1,
    more: 0,
    tolerance: 60_000,
    strict: false,
  });
  const [first, second, ...others] = result.groups;
  expect(first).toMatchObject({
    prompt: 'discharge',
    version: '2',
    digest: digests[1],
    environment: 'production',
    verdict: 'not-deployed',
    fault: true,
    active: { version: 1, sequence: 9 },
    calls: 7,
    users: 3,
    skewed: 0,
    first: at('10:21'),
    last: at('10:27'),
  });
  const ids = first?.examples.map((id) => Number(id.slice(-12))) ?? [];
  expect(ids).toHaveLength(5);
  expect(ids).toEqual([...ids].sort((a, b) => b - a));
  expect(second).toMatchObject({ verdict: 'not-deployed', active: undefined, calls: 1, users: 0 });
  expect(others.map(({ verdict, calls: count, skewed }) => [verdict, count, skewed])).toEqual([
    ['no-prompt', 1, 0],
    ['ok', 2, 1],
  ]);
});

test('a filter narrows what is reconciled, and accesses use no prompt', async () => {
  const calls = [
    v('1', '10:20'),
    v('2', '10:20'),
    { ...v('2', '10:20'), e: 'staging' },
    { at: at('10:20'), p: 'x', v: '1' },
  ];
  const count = async (filter: CallFilter) => (await reconciled(calls, {}, filter)).calls;
  expect(await count({})).toBe(4);
  expect(await count({ prompt: 'discharge' })).toBe(3);
  expect(await count({ environment: 'production' })).toBe(2);
  expect(await count({ since: '2026-01-05T10:20:00.001Z' })).toBe(0);
  expect(await count({ until: '2026-01-05T10:20:00.001Z' })).toBe(4);
  await expect(count({ kind: 'access' })).rejects.toThrow('accesses cannot be reconciled');
});

test('a store without calls, and one with more groups than are listed', async () => {
  expect(await reconciled([])).toMatchObject({ ok: true, calls: 0, faults: 0, groups: [], more: 0 });
  const strange = Array.from({ length: 1003 }, (_, index) => ({
    at: at('10:20'),
    p: `strange-${index}`,
    v: '1',
  }));
  const result = await reconciled([...strange, v('1', '10:20')]);
  expect(result).toMatchObject({ ok: false, calls: 1004, faults: 1003, more: 4 });
  expect(result.groups).toHaveLength(1000);
});

test('one call is judged as a million are', async () => {
  const moments = fc.integer({ min: at('09:55'), max: at('2 14:15') });
  const edges = fc
    .tuple(
      fc.constantFrom(
        '10:00',
        '10:10',
        '11:10',
        '11:30',
        '12:00',
        '12:30',
        '13:00',
        '14:10',
        '15:00',
        '2 14:10',
      ),
      fc.constantFrom(-60_001, -60_000, -1, 0, 1, 59_999, 60_000),
    )
    .map(([time, off]) => at(time) + off);
  const some = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
  const told = fc.record({
    at: fc.oneof(moments, edges),
    p: some('discharge', 'clinical-intake', 'billing'),
    v: some('1', 'v2', '3', '4', '9', 'x'),
    d: some(...digests, `sha256:${'0'.repeat(64)}`),
    e: some('production', 'staging', 'prod'),
  });
  const calls = fc.sample(told, 1500) as Told[];
  const lines = calls.map((call) => record(call));
  const subjects = subjectsOf(facts, 60_000);
  const counts: Record<string, number> = {};
  for (const { line, id } of lines) {
    const { verdict } = judgeCall(storedRecord(line, id), facts, subjects);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  const { verdicts } = await reconciled(calls);
  expect(Object.fromEntries(Object.entries(verdicts).filter(([, count]) => count > 0))).toEqual(counts);
  expect(Object.keys(counts).length).toBeGreaterThan(8);
});
