import { extraHeaders, type ParsedCommit } from '../git/commit.ts';
import type { GitStore } from '../git/store.ts';
import type { EventDetail, LedgerEvent } from '../ledger/event.ts';
import { quote } from '../ledger/text.ts';
import type { Policy } from '../policy/model.ts';
import type { Evidence, LedgerEvidence } from './evidence.ts';
import { type FindingCode, type FindingPlace, finding, unreadFinding } from './findings.ts';
import type { Actor, Finding } from './model.ts';
import { judgeSigner, type SignerRules } from './signed.ts';
import type { TrailState } from './state.ts';

/** One event, signed by `actor` under `policy`, with all that it rests on. */
export interface Case<D extends EventDetail = EventDetail> {
  readonly event: LedgerEvent;
  readonly detail: D;
  readonly actor: Actor;
  readonly policy: Policy;
  readonly rules: SignerRules;
  /** Committer time, seconds since the epoch. */
  readonly time: number;
  readonly evidence: LedgerEvidence;
  readonly state: TrailState;
  readonly store: GitStore;
  readonly place: FindingPlace;
}

/** Its bytes are those of its id, so that no clone has a better one. */
const MISREAD = 'no such object can count: find out who named it, and do it again';

/**
 * Whether an object that the event rests on is there, whole, and signed by the event's own signer.
 * @param one `misread` is the code where what bears the id is something else, and so always was
 */
export function judgeObject<T>(
  evidence: Evidence<T> | undefined,
  what: string,
  one: Pick<Case, 'actor' | 'rules' | 'place'> & { readonly misread: FindingCode },
): { readonly value: T | undefined; readonly findings: readonly Finding[] } {
  if (evidence === undefined) return { value: undefined, findings: [] };
  const at = { ...one.place, object: evidence.oid };
  const no = (found: Finding) => ({ value: undefined, findings: [found] });
  switch (evidence.state) {
    case 'missing':
      return no(
        unreadFinding('missing', at, `${what} ${evidence.oid.slice(0, 12)} is not in this repository`),
      );
    case 'corrupt':
      return no(
        unreadFinding(
          'corrupt',
          at,
          `${what} ${evidence.oid.slice(0, 12)} is damaged: its bytes are not what its id says`,
        ),
      );
    case 'malformed': {
      const message = `${what} ${evidence.oid.slice(0, 12)} cannot be read: ${evidence.why}`;
      return no(finding(one.misread, at, message, MISREAD));
    }
    case 'present':
      break;
  }
  const signer = judgeSigner(evidence.signed, evidence.outcome, one.rules, one.place);
  if (signer.actor !== undefined && signer.actor.principal !== one.actor.principal) {
    const message = `${what} ${evidence.oid.slice(0, 12)} is signed by ${signer.actor.principal}, its event by ${one.actor.principal}`;
    return { value: evidence.value, findings: [finding('signature/identity', at, message)] };
  }
  return { value: evidence.value, findings: signer.findings };
}

/** The commit that a version, policy or retirement event brings in. */
export function judgeSubject(one: Case): {
  readonly commit: ParsedCommit | undefined;
  readonly findings: readonly Finding[];
} {
  const misread = one.detail.event === 'policy' ? 'policy/content' : 'version/commit';
  const { value, findings } = judgeObject(one.evidence.subject, 'commit', { ...one, misread });
  const [extra] = value === undefined ? [] : extraHeaders(value);
  const oid = one.evidence.subject?.oid;
  if (extra === undefined || oid === undefined) return { commit: value, findings };
  const message = `commit ${oid.slice(0, 12)} has a header that no such commit has, ${quote(extra)}`;
  const found = finding(misread, { ...one.place, object: oid }, message, MISREAD);
  return { commit: value, findings: [...findings, found] };
}
