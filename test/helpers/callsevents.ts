import { createHash } from 'node:crypto';
import { openEmbeddedStore } from '../../src/git/embedded/store.ts';
import type { CallsDetail, Detail, Sha256 } from '../../src/ledger/event.ts';
import type { SegmentName } from '../../src/ledger/segment.ts';
import { perform } from '../../src/registry/perform.ts';
import type { Plan } from '../../src/registry/plan.ts';
import { planCalls, planSeals } from '../../src/registry/plancalls.ts';
import type { Asker } from '../../src/registry/plandeployment.ts';
import { actingPrincipal, type Session } from '../../src/registry/session.ts';
import { openSigner } from '../../src/signing/signer.ts';
import type { OpenCallsLedger, Sealing } from '../../src/trail/callsledger.ts';
import { Trail } from '../../src/trail/trail.ts';
import type { Person, Team } from './team.ts';

/** A digest of this name, and of nothing else. */
export const digestOf = (name: string): Sha256 =>
  `sha256:${createHash('sha256').update(name).digest('hex')}` as Sha256;

/** `a-calls-3` is the name of a segment that recorder `a` opened three hours into 2024. */
export function segmentOf(short: string): SegmentName {
  const [, chain = '', hour = ''] = /^(.*)-(\d+)$/.exec(short) ?? [];
  return `${chain}-20240101t${hour.padStart(2, '0')}0000z00000${Number(hour) % 10}` as SegmentName;
}

/** What a seal of it says: ten records, by default of the hour that it was opened in. */
export function sealingOf(short: string, more: Partial<Sealing> = {}): Sealing {
  const hour = (/\d+$/.exec(short)?.[0] ?? '').padStart(2, '0');
  return {
    segment: segmentOf(short),
    records: 10,
    first: `2024-01-01T${hour}:00:00.000Z`,
    last: `2024-01-01T${hour}:59:59.999Z`,
    merkleRoot: digestOf(`root of ${short}`),
    fileDigest: digestOf(`file of ${short}`),
    fileSize: 1234,
    ...more,
  };
}

/** The same as an event. */
export function sealOf(short: string, previous?: string, more: Partial<Sealing> = {}): Detail<'seal'> {
  const previousSegment = previous === undefined ? undefined : segmentOf(previous);
  return { event: 'seal', ...sealingOf(short, more), previousSegment };
}

export function purgeOf(kind: Detail<'purge'>['class'], before: string, segments: number): Detail<'purge'> {
  return { event: 'purge', class: kind, before, segments, certificate: digestOf('what was purged') };
}

export function holdOf(hold: string): Detail<'hold'> {
  return { event: 'hold', hold, queryDigest: digestOf(`the query of ${hold}`) };
}

export function erasureOf(number: number): Detail<'erasure'> {
  const erasure = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  return {
    event: 'erasure',
    erasure,
    selector: 'user',
    records: 2,
    parts: 3,
    certificate: digestOf(erasure),
  };
}

/** Plans seals as a person of the policy, and carries the plan out. @throws Refusal */
export function seal(team: Team, person: Person, ...shorts: readonly (string | Sealing)[]): Promise<void> {
  const sealings = shorts.map((one) => (typeof one === 'string' ? sealingOf(one) : one));
  return carryOut(team, person, (asker, calls) => planSeals(asker, calls, sealings));
}

/** Plans a hold, a release, a purge or an erasure, and carries the plan out. @throws Refusal */
export function act(
  team: Team,
  person: Person,
  detail: Exclude<CallsDetail, { event: 'seal' }>,
  reason = 'Because',
): Promise<void> {
  return carryOut(team, person, (asker, calls) => planCalls(asker, calls, detail, reason));
}

async function carryOut(
  team: Team,
  person: Person,
  plan: (asker: Asker, calls: OpenCallsLedger) => Plan,
): Promise<void> {
  team.clock += 60;
  const who = { name: person.name, email: person.email, time: team.clock, zone: '+0000' };
  await withTrail(team, async (trail, store) => {
    const env = { PROMPTAUDIT_SIGNING_KEY: person.key };
    const signer = await openSigner({ config: store.config, env, cwd: team.repo, workTree: team.repo });
    const identity = () => ({ author: who, committer: who });
    const session: Session = { store, trail, signer, identity, pause: async () => {} };
    const planner = async () => {
      const { policy } = trail.policy;
      const asker = { policy, principal: actingPrincipal(session), time: who.time };
      return { plan: plan(asker, await trail.calls()) };
    };
    await perform(session, planner, { dryRun: false });
  });
}

/** What the ledger of a repository says of the records of calls, as whoever looks at it now reads it. */
export function callsOf(team: Team): Promise<OpenCallsLedger> {
  return withTrail(team, (trail) => trail.calls());
}

async function withTrail<T>(
  team: Team,
  work: (trail: Trail, store: Session['store']) => Promise<T>,
): Promise<T> {
  const store = await openEmbeddedStore({ cwd: team.repo, env: team.sandbox.env });
  try {
    return await work(await Trail.open({ store }), store);
  } finally {
    await store.close();
  }
}
