import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Refusal } from '../../src/failure.ts';
import { type OpenCallsLedger, standingHolds } from '../../src/trail/callsledger.ts';
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
import type { LogDocument } from '../helpers/documents.ts';
import {
  copyOf,
  eventsOf,
  findingsOf,
  foundHospital,
  type Hospital,
  policyOf,
  setPolicy,
} from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

let sandbox: Sandbox;
let base: Hospital;
let h: Hospital;

/**
 * Events 1 to 6 are `foundHospital`'s; 7: a policy with retention by which Dan records too and Carol audits too; 8 to 12:
 * Dan seals by two recorders; 13 and 14: Carol holds; 15: Ada releases; 16 and 17: Dan and Ada purge; 18: Ada erases.
 */
beforeAll(async () => {
  sandbox = await createSandbox();
  base = await foundHospital(sandbox, 'embedded', '--template=');
  const { team, ada, carol, dan } = base;
  const policy = policyOf(base);
  const also = ({ email }: { email: string }, role: string) =>
    policy.principals[email]?.roles.concat(role) ?? [];
  for (const [who, role] of [
    [dan, 'recorder'],
    [carol, 'auditor'],
  ] as const)
    policy.principals[who.email] = { name: who.name, roles: also(who, role), keys: [who.publicKey] };
  await setPolicy(base, { ...policy, retention: { calls: '183d', content: '30d' } });
  await seal(team, dan, 'a-calls-1', 'a-access-1', 'b-calls-1', 'a-calls-2');
  await seal(team, dan, 'a-calls-3');
  await act(team, carol, holdOf('case-1'), 'Asked for by the court');
  await act(team, carol, holdOf('case-2'), 'Asked for by the insurer');
  await act(team, ada, { event: 'release', hold: 'case-1' }, 'The case is closed');
  await act(team, dan, purgeOf('content', '2024-01-01T03:00:00.000Z', 3), '');
  await act(team, ada, purgeOf('calls', '2024-01-01T02:00:00.000Z', 2), '');
  await act(team, ada, erasureOf(1), 'Asked for by the patient');
});
afterAll(() => sandbox.remove());

const start = async () => {
  h = await copyOf(base);
};
const index = () => join(h.team.repo, '.git/promptaudit/index');

describe('what the ledger says of the records of calls', () => {
  test('seals follow each other by recorder and class', async () => {
    const { seals, sealed, newest } = await callsOf(base.team);
    expect(
      seals.map(({ sequence, segment, previousSegment }) => [sequence, segment, previousSegment]),
    ).toEqual([
      [8, segmentOf('a-calls-1'), undefined],
      [9, segmentOf('a-access-1'), undefined],
      [10, segmentOf('b-calls-1'), undefined],
      [11, segmentOf('a-calls-2'), segmentOf('a-calls-1')],
      [12, segmentOf('a-calls-3'), segmentOf('a-calls-2')],
    ]);
    const { time } = (await eventsOf(base))[8] ?? {};
    expect(seals[1]).toEqual({
      sequence: 9,
      commit: await base.team.git('rev-parse', 'refs/notes/promptaudit~9'),
      time: Date.parse(time ?? '') / 1000,
      by: base.dan.email,
      key: base.dan.publicKey.trim(),
      class: 'access',
      ...sealingOf('a-access-1'),
      previousSegment: undefined,
    });
    expect(sealed.get(segmentOf('a-calls-3'))).toBe(seals[4]);
    expect([...newest]).toEqual([
      ['a-calls', segmentOf('a-calls-3')],
      ['a-access', segmentOf('a-access-1')],
      ['b-calls', segmentOf('b-calls-1')],
    ]);
    const message = await base.team.git(
      'log',
      '-1',
      '--format=%B',
      '--grep=^Sequence: 11$',
      'refs/notes/promptaudit',
    );
    expect(message).toContain(`\nPrevious-Segment: ${segmentOf('a-calls-1')}`);
  });

  test('holds stand until they are released; purges and erasures are told', async () => {
    const calls = await callsOf(base.team);
    const { ada, carol, dan } = base;
    expect(calls.holds).toMatchObject([
      {
        sequence: 13,
        by: carol.email,
        name: 'case-1',
        queryDigest: digestOf('the query of case-1'),
        reason: 'Asked for by the court',
        released: 15,
      },
      {
        sequence: 14,
        by: carol.email,
        name: 'case-2',
        reason: 'Asked for by the insurer',
        released: undefined,
      },
    ]);
    expect(standingHolds(calls)).toEqual([calls.holds[1]]);
    expect(calls.purges).toMatchObject([
      {
        sequence: 16,
        by: dan.email,
        class: 'content',
        before: '2024-01-01T03:00:00.000Z',
        segments: 3,
        certificate: digestOf('what was purged'),
      },
      { sequence: 17, by: ada.email, class: 'calls', before: '2024-01-01T02:00:00.000Z', segments: 2 },
    ]);
    const { event: _, erasure: id, ...erased } = erasureOf(1);
    expect(calls.erasures).toMatchObject([
      { sequence: 18, by: ada.email, id, ...erased, reason: 'Asked for by the patient' },
    ]);
  });

  test('nothing where there is no such event', async () => {
    const empty = await foundHospital(sandbox, 'embedded', '--template=');
    expect(await callsOf(empty.team)).toMatchObject({ seals: [], holds: [], purges: [], erasures: [] });
    await rm(join(empty.team.repo, '.git/promptaudit/index'), { recursive: true });
    expect(await callsOf(empty.team)).toMatchObject({ seals: [], holds: [], purges: [], erasures: [] });
  });

  test('log shows them, verify finds nothing wrong with them, and prompts are as they were', async () => {
    await start();
    const { team } = h;
    const events = async (...kinds: string[]) => {
      const { events: found } = await team.json<LogDocument>(undefined, [
        'log',
        '--reverse',
        '--event',
        kinds.join(','),
      ]);
      return found.map(({ sequence, event, actor, reason, findings }) => [
        sequence,
        event,
        actor?.principal,
        reason,
        findings,
      ]);
    };
    expect(await events('seal')).toEqual(
      [8, 9, 10, 11, 12].map((sequence) => [sequence, 'seal', h.dan.email, '', []]),
    );
    expect(await events('hold', 'release', 'purge', 'erasure')).toEqual([
      [13, 'hold', h.carol.email, 'Asked for by the court', []],
      [14, 'hold', h.carol.email, 'Asked for by the insurer', []],
      [15, 'release', h.ada.email, 'The case is closed', []],
      [16, 'purge', h.dan.email, '', []],
      [17, 'purge', h.ada.email, '', []],
      [18, 'erasure', h.ada.email, 'Asked for by the patient', []],
    ]);
    const text = (await team.ok(undefined, ['log', '-n', '8'], { columns: 200 })).replace(/\s+/g, ' ');
    for (const said of [
      'erased the content of 2 calls by user',
      'purged 2 segments of calls before 2024-01-01T02:00:00.000Z',
      'purged the content of 3 segments of calls before 2024-01-01T03:00:00.000Z',
      'released hold case-1',
      'put hold case-2 on records of calls',
      `sealed 10 records in segment ${segmentOf('a-calls-3')}`,
    ])
      expect(text).toContain(said);
    expect(await findingsOf(h)).toEqual([]);
    const { prompts } = await team.json<{ prompts: { prompt: string }[] }>(undefined, ['list']);
    expect(JSON.stringify(prompts)).not.toContain('calls');
    expect(await team.git('rev-parse', 'refs/notes/promptaudit^{tree}')).toBe(
      await team.git('rev-parse', 'refs/notes/promptaudit~11^{tree}'),
    );
  });
});

describe('the same is read', () => {
  let expected: OpenCallsLedger;
  beforeAll(async () => {
    expected = await callsOf(base.team);
  });

  test('from genesis', async () => {
    await start();
    await rm(index(), { recursive: true });
    expect(await callsOf(h.team)).toEqual(expected);
    expect(await callsOf(h.team)).toEqual(expected);
  });

  test('whatever becomes of a file of the index', async () => {
    await start();
    const entries = await readdir(index(), { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    const edits: readonly ((bytes: Buffer) => Uint8Array)[] = [
      (bytes) => bytes.subarray(0, bytes.length / 2),
      (bytes) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)),
      (bytes) => Buffer.alloc(bytes.length),
    ];
    for (const file of files) {
      const whole = await readFile(file).catch(() => undefined);
      for (const edit of whole === undefined ? [] : edits) {
        await writeFile(file, edit(whole ?? Buffer.alloc(0)));
        expect([file, await callsOf(h.team)]).toEqual([file, expected]);
        await rm(index(), { recursive: true });
        await sandbox.ok('cp', ['-a', join(base.team.repo, '.git/promptaudit/index'), index()]);
      }
      await rm(file, { force: true });
      expect([file, await callsOf(h.team)]).toEqual([file, expected]);
      await rm(index(), { recursive: true });
      await sandbox.ok('cp', ['-a', join(base.team.repo, '.git/promptaudit/index'), index()]);
    }
  });

  test('by who reads on from before, event by event', async () => {
    await start();
    const { team, dan, dee } = h;
    await seal(team, dan, 'b-calls-2');
    await team.ok(dee, ['deploy', 'discharge@1', '-e', 'staging']);
    await seal(team, dan, 'a-access-2', 'b-calls-3');
    const read = await callsOf(team);
    expect(read.seals.slice(5).map(({ sequence, previousSegment }) => [sequence, previousSegment])).toEqual([
      [19, segmentOf('b-calls-1')],
      [21, segmentOf('a-access-1')],
      [22, segmentOf('b-calls-2')],
    ]);
    await rm(index(), { recursive: true });
    expect(await callsOf(team)).toEqual(read);
    expect(await findingsOf(h)).toEqual([]);
  });
});

describe('what is refused before it is signed', () => {
  const refusal = async (work: Promise<void>) => {
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof Refusal)) throw error ?? new Error('it was not refused');
    return [error.message, ...error.reasons.map(({ rule, message }) => `${rule}: ${message}`)];
  };

  test.each<readonly [what: string, work: (h: Hospital) => Promise<void>, told: readonly string[]]>([
    [
      'a second seal of a segment',
      ({ team, dan }) => seal(team, dan, 'a-calls-2'),
      [
        `cannot seal ${segmentOf('a-calls-2')}`,
        `seal/repeated: segment ${segmentOf('a-calls-2')} was sealed by event 11 already`,
      ],
    ],
    [
      'a seal by who is no recorder, admin or not',
      ({ team, ada }) => seal(team, ada, 'a-calls-4'),
      [
        `cannot seal ${segmentOf('a-calls-4')}`,
        'signature/role: ada@acme.example does not hold the role recorder, which is needed to seal a segment',
      ],
    ],
    [
      'a hold of a name that there was, released or not',
      ({ team, ada }) => act(team, ada, holdOf('case-1')),
      ['cannot hold', 'hold/name: there was a hold case-1 from event 13 to 15, and a name is not used again'],
    ],
    [
      'a second release',
      ({ team, ada }) => act(team, ada, { event: 'release', hold: 'case-1' }),
      ['cannot release the hold', 'hold/name: hold case-1 was released by event 15 already'],
    ],
    [
      'a release by who held it, who is no admin',
      ({ team, carol }) => act(team, carol, { event: 'release', hold: 'case-2' }),
      [
        'cannot release the hold',
        'signature/role: carol@acme.example does not hold the role admin, which is needed to release a hold',
      ],
    ],
    [
      'a purge of what was purged',
      ({ team, dan }) => act(team, dan, purgeOf('calls', '2024-01-01T02:00:00.000Z', 2)),
      [
        'cannot purge',
        'purge/segments: there are 0 segments to purge of calls before 2024-01-01T02:00:00.000Z, not 2',
      ],
    ],
    [
      'a purge of a class without a period',
      ({ team, dan }) => act(team, dan, purgeOf('access', '2024-01-02T00:00:00.000Z', 1)),
      [
        'cannot purge',
        'purge/early: the policy gives no period of retention for access, so nothing of it is purged',
      ],
    ],
    [
      'an erasure of an id that there was',
      ({ team, ada }) => act(team, ada, erasureOf(1)),
      ['cannot erase', `erasure/repeated: there is an erasure ${erasureOf(1).erasure} since event 18`],
    ],
    [
      'an erasure by a recorder',
      ({ team, dan }) => act(team, dan, erasureOf(2)),
      [
        'cannot erase',
        'signature/role: dan@acme.example does not hold the role admin, which is needed to erase content',
      ],
    ],
  ])('%s', async (_, work, told) => {
    await start();
    const before = await h.team.git('rev-parse', 'refs/notes/promptaudit');
    expect(await refusal(work(h))).toEqual(told);
    expect(await h.team.git('rev-parse', 'refs/notes/promptaudit')).toBe(before);
  });

  test('a plan of which one seal is refused seals nothing', async () => {
    await start();
    const { team, dan } = h;
    const before = await team.git('rev-parse', 'refs/notes/promptaudit');
    expect(await refusal(seal(team, dan, 'a-calls-4', 'a-calls-1'))).toHaveLength(2);
    expect(await team.git('rev-parse', 'refs/notes/promptaudit')).toBe(before);
  });

  test('a purge is too early until the period is over', async () => {
    await start();
    const { team, dan } = h;
    await seal(
      team,
      dan,
      sealingOf('c-calls-1', { first: '2026-01-01T00:00:00.000Z', last: '2026-01-05T08:00:00.000Z' }),
    );
    const purge = purgeOf('calls', '2026-01-05T08:00:00.001Z', 3);
    expect((await refusal(act(team, dan, purge)))[1]).toMatch(
      /^purge\/early: the policy keeps calls for 183d, so nothing since 2025-07-06T/,
    );
    team.clock += 183 * 86_400;
    await act(team, dan, purge);
    expect((await callsOf(team)).purges.at(-1)).toMatchObject({ sequence: 20, segments: 3 });
    expect(await findingsOf(h)).toEqual([]);
  });
});
