import { Failure, type Reason } from '../failure.ts';
import type { Acknowledgement, Finding } from './model.ts';

interface CodeInfo {
  readonly severity: Finding['severity'];
  /** What to do about it. */
  readonly hint: string;
}

/** Every code that `verify` can give (design section 5), with what to do. The codes are stable. */
const CODES = {
  'ledger/missing': error(
    'git clone does not bring it: get it with promptaudit sync, or run promptaudit init where there is no registry yet',
  ),
  'ledger/rollback': error(
    'fetch the ledger again with git fetch <remote> refs/notes/promptaudit:refs/notes/promptaudit, and compare its head with the one named here before trusting either',
  ),
  'ledger/fork': error(
    'somebody rewrote the ledger: compare both heads with another clone before trusting either',
  ),
  'ledger/sequence': error(
    'an event was dropped, repeated or reordered: compare the ledger with another clone',
  ),
  'ledger/previous': error('the event before this one was exchanged: compare the ledger with another clone'),
  'ledger/registry': error('the event belongs to another registry: find out who put it here'),
  'ledger/parents': error(
    'a ledger commit has its previous event as first parent and nothing else that its kind does not ask for: find out who made it',
  ),
  'ledger/malformed': error(
    'the commit was not made by promptaudit: find out who made it, then acknowledge it',
  ),
  'ledger/tree': error('find out who edited them, then acknowledge it: the next event puts the notes right'),
  'ledger/time': error('check the clock of the machine that signed it, then acknowledge it'),
  'object/missing': error(
    'fetch it from a clone that has it: promptaudit sync brings tags that were never fetched, and git fetch --refetch <remote> what was here and is lost',
  ),
  'object/corrupt': error('see with git fsck what else is damaged, and restore it from another clone'),
  'signature/missing': error('nothing unsigned counts: find out who made it'),
  'signature/invalid': error(
    'the object was altered after it was signed, or never was signed by this key: compare with another clone',
  ),
  'signature/unknown-key': error(
    "add the key to the policy if it is a colleague's, and ask them to do it again; otherwise find out whose it is",
  ),
  'signature/revoked': error(
    'the key was revoked from this position on: ask its owner to do it again with a current key',
  ),
  'signature/identity': error("the name on it is not the key owner's: find out who used whose key"),
  'signature/role': error('ask somebody who holds the role, or an admin to grant it, and do it again'),
  'signature/ambiguous': error(
    'an object has exactly one signature that covers all of it: find out who made this one',
  ),
  'version/commit': error(
    'the commit is not what the event says: find out who made it, and do it again with the right one',
  ),
  'version/content': error('the file is not what was signed for: commit the prompt again'),
  'version/number': error('compare the ledger with another clone, and do it again'),
  'version/unregistered': error(
    'find out who brought it there; register it with promptaudit commit, or put a registered version back and acknowledge it',
  ),
  'approval/tag-missing': error('restore it with: promptaudit doctor --repair, and find out who deleted it'),
  'approval/tag-moved': error('find out who moved it, and put it back with: promptaudit doctor --repair'),
  'approval/tag-mismatch': error(
    'the tag does not say what the event says: ask the approver to decide again',
  ),
  'approval/unrecorded': error(
    'a tag counts only with its event: ask its author to run promptaudit approve, and delete the tag',
  ),
  'approval/self': error('ask an approver who did not write it'),
  'approval/role': error('ask somebody who holds the role approver'),
  'deployment/unapproved': error(
    'it was deployed without the approvals that the policy demands and does not count: get them and deploy again',
  ),
  'deployment/promotion': error(
    'roll this exact version out, first to the environment that it is promoted from',
  ),
  'deployment/soak': error('wait until it has been there long enough, and deploy again'),
  'deployment/separation': error('ask a deployer who neither wrote nor approved it'),
  'deployment/replaces': error('look at what is active there, and do it again'),
  'deployment/unreviewed-emergency': error('review it now: approve or roll back, then acknowledge the delay'),
  'policy/threshold': error('ask further admins to approve it'),
  'policy/number': error('compare the ledger with another clone, and commit the policy again'),
  'policy/content': error('the policy file is not what was signed for: commit the policy again'),
  'policy/invalid': error(
    'mend the policy file, check it with promptaudit policy check, and commit it again',
  ),
  'seal/previous': error('a segment was left out or sealed out of order: seal it again'),
  'seal/repeated': error('find out why the segment was sealed twice: only the first seal counts'),
  'hold/name': error('see what is held with promptaudit calls hold --list'),
  'purge/early': error("what is younger than the policy's period has to be there: restore it from a copy"),
  'purge/segments': error('the purge does not say what it took: compare the store with a copy'),
  'erasure/repeated': error('find out why the id was used twice: only the first erasure counts'),
  'calls/missing': error('put the file back from a copy; find out who took it'),
  'calls/altered': error('put the file back from a copy, and find out who changed it'),
  'calls/record': error('compare the segment with a copy, and find out who changed it'),
  'calls/unsealed': error(
    'find out who put it there; what was recorded is sealed with promptaudit calls seal',
  ),
  'calls/purged': error('finish the purge: run promptaudit calls purge again'),
  'calls/content': error('put it back from a copy, and find out who took it'),
  'calls/erased': error('finish the erasure: run promptaudit calls erase --resume'),
  'calls/certificate': error('put the certificate back from a copy'),
  'repo/replace': error(
    'delete the refs under refs/replace: they show readers other objects than the ones that were signed',
  ),
  'repo/grafts': error('delete info/grafts: it shows readers another history than the one that was signed'),
  'repo/shallow': error('fetch the whole history: git fetch --unshallow'),
  'repo/ref-name': error('rename the ref, or delete it with git update-ref -d <ref>'),
  'repo/unknown-ref': error('find out who made it, and delete it with git update-ref -d <ref>'),
} as const satisfies Record<string, CodeInfo>;

export type FindingCode = keyof typeof CODES;

function error(hint: string): CodeInfo {
  return { severity: 'error', hint };
}

/** Every code, in the order of the design's list. */
export const FINDING_CODES: readonly string[] = Object.keys(CODES);

/** What to do about findings with this code; `undefined` where there is no such code. */
export function hintOf(code: string): string | undefined {
  return isFindingCode(code) ? CODES[code].hint : undefined;
}

function isFindingCode(text: string): text is FindingCode {
  return Object.hasOwn(CODES, text);
}

/** Where a finding stands. */
export type FindingPlace = Pick<Finding, 'sequence' | 'prompt' | 'version' | 'ref' | 'object'>;

/** Makes a finding; `hint` replaces the code's own where the place knows better. */
export function finding(code: FindingCode, place: FindingPlace, message: string, hint?: string): Finding {
  return { code, severity: CODES[code].severity, ...place, message, hint: hint ?? CODES[code].hint };
}

/** Of an object that an event rests on, and that this repository does not have, or has damaged. */
export function unreadFinding(state: 'missing' | 'corrupt', place: FindingPlace, message: string): Finding {
  return { ...finding(`object/${state}`, place, message), unread: true };
}

/** The rules' reasons as findings. @throws Failure when a rule names a code that is none: a defect */
export function findingsOf(reasons: readonly Reason[], place: FindingPlace): readonly Finding[] {
  return reasons.map((reason) => {
    if (!isFindingCode(reason.rule))
      throw new Failure(`rule ${reason.rule} is no finding code: please report this defect`);
    return finding(reason.rule, place, reason.message);
  });
}

/** What concerns the present cannot be acknowledged, only put right (design section 5). */
export function canBeAcknowledged({ code, again }: Pick<Finding, 'code' | 'again'>): boolean {
  return (
    !again &&
    !/^(?:ledger\/(?:missing|rollback|fork)|object\/.*|repo\/.*|approval\/tag-(?:missing|moved))$/.test(code)
  );
}

/** The admin's word that a finding is known. What is acknowledged has happened: none counts for what came after it. */
export function acknowledgementOf(
  found: Finding,
  acknowledgements: readonly Acknowledgement[],
): Acknowledgement | undefined {
  if (!canBeAcknowledged(found)) return undefined;
  const { sequence: at = 0, since = 0 } = found;
  return acknowledgements.find(
    ({ before, time, finding: code, target }) => isAbout(found, code, target) && at < before && since < time,
  );
}

/** Whether a finding is the one with this code at this event or object. */
export function isAbout(found: Finding, code: string, target: number | string): boolean {
  return found.code === code && (found.sequence === target || found.object === target);
}
