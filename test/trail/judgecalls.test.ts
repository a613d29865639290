import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallsDetail, RetentionClass } from '../../src/ledger/event.ts';
import {
  type CallsLedger,
  emptyCallsLedger,
  foldCalls,
  purgeable,
  purgeOf as takenBy,
} from '../../src/trail/callsledger.ts';
import { callsReasons } from '../../src/trail/judgecalls.ts';
import type { TrailEvent } from '../../src/trail/model.ts';
import { erasureOf, holdOf, purgeOf, sealOf } from '../helpers/callsevents.ts';
import { exampleWith, id, policyOf } from '../policy/fixture.ts';

/** Alice records, Bob audits, Carol is the admin, and Dave has none of these roles. */
const people = exampleWith('roles: [author]', 'roles: [author, recorder]').replace(
  'roles: [approver]',
  'roles: [approver, auditor]',
);
const policyWith = (retention: string) => policyOf(`${people}retention: ${retention}\n`);
const POLICY = policyWith('{ calls: 183d, content: 30d }');

/** 2026-11-21T00:00:00Z. */
const NOW = 1_795_219_200;
const DAY = 86_400;

/** What took effect, in this order, from event 10 on. */
function ledgerOf(...details: readonly CallsDetail[]) {
  const calls = emptyCallsLedger();
  for (const [index, detail] of details.entries()) {
    const actor = { principal: id('alice') } as TrailEvent['actor'];
    foldCalls(calls, {
      sequence: 10 + index,
      time: NOW,
      detail,
      actor,
      reason: 'Why',
      effective: true,
    } as TrailEvent);
  }
  return calls;
}

const judge = (
  detail: CallsDetail,
  { who = 'carol', calls = ledgerOf(), policy = POLICY, time = NOW } = {},
) => callsReasons({ calls, policy, principal: id(who), time }, detail);
const rules = (...args: Parameters<typeof judge>) => judge(...args).map(({ rule }) => rule);

describe('who may', () => {
  const sealed = ledgerOf(sealOf('a-calls-1'), holdOf('case'));
  const purge = purgeOf('calls', '2025-01-01T00:00:00.000Z', 1);
  test.each<readonly [what: string, detail: CallsDetail, allowed: readonly string[]]>([
    ['seal', sealOf('a-calls-2', 'a-calls-1'), ['alice']],
    ['hold', holdOf('other'), ['bob', 'carol']],
    ['release', { event: 'release', hold: 'case' }, ['carol']],
    ['purge', purge, ['alice', 'carol']],
    ['erase', erasureOf(1), ['carol']],
  ])('%s', (_, detail, allowed) => {
    for (const who of ['alice', 'bob', 'carol', 'dave', 'mallory']) {
      const expected = allowed.includes(who) ? [] : ['signature/role'];
      expect([who, rules(detail, { who, calls: sealed })]).toEqual([who, expected]);
    }
  });

  test('who may not is told that and all else that is wrong', () => {
    const calls = ledgerOf(sealOf('a-calls-1'));
    expect(rules(sealOf('a-calls-1'), { who: 'dave', calls })).toEqual(['signature/role', 'seal/repeated']);
    expect(rules(purgeOf('calls', '2026-11-20T00:00:00.000Z', 7), { who: 'dave', calls })).toEqual([
      'signature/role',
      'purge/early',
      'purge/segments',
    ]);
  });
});

describe('a purge', () => {
  const calls = ledgerOf(sealOf('a-calls-1'), sealOf('a-calls-2', 'a-calls-1'), sealOf('a-access-3'));
  const purges = (
    kind: RetentionClass,
    before: string,
    segments: number,
    more: Parameters<typeof judge>[1] = {},
  ) => rules(purgeOf(kind, before, segments), { calls, ...more });

  test('takes what is older than the period to the millisecond, and nothing younger', () => {
    // 183 days before 2026-11-21T00:00:00Z.
    expect(purges('calls', '2026-05-22T00:00:00.000Z', 2)).toEqual([]);
    expect(purges('calls', '2026-05-22T00:00:00.001Z', 2)).toEqual(['purge/early']);
    expect(purges('content', '2026-10-22T00:00:00.000Z', 2)).toEqual([]);
    expect(purges('content', '2026-10-22T00:00:00.001Z', 2)).toEqual(['purge/early']);
    const [reason] = judge(purgeOf('calls', '2026-06-01T00:00:00.000Z', 2), { calls });
    expect(reason?.message).toBe(
      'the policy keeps calls for 183d, so nothing since 2026-05-22T00:00:00.000Z may be purged',
    );
  });

  test('takes nothing of a class without a period', () => {
    expect(purges('access', '2024-01-02T00:00:00.000Z', 1)).toEqual(['purge/early']);
    expect(purges('access', '2024-01-02T00:00:00.000Z', 1, { policy: policyWith('{ access: 0s }') })).toEqual(
      [],
    );
  });

  test('says how many segments it takes: those whose last record is older', () => {
    // The segments' last records are of 01:59:59.999 and 02:59:59.999.
    expect(purges('calls', '2024-01-01T01:59:59.999Z', 1)).toEqual(['purge/segments']);
    expect(purges('calls', '2024-01-01T02:00:00.000Z', 1)).toEqual([]);
    expect(purges('calls', '2024-01-01T02:00:00.000Z', 2)).toEqual(['purge/segments']);
    expect(purges('calls', '2024-01-01T03:00:00.000Z', 2)).toEqual([]);
    expect(purges('calls', '2024-01-01T03:00:00.000Z', 3)).toEqual(['purge/segments']);
  });

  const FAR = Number.MAX_SAFE_INTEGER;
  test.each([
    [
      'a period longer than there are dates',
      { policy: policyWith('{ calls: 999999999w }') },
      ['purge/early'],
    ],
    ['a time that no calendar shows', { time: FAR }, []],
    ['a time of the year 10000', { time: 253_402_300_800 + 183 * DAY }, []],
    ['the first second of all', { time: 0 }, ['purge/early']],
    ['a period from the year 0 on', { time: 0, policy: policyWith('{ calls: 719528d }') }, ['purge/early']],
  ])('is judged by %s', (_, facts, expected) => {
    expect(purges('calls', '2024-01-02T00:00:00.000Z', 2, facts)).toEqual(expected);
  });
});

describe('what a purge took', () => {
  const one = sealOf('a-calls-1');
  const two = sealOf('a-calls-2', 'a-calls-1');
  const access = sealOf('a-access-1');
  const before = '2024-01-01T02:00:00.000Z';
  const takenFrom = (calls: CallsLedger) =>
    calls.seals.map((seal) => [
      seal.segment.slice(0, -7).replace('-20240101t', ' '),
      takenBy(calls, seal)?.sequence,
      takenBy(calls, seal, 'content')?.sequence,
    ]);

  test('content goes by itself, and with its calls', () => {
    const content = ledgerOf(one, access, two, purgeOf('content', before, 1));
    expect(takenFrom(content)).toEqual([
      ['a-calls 010000', undefined, 13],
      ['a-access 010000', undefined, undefined],
      ['a-calls 020000', undefined, undefined],
    ]);
    const later = ledgerOf(
      one,
      access,
      two,
      purgeOf('content', before, 1),
      purgeOf('calls', '2024-01-02T00:00:00.000Z', 2),
    );
    expect(takenFrom(later)).toEqual([
      ['a-calls 010000', 14, 13],
      ['a-access 010000', undefined, undefined],
      ['a-calls 020000', 14, 14],
    ]);
    expect(purgeable(content, 'calls', '2024-01-02T00:00:00.000Z')).toHaveLength(2);
    expect(purgeable(content, 'content', '2024-01-02T00:00:00.000Z').map(({ sequence }) => sequence)).toEqual(
      [12],
    );
    expect(purgeable(later, 'content', '2024-01-02T00:00:00.000Z')).toEqual([]);
    expect(purgeable(later, 'access', '2024-01-02T00:00:00.000Z')).toHaveLength(1);
  });

  test('a segment with a record that is dated ahead ended by its seal', () => {
    const ahead = ledgerOf(sealOf('a-calls-1', undefined, { last: '9999-12-31T23:59:59.999Z' }));
    expect(purgeable(ahead, 'calls', '2026-11-21T00:00:00.000Z')).toEqual([]);
    expect(purgeable(ahead, 'calls', '2026-11-21T00:00:00.001Z')).toHaveLength(1);
  });

  test('a segment that is sealed later is to be there, however old its records are', () => {
    const calls = ledgerOf(one, purgeOf('calls', before, 1), sealOf('b-calls-1'));
    expect(takenFrom(calls)).toEqual([
      ['a-calls 010000', 11, 11],
      ['b-calls 010000', undefined, undefined],
    ]);
    expect(purgeable(calls, 'calls', before).map(({ sequence }) => sequence)).toEqual([12]);
  });

  test('what may be purged is what no purge took, in ledgers of any kind', () => {
    const day = fc.integer({ min: 1, max: 9 }).map((n) => `2024-01-0${n}T00:00:00.000Z`);
    const classes = fc.constantFrom<RetentionClass>('calls', 'access', 'content');
    const sealing = fc.tuple(fc.constantFrom('a-calls', 'a-access'), fc.nat(99), day);
    const events = fc.array(
      fc.oneof(
        sealing.map(([name, n, last]): CallsDetail => sealOf(`${name}-${n}`, undefined, { last })),
        fc.tuple(classes, day).map(([kind, to]): CallsDetail => purgeOf(kind, to, 1)),
      ),
      { minLength: 4, maxLength: 16 },
    );
    fc.assert(
      fc.property(events, classes, day, (details, kind, to) => {
        const calls = ledgerOf(...details);
        const of = kind === 'access' ? 'access' : 'calls';
        const left = calls.seals.filter(
          (seal) => seal.class === of && seal.last < to && takenBy(calls, seal, kind) === undefined,
        );
        expect(purgeable(calls, kind, to)).toEqual(left);
      }),
      { numRuns: 1000 },
    );
  });
});
