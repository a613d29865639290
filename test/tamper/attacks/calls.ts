import { expect } from 'vitest';
import type { CallsDetail } from '../../../src/ledger/event.ts';
import {
  act,
  callsOf,
  digestOf,
  erasureOf,
  holdOf,
  purgeOf,
  seal,
  sealOf,
  segmentOf,
} from '../../helpers/callsevents.ts';
import { forgeEvent } from '../../helpers/forge.ts';
import { type Hospital, policyOf, setPolicy } from '../../helpers/hospital.ts';
import type { Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';

/**
 * Behind the nine events of the scene: 10, a policy by which Dan records, Carol audits, and calls are kept for 183 days; 11 and
 * 12, seals of a's first two segments; 13, Carol's hold `case`; 14, Ada's hold `closed`, which she released with 15.
 */
export async function keepRecords(h: Hospital): Promise<void> {
  const { team, ada, carol, dan } = h;
  const policy = policyOf(h, { retention: { calls: '183d' } });
  policy.principals[dan.email] = { name: dan.name, roles: ['author', 'recorder'], keys: [dan.publicKey] };
  policy.principals[carol.email] = {
    name: carol.name,
    roles: ['approver', 'auditor'],
    keys: [carol.publicKey],
  };
  await setPolicy(h, policy);
  await seal(team, dan, 'a-calls-1', 'a-calls-2');
  await act(team, carol, holdOf('case'));
  await act(team, ada, holdOf('closed'));
  await act(team, ada, { event: 'release', hold: 'closed' });
  await team.ok(undefined, ['verify']);
}

const REASONED = ['hold', 'release', 'erasure'];

const forge = (h: Hospital, who: Person, detail: CallsDetail, more: { late?: number } = {}) =>
  forgeEvent(h, who, detail, { policy: 3, reason: REASONED.includes(detail.event) ? 'Mine' : '', ...more });

/** What counted before is all that counts, and the next seal hangs on the last that did. */
const asBefore = async (h: Hospital) => {
  const before = await callsOf(h.team);
  expect(before.seals.map(({ sequence }) => sequence)).toEqual([11, 12]);
  expect(before.holds.map(({ name, released }) => [name, released])).toEqual([
    ['case', undefined],
    ['closed', 15],
  ]);
  expect([before.purges, before.erasures]).toEqual([[], []]);
  await seal(h.team, h.dan, 'a-calls-3');
  expect((await callsOf(h.team)).seals.at(-1)).toMatchObject({
    segment: segmentOf('a-calls-3'),
    previousSegment: segmentOf('a-calls-2'),
  });
};

const HALF_A_YEAR = 183 * 86_400;
/** Later than any calendar shows, and a number that a commit may hold. */
const AEONS = 9_000_000_000_000_000;

const purges = (
  title: string,
  detail: CallsDetail,
  expected: readonly ('purge/early' | 'purge/segments')[],
  late = 0,
): Attack => ({
  code: expected[0] ?? 'purge/early',
  by: 'insider',
  title,
  carryOut: (h) => forge(h, h.dan, detail, { late }),
  expected: expected.map((code) => `${code}@16`),
  ...(late === 0 ? { afterwards: asBefore } : {}),
});

const withoutRole = (
  title: string,
  who: 'ada' | 'bob' | 'carol' | 'dan' | 'dee',
  detail: CallsDetail,
): Attack => ({
  code: 'signature/role',
  by: 'insider',
  title,
  carryOut: (h) => forge(h, h[who], detail),
  expected: ['signature/role@16'],
  afterwards: asBefore,
});

/** Of a scene in which records are kept. */
export const CALLS_ATTACKS: readonly Attack[] = [
  {
    code: 'seal/previous',
    by: 'insider',
    title: 'drops a segment: seals the next as if the last had not been there',
    carryOut: (h) => forge(h, h.dan, sealOf('a-calls-3', 'a-calls-1')),
    expected: ['seal/previous@16'],
    afterwards: asBefore,
  },
  {
    code: 'seal/previous',
    by: 'insider',
    title: 'begins a recorder’s chain anew',
    carryOut: (h) => forge(h, h.dan, sealOf('a-calls-3')),
    expected: ['seal/previous@16'],
    afterwards: asBefore,
  },
  {
    code: 'seal/previous',
    by: 'insider',
    title: 'hangs a segment on one that was never sealed',
    carryOut: (h) => forge(h, h.dan, sealOf('a-calls-4', 'a-calls-3')),
    expected: ['seal/previous@16'],
    afterwards: asBefore,
  },
  {
    code: 'seal/previous',
    by: 'insider',
    title: 'hangs accesses on calls, and another recorder’s calls on them',
    carryOut: async (h) => {
      await forge(h, h.dan, sealOf('a-access-1', 'a-calls-2'));
      await forge(h, h.dan, sealOf('b-calls-1', 'a-calls-2'));
    },
    expected: ['seal/previous@16', 'seal/previous@17'],
    afterwards: asBefore,
  },
  {
    code: 'seal/previous',
    by: 'insider',
    title: 'hangs a segment on a seal that does not count',
    carryOut: async (h) => {
      await forge(h, h.dan, sealOf('a-calls-3', 'a-calls-1'));
      await forge(h, h.dan, sealOf('a-calls-4', 'a-calls-3'));
    },
    expected: ['seal/previous@16', 'seal/previous@17'],
    afterwards: asBefore,
  },
  {
    code: 'seal/repeated',
    by: 'insider',
    title: 'seals a segment again, with other records',
    carryOut: (h) =>
      forge(h, h.dan, sealOf('a-calls-2', 'a-calls-1', { merkleRoot: digestOf('mine'), records: 9 })),
    expected: ['seal/repeated@16'],
    afterwards: async (h) => {
      await asBefore(h);
      expect((await callsOf(h.team)).sealed.get(segmentOf('a-calls-2'))).toMatchObject({
        sequence: 12,
        merkleRoot: digestOf('root of a-calls-2'),
      });
    },
  },
  {
    code: 'seal/repeated',
    by: 'insider',
    title: 'seals a segment again, behind the last one',
    carryOut: (h) => forge(h, h.dan, sealOf('a-calls-1', 'a-calls-2')),
    expected: ['seal/repeated@16'],
    afterwards: asBefore,
  },
  {
    code: 'hold/name',
    by: 'insider',
    title: 'puts another query under the name of a hold',
    carryOut: (h) => forge(h, h.carol, { ...holdOf('case'), queryDigest: digestOf('nothing') }),
    expected: ['hold/name@16'],
    afterwards: asBefore,
  },
  {
    code: 'hold/name',
    by: 'insider',
    title: 'holds again what was released',
    carryOut: (h) => forge(h, h.ada, holdOf('closed')),
    expected: ['hold/name@16'],
    afterwards: asBefore,
  },
  {
    code: 'hold/name',
    by: 'insider',
    title: 'releases a hold twice, and one that there never was',
    carryOut: async (h) => {
      await forge(h, h.ada, { event: 'release', hold: 'closed' });
      await forge(h, h.ada, { event: 'release', hold: 'cas' });
    },
    expected: ['hold/name@16', 'hold/name@17'],
    afterwards: asBefore,
  },
  // The scene is of January 2026, the segments are of the first hours of 2024.
  purges('purges what the policy still keeps', purgeOf('calls', '2025-12-01T00:00:00.000Z', 2), [
    'purge/early',
  ]),
  purges('purges what the policy keeps for ever', purgeOf('content', '2024-01-01T03:00:00.000Z', 2), [
    'purge/early',
  ]),
  purges('does not say how much they purged', purgeOf('calls', '2024-01-01T03:00:00.000Z', 1), [
    'purge/segments',
  ]),
  purges('purges more than there is', purgeOf('calls', '2024-01-01T03:00:00.000Z', 3), ['purge/segments']),
  purges('purges too much too early', purgeOf('calls', '2026-01-05T00:00:00.000Z', 9), [
    'purge/early',
    'purge/segments',
  ]),
  purges(
    'has a clock half a year ahead, and purges what is still too young for it',
    purgeOf('calls', '2026-01-06T00:00:00.000Z', 2),
    ['purge/early'],
    HALF_A_YEAR,
  ),
  purges(
    'purges more than there is, at a time that no calendar shows',
    purgeOf('calls', '2024-01-01T03:00:00.000Z', 3),
    ['purge/segments'],
    AEONS,
  ),
  {
    code: 'purge/segments',
    by: 'insider',
    title: 'purges the same twice',
    carryOut: async (h) => {
      await forge(h, h.ada, purgeOf('calls', '2024-01-01T03:00:00.000Z', 2));
      await forge(h, h.ada, purgeOf('calls', '2024-01-01T03:00:00.000Z', 2));
    },
    expected: ['purge/segments@17'],
    afterwards: async ({ team }) => {
      expect((await callsOf(team)).purges.map(({ sequence }) => sequence)).toEqual([16]);
    },
  },
  {
    code: 'erasure/repeated',
    by: 'insider',
    title: 'puts another certificate under the id of an erasure',
    carryOut: async (h) => {
      await forge(h, h.ada, erasureOf(1));
      await forge(h, h.ada, { ...erasureOf(1), records: 1, certificate: digestOf('of fewer calls') });
      await forge(h, h.ada, erasureOf(2));
    },
    expected: ['erasure/repeated@17'],
    afterwards: async ({ team }) => {
      expect((await callsOf(team)).erasures).toMatchObject([
        { sequence: 16, certificate: erasureOf(1).certificate, records: 2 },
        { sequence: 18, certificate: erasureOf(2).certificate },
      ]);
    },
  },
  withoutRole('seals, as no recorder', 'ada', sealOf('a-calls-3', 'a-calls-2')),
  withoutRole('holds, as neither admin nor auditor', 'dan', holdOf('mine')),
  withoutRole('releases a hold, as the auditor who made it', 'carol', { event: 'release', hold: 'case' }),
  withoutRole(
    'purges, as neither admin nor recorder',
    'dee',
    purgeOf('calls', '2024-01-01T03:00:00.000Z', 2),
  ),
  withoutRole('erases, as no admin', 'dan', erasureOf(1)),
];
