import type { LedgerEvent } from '../ledger/event.ts';
import type { Policy } from '../policy/model.ts';
import type { LedgerEvidence } from './evidence.ts';
import { type FindingPlace, finding, unreadFinding } from './findings.ts';
import type { Actor, Finding } from './model.ts';
import { judgeSigner, type SignerRules } from './signed.ts';
import type { TrailState } from './state.ts';

/** Whose event it is, by the policy by which it is judged. */
export function judgeActor(
  evidence: LedgerEvidence,
  rules: SignerRules | undefined,
  founding: LedgerEvidence,
  place: FindingPlace,
  findings: Finding[],
): Actor | undefined {
  if (evidence.commit.state !== 'present') return undefined;
  if (rules === undefined) {
    findings.push(noPolicy(founding, place));
    return undefined;
  }
  const judgement = judgeSigner(evidence.commit.signed, evidence.commit.outcome, rules, place);
  findings.push(...judgement.findings);
  // A key of the first policy that cannot be had may be the one that these are signed with.
  const wanting =
    judgement.actor === undefined && (place.sequence ?? 0) <= 2 ? founding.policy?.unread : undefined;
  if (wanting?.length) findings.push(noPolicy(founding, place));
  return judgement.actor;
}

/** Why there is no policy yet by which an event could be judged. */
function noPolicy({ subject, file, policy }: LedgerEvidence, place: FindingPlace): Finding {
  for (const object of [subject, file, ...(policy?.unread ?? [])]) {
    if (object === undefined || object.state === 'present' || object.state === 'absent') continue;
    const { state, oid } = object;
    const message = `object ${oid.slice(0, 12)}, on which the first policy rests, is ${state}, so that nothing can be judged`;
    const at = { ...place, object: oid };
    return state === 'malformed' ? finding('object/corrupt', at, message) : unreadFinding(state, at, message);
  }
  const message = 'the ledger names no valid policy by which its first events could be judged';
  return finding('policy/invalid', place, message);
}

/**
 * Genesis and the first policy are signed by the same admin of that policy (design 1.1), and with the same key: genesis names
 * no key, so that anybody could put a policy of their own behind it that lists a second key for whoever signed it.
 */
export function judgeFounding(
  state: TrailState,
  event: LedgerEvent,
  actor: Actor | undefined,
  policy: Policy | undefined,
  place: FindingPlace,
): readonly Finding[] {
  if (place.sequence === 1) {
    state.founder = actor;
    if (actor === undefined || policy?.principals.get(actor.principal)?.roles.has('admin')) return [];
    return [
      finding(
        'signature/role',
        place,
        `${actor.principal} founded the registry but is no admin of its first policy`,
      ),
    ];
  }
  if (place.sequence !== 2) return [];
  if (event.detail.event !== 'policy')
    return [finding('ledger/sequence', place, 'event 2 is not the first policy')];
  if (actor === undefined || actor.key === state.founder?.key) return [];
  return [
    finding(
      'signature/identity',
      place,
      'the first policy is not signed with the key that founded the registry',
    ),
  ];
}
