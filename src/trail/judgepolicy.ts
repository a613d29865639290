import type { Detail } from '../ledger/event.ts';
import { evaluatePolicyChange } from '../policy/evaluate.ts';
import { type Case, judgeSubject } from './case.ts';
import { finding, findingsOf, unreadFinding } from './findings.ts';
import type { Finding } from './model.ts';
import type { FileEvidence } from './treefiles.ts';

/** A policy: numbered one after the last, valid, what the event says, and put by an admin of the policy in force. */
export async function judgePolicy(one: Case<Detail<'policy'>>): Promise<readonly Finding[]> {
  const { detail, place, evidence } = one;
  const expected = one.state.policies.length + 1;
  const at = { ...place, object: detail.commit };
  const found: Finding[] = [];
  if (detail.version !== expected) {
    found.push(finding('policy/number', place, `policy v${detail.version} stands where v${expected} is due`));
  }
  found.push(...judgeFile(evidence.file, one));
  for (const { oid, state } of evidence.policy?.unread ?? []) {
    const message = `object ${oid.slice(0, 12)}, on which a key of policy v${detail.version} rests, is ${state}`;
    found.push(unreadFinding(state, { ...place, object: oid }, message));
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

/** `undefined` is the file of a commit that cannot itself be read, which is a finding of its own. */
function judgeFile(
  file: FileEvidence | undefined,
  { detail, place }: Case<Detail<'policy'>>,
): readonly Finding[] {
  switch (file?.state) {
    case undefined:
      return [];
    case 'missing':
    case 'corrupt': {
      const message = `the policy file's object ${file.oid.slice(0, 12)} is ${file.state}`;
      return [unreadFinding(file.state, { ...place, object: file.oid }, message)];
    }
    case 'absent':
    case 'present':
      break;
  }
  if (file.state === 'present' && file.digest === detail.contentDigest) return [];
  const message = `commit ${detail.commit.slice(0, 12)} does not hold the policy that the event names`;
  return [finding('policy/content', { ...place, object: detail.commit }, message)];
}
