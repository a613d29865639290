import { assertNever, type Reason } from '../failure.ts';
import type { CallsDetail, Detail } from '../ledger/event.ts';
import { formatDuration } from '../policy/duration.ts';
import { roleReasons } from '../policy/evaluate.ts';
import type { Policy, PrincipalId } from '../policy/model.ts';
import {
  type CallsLedger,
  type OpenCallsLedger,
  purgeable,
  segmentBefore,
  standingHolds,
} from './callsledger.ts';
import type { Case } from './case.ts';
import { findingsOf } from './findings.ts';
import { timeText } from './instant.ts';
import type { Finding } from './model.ts';

/** Seals, holds, purges and erasures: what one breaks of the rules. */
export async function judgeCalls(one: Case<CallsDetail>): Promise<readonly Finding[]> {
  const calls = await one.state.calls.open();
  const facts = { calls, policy: one.policy, principal: one.actor.principal, time: one.time };
  return findingsOf(callsReasons(facts, one.detail), one.place);
}

/** What such an event is judged by; `time` in seconds since the epoch. */
export interface CallsFacts {
  readonly calls: OpenCallsLedger;
  readonly policy: Policy;
  readonly principal: PrincipalId;
  readonly time: number;
}

/** Every rule that it breaks; none when it may take effect. The planner asks before anything is signed. */
export function callsReasons(facts: CallsFacts, detail: CallsDetail): readonly Reason[] {
  const { policy, principal, calls } = facts;
  const role = (roles: Parameters<typeof roleReasons>[2], what: string) =>
    roleReasons(policy, principal, roles, what);
  switch (detail.event) {
    case 'seal':
      return [...role('recorder', 'seal a segment'), ...sealReasons(calls, detail)];
    case 'hold':
      return [...role(['admin', 'auditor'], 'hold records'), ...holdReasons(calls, detail.hold)];
    case 'release':
      return [...role('admin', 'release a hold'), ...releaseReasons(calls, detail.hold)];
    case 'purge':
      return [...role(['admin', 'recorder'], 'purge records'), ...purgeReasons(facts, detail)];
    case 'erasure':
      return [...role('admin', 'erase content'), ...erasureReasons(calls, detail.erasure)];
    default:
      return assertNever(detail);
  }
}

function sealReasons(
  calls: OpenCallsLedger,
  { segment, previousSegment }: Detail<'seal'>,
): readonly Reason[] {
  const earlier = calls.sealed.get(segment);
  if (earlier !== undefined) {
    const message = `segment ${segment} was sealed by event ${earlier.sequence} already`;
    return [{ rule: 'seal/repeated', message, remedy: 'seal what was recorded since' }];
  }
  const before = segmentBefore(calls, segment);
  if (before === previousSegment) return [];
  const message = `segment ${segment} follows ${previousSegment ?? 'none'}, but the one sealed before it is ${before ?? 'none'}`;
  return [{ rule: 'seal/previous', message, remedy: 'seal it again, now that the ledger has moved on' }];
}

function holdReasons(calls: CallsLedger, name: string): readonly Reason[] {
  const earlier = calls.holds.find((hold) => hold.name === name);
  if (earlier === undefined) return [];
  const { sequence, released } = earlier;
  const message =
    released === undefined
      ? `there is a hold ${name} since event ${sequence}`
      : `there was a hold ${name} from event ${sequence} to ${released}, and a name is not used again`;
  return [{ rule: 'hold/name', message, remedy: 'give it another name' }];
}

function releaseReasons(calls: CallsLedger, name: string): readonly Reason[] {
  if (standingHolds(calls).some((hold) => hold.name === name)) return [];
  const released = calls.holds.find((hold) => hold.name === name)?.released;
  const message =
    released === undefined
      ? `there is no hold ${name} to release`
      : `hold ${name} was released by event ${released} already`;
  return [{ rule: 'hold/name', message, remedy: 'see what is held with promptaudit calls hold --list' }];
}

function erasureReasons(calls: CallsLedger, id: string): readonly Reason[] {
  const earlier = calls.erasures.find((erasure) => erasure.id === id);
  if (earlier === undefined) return [];
  const message = `there is an erasure ${id} since event ${earlier.sequence}`;
  return [{ rule: 'erasure/repeated', message, remedy: 'erase again, which gives it an id of its own' }];
}

function purgeReasons({ calls, policy, time }: CallsFacts, purge: Detail<'purge'>): readonly Reason[] {
  const period = policy.retention[purge.class];
  if (period === undefined) {
    const message = `the policy gives no period of retention for ${purge.class}, so nothing of it is purged`;
    const remedy = `ask an admin to set retention.${purge.class} in the policy`;
    return [{ rule: 'purge/early', message, remedy }];
  }
  const reasons: Reason[] = [];
  const latest = timeText(time - period);
  if (purge.before > latest) {
    const message = `the policy keeps ${purge.class} for ${formatDuration(period)}, so nothing since ${latest} may be purged`;
    reasons.push({ rule: 'purge/early', message, remedy: `purge only what is before ${latest}, or wait` });
  }
  const count = purgeable(calls, purge.class, purge.before).length;
  if (count !== purge.segments) {
    const message = `there are ${count} segments to purge of ${purge.class} before ${purge.before}, not ${purge.segments}`;
    reasons.push({
      rule: 'purge/segments',
      message,
      remedy: 'purge again, now that the ledger has moved on',
    });
  }
  return reasons;
}
