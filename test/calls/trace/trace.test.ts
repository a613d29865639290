import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../../src/calls/engine/duckdb.ts';
import { trace } from '../../../src/calls/trace/gather.ts';
import type { CallTrace, DeploymentTrace, VersionTrace } from '../../../src/calls/trace/model.ts';
import type { Records } from '../../../src/calls/trace/usage.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { at, foundWard, record, storeOf, type Told, type Ward } from './ward.ts';

let box: Sandbox;
let ward: Ward;
let records: Records;
const lines: string[] = [];

/** Puts a call into the store that the tests share. */
function made(told: Told): string {
  const { id, line } = record(told);
  lines.push(line);
  return id;
}

const v = (version: string, time: string, more: Partial<Told> = {}): Told => {
  return { p: 'discharge', v: version, at: at(time), e: 'production', ...more };
};
const V1 = 'sha256:e4e5bf26ed1d6e3b2ee2ef7bc2a8ec46f9d5ff8bd8f4a3e66f0f92a3dbd6c2ee';
const ids = {
  ok: made(v('1', '10:20', { user: 'u1' })),
  failed: made(v('1', '10:25', { user: 'u1', error: 'timeout' })),
  early: made(v('2', '10:30', { user: 'u2' })),
  late: made(v('1', '11:30:30')),
  unapproved: made(v('2', '12:10')),
  emergency: made(v('3', '14:20')),
  overdue: made(v('3', '2 15:00')),
  nowhere: made(v('4', '16:30', { e: 'prod' })),
  mismatch: made(v('1', '10:40', { d: V1 })),
  staging: made(v('1', '10:45', { e: 'staging' })),
  silent: made(v('1', '10:50', { e: undefined as never })),
  noVersion: made({ p: 'discharge', at: at('10:20'), e: 'production' }),
  noPrompt: made({ at: at('10:20'), e: 'production' }),
  unknownPrompt: made(v('1', '10:20', { p: 'billing' })),
  unknownVersion: made(v('7', '10:20')),
  unknownDigest: made({ p: 'discharge', d: V1, at: at('10:20'), e: 'production' }),
};

beforeAll(async () => {
  box = await createSandbox();
  ward = await foundWard(box);
  const access = {
    id: '00000000-0000-7000-8000-00000000aaaa',
    kind: 'access',
    occurredAt: '2026-01-05T10:00:00.000Z',
    'promptaudit.access.action': 'search',
    'promptaudit.access.actor': 'a',
    'promptaudit.access.outcome': 'allowed',
    recordedAt: '2026-01-05T10:00:00.000Z',
    schema: 'promptaudit/record@1',
  };
  const broken = {
    ...JSON.parse(record(v('1', '10:20', { p: 'billing' })).line),
    id: '00000000-0000-7000-8000-00000000bbbb',
  };
  lines.push(JSON.stringify(access), JSON.stringify({ ...broken, 'gen_ai.prompt.version': 1 }));
  records = await storeOf(await openEngine(join(box.dir, 'tmp')), join(box.dir, 'store'), lines);
});
afterAll(async () => {
  records.engine.close();
  await ward.store.close();
  await box.remove();
});

function traced(name: string) {
  const { trail, store } = ward;
  return trace(name, { trail, store, records: async () => records, tolerance: 60_000 });
}

async function call(id: string): Promise<CallTrace> {
  const found = await traced(id);
  if (found.kind !== 'call') throw new Error(found.kind);
  return found;
}

describe('from a call', () => {
  test('to the version, what it changed, who approved it and the deployment in force', async () => {
    const found = await call(ids.unapproved);
    expect(found.said).toBe(
      'the call used discharge v2, which was active in production then with 0 of 1 approvals',
    );
    expect(found.verdict).toBe('never-approved');
    expect(found.version).toMatchObject({
      prompt: 'discharge',
      version: 2,
      sequence: 10,
      author: 'alice@acme.example',
      time: at('11:00') / 1000,
      newest: 4,
      path: 'prompts/discharge.prompt.yml',
    });
    expect(
      found.version?.decisions.map(({ sequence, decision, principal, stood }) => [
        sequence,
        decision,
        principal,
        stood,
      ]),
    ).toEqual([
      [12, 'approval', 'bob@acme.example', false],
      [14, 'revocation', 'bob@acme.example', false],
    ]);
    expect(found.version?.diff.against).toBe(1);
    const [change] = found.version?.diff.changes?.messages ?? [];
    expect(change?.lines.map(({ runs }) => runs.map(({ kind, text }) => [kind, text]))).toEqual([
      [
        ['same', 'Sum up the visit'],
        ['added', ' kindly'],
        ['same', '.'],
      ],
    ]);
    expect(found.deployment).toMatchObject({
      sequence: 13,
      version: 2,
      environment: 'production',
      kind: 'rollout',
      by: 'dee@acme.example',
      from: at('11:30') / 1000,
      until: at('13:00') / 1000,
      endedBy: 16,
      replaces: 1,
      reference: 'CAB-7',
      approvals: { have: 0, need: 1, by: [] },
    });
    expect(found.active).toBeUndefined();
  });

  test('that used what was not active, to what was', async () => {
    const found = await call(ids.early);
    expect(found.said).toBe(
      'the call used discharge v2, which was not active in production then: v1 was, and v2 was registered only later, by event 10',
    );
    expect([found.version?.version, found.active?.version, found.deployment?.sequence]).toEqual([2, 1, 9]);
    // Nobody had decided on v2 yet.
    expect(found.version?.decisions).toEqual([]);
    expect(found.active?.decisions.map(({ principal, stood }) => [principal, stood])).toEqual([
      ['bob@acme.example', true],
    ]);
  });

  test.each([
    ['ok', 'ok', 'the call used discharge v1, which was active in production then'],
    ['late', 'ok', 'the call used discharge v1, which was active in production within 60 s of then'],
    [
      'emergency',
      'emergency',
      'the call used discharge v3, which was active in production then as an EMERGENCY deployment that nobody had approved yet',
    ],
    [
      'overdue',
      'never-approved',
      'the call used discharge v3, which was active in production then with 0 of 1 approvals, and the time to review the emergency was over',
    ],
    [
      'nowhere',
      'not-deployed',
      'the call used discharge v4, which was not active in prod then: nothing of discharge was',
    ],
    [
      'mismatch',
      'mismatch',
      `the call names discharge v1 and the digest ${V1}, but that is of no version of discharge`,
    ],
    ['silent', 'no-environment', 'the call used discharge v1, and does not say in which environment'],
    ['noVersion', 'no-version', 'the call names the prompt discharge, but neither a version nor a digest'],
    ['noPrompt', 'no-prompt', 'the call names no prompt'],
    [
      'unknownPrompt',
      'unknown-prompt',
      'the call names the prompt billing, which the registry does not have',
    ],
    [
      'unknownVersion',
      'unknown-version',
      'the call names version 7 of discharge, which has 4, numbered from 1',
    ],
    ['unknownDigest', 'unknown-digest', `the call names the digest ${V1}, which no version of discharge has`],
  ] as const)('says plainly: %s', async (name, verdict, said) => {
    const found = await call(ids[name]);
    expect([found.verdict, found.said]).toEqual([verdict, said]);
  });
});

describe('from a deployment', () => {
  test('to its version, the approvals of its time, and the calls under it', async () => {
    const found = (await traced('#9')) as DeploymentTrace;
    expect(found.kind).toBe('deployment');
    expect(found.deployment).toMatchObject({
      sequence: 9,
      version: 1,
      from: at('10:10') / 1000,
      until: at('11:30') / 1000,
      approvals: { have: 1, need: 1, by: ['bob@acme.example'] },
    });
    expect(found.version.diff).toMatchObject({ against: undefined, changes: { status: 'added' } });
    expect(found.usage.used).toEqual({
      calls: 2,
      errors: 1,
      first: at('10:20'),
      last: at('10:25'),
      users: 1,
      newest: [ids.failed, ids.ok],
    });
    // v2 too early, the mismatch, a version that there is not, a digest that nothing has, and no version at all.
    expect(found.usage.others.calls).toBe(5);
  });

  test('that took back what was decided later, as it was then', async () => {
    const found = (await traced('13')) as DeploymentTrace;
    expect(found.version.decisions.map(({ sequence, stood }) => [sequence, stood])).toEqual([[12, true]]);
    expect(found.deployment.approvals).toEqual({ have: 1, need: 1, by: ['bob@acme.example'] });
    expect(found.version.diff.against).toBe(1);
    expect(found.usage.used.newest).toEqual([ids.unapproved]);
  });

  test('that is a rollback, against what it replaced', async () => {
    const found = (await traced('16')) as DeploymentTrace;
    expect([found.deployment.kind, found.deployment.replaces, found.version.version]).toEqual([
      'rollback',
      2,
      1,
    ]);
    expect(found.version.diff.against).toBe(2);
  });
});

describe('from a version', () => {
  test('to its stays and to every call that used it', async () => {
    const found = (await traced('discharge@1')) as VersionTrace;
    expect(
      found.stays.map(({ deployment, used }) => [deployment.sequence, deployment.environment, used.calls]),
    ).toEqual([
      [7, 'staging', 1],
      [9, 'production', 2],
      [16, 'production', 0],
    ]);
    expect(found.environments.map(({ environment, used }) => [environment, used.calls, used.errors])).toEqual(
      [
        ['production', 3, 1],
        ['staging', 1, 0],
        [undefined, 1, 0],
      ],
    );
    // The late one, and the one that does not say where.
    expect(found.outside).toBe(2);
  });

  test('by what registered it or decided on it', async () => {
    for (const name of ['10', '12', '#15', 'discharge@v2']) {
      const found = (await traced(name)) as VersionTrace;
      expect([found.kind, found.version.version]).toEqual(['version', 2]);
    }
    const { version } = (await traced('discharge@2')) as VersionTrace;
    expect(version.decisions.map(({ sequence, stood }) => [sequence, stood])).toEqual([
      [12, false],
      [14, false],
      [15, true],
    ]);
  });

  test('that nobody used', async () => {
    const found = (await traced('clinical-intake@1')) as VersionTrace;
    expect(found).toMatchObject({ stays: [], environments: [], outside: 0 });
  });
});

test.each([
  ['00000000-0000-7000-8000-00000000ffff', /^no call has the id 00000000-0000-7000-8000-00000000ffff/],
  ['00000000-0000-7000-8000-00000000aaaa', /is of an access, and only calls use prompts/],
  ['00000000-0000-7000-8000-00000000bbbb', /what the store holds as record .* is no record/],
  ['1', /^event 1 is no deployment or version that took effect/],
  ['19', /^event 19 is no deployment/],
  ['9999', /^event 9999 is no deployment/],
  ['discharge@9', /has no version 9/],
  ['billing', /no prompt billing/],
])('%s cannot be traced, and it is said why', async (name, message) => {
  await expect(traced(name)).rejects.toThrow(message);
});
