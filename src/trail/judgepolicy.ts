import type { Detail } from '../ledger/event.ts';
import { evaluatePolicyChange } from '../policy/evaluate.ts';
import { type Case, judgeSubject } from './case.ts';
import { finding, findingsOf } from './findings.ts';
import type { Finding } from './model.ts';

/** A policy: numbered one after the last, valid, what the event says, and put by an admin of the policy in force. */
export async function judgePolicy(one: Case<Detail<'policy'>>): Promise<readonly Finding[]> {
  const { detail, place, evidence } = one;
  const expected = one.state.policies.length + 1;
  const at = { ...place, object: detail.commit };
  const found: Finding[] = [];
  if (detail.version !== expected) {
    found.push(finding('policy/number', place, `policy v${detail.version} stands where v${expected} is due`));
  }
  const { file } = evidence;
  if (file?.state === 'missing' || file?.state === 'corrupt') {
    found.push(
      finding(
        `object/${file.state}`,
        { ...place, object: file.oid },
        `the policy file's object ${file.oid.slice(0, 12)} is ${file.state}`,
      ),
    );
  } else if (file?.state !== 'present' || file.digest !== detail.contentDigest) {
    found.push(
      finding(
        'policy/content',
        at,
        `commit ${detail.commit.slice(0, 12)} does not hold the policy that the event names`,
      ),
    );
  }
  if (evidence.policy !== undefined && evidence.policy.policy === undefined) {
    const first = evidence.policy.problems.find((problem) => problem.severity === 'error');
    const why = first === undefined ? '' : `: line ${first.line}: ${first.message}`;
    found.push(finding('policy/invalid', at, `policy v${detail.version} is not valid${why}`));
  }
  return [
    ...found,
    ...judgeSubject(one).findings,
    ...findingsOf(
      evaluatePolicyChange(one.policy, evidence.policy?.policy ?? one.policy, one.actor.principal),
      place,
    ),
  ];
}
