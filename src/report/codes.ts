import { type FindingCode, finding } from '../trail/findings.ts';

/** A finding code as catalogues of rules show it. */
export interface CodeEntry {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** What it means, without a full stop. */
  readonly title: string;
  /** What to do about it. */
  readonly help: string;
}

const TITLES: Readonly<Record<FindingCode, string>> = {
  'ledger/missing': 'The ledger is not in the repository',
  'ledger/rollback': 'The ledger stops short of what was verified before',
  'ledger/fork': 'The ledger departs from what was verified before, or from the given root',
  'ledger/sequence': 'An event was dropped, repeated or reordered',
  'ledger/previous': 'An event does not follow the event before it',
  'ledger/registry': 'An event belongs to another registry',
  'ledger/parents': 'A ledger commit has parents that its event does not ask for',
  'ledger/malformed': 'A ledger commit is not an event',
  'ledger/tree': 'The notes do not say what the events say',
  'ledger/time': 'Time runs backwards between two events',
  'object/missing': 'An object is not in the repository',
  'object/corrupt': 'The bytes of an object are not the ones that its id stands for',
  'signature/missing': 'It is not signed',
  'signature/invalid': 'The signature does not hold',
  'signature/unknown-key': 'It was signed with a key that nobody in the policy has',
  'signature/revoked': 'It was signed with a key that was revoked before',
  'signature/identity': 'It was signed with the key of another person than it names',
  'signature/role': 'The signer does not hold the role that it takes',
  'signature/ambiguous': 'It has more than one signature, or parts that no signature covers',
  'version/commit': 'The commit is not what the version event says',
  'version/content': 'The file is not the one that the version was registered with',
  'version/number': 'The versions of a prompt are not numbered 1, 2, 3 and so on',
  'version/unregistered': 'A protected branch holds content that was never registered as a version',
  'approval/tag-missing': 'The tag of a decision is gone',
  'approval/tag-moved': 'The tag of a decision points to another object',
  'approval/tag-mismatch': 'The tag of a decision does not say what its event says',
  'approval/unrecorded': 'A decision tag has no event in the ledger',
  'approval/self': 'A version was approved by its own author',
  'approval/role': 'A version was approved by somebody who is no approver',
  'deployment/unapproved': 'A version was deployed without the approvals that the policy demands',
  'deployment/promotion': 'A version was deployed before it was where it has to be promoted from',
  'deployment/soak': 'A version was deployed before it had been long enough where it is promoted from',
  'deployment/separation': 'A version was deployed by its author or by one of its approvers',
  'deployment/replaces': 'An event does not agree with what was active',
  'deployment/unreviewed-emergency': 'An emergency deployment was not reviewed in time',
  'policy/threshold': 'A policy change lacks the support that the policy before it demands',
  'policy/number': 'The versions of the policy are not numbered 1, 2, 3 and so on',
  'policy/content': 'The policy file is not the one that was signed for',
  'policy/invalid': 'The policy file cannot be used',
  'seal/previous': 'A seal does not follow the one that its recorder made before',
  'seal/repeated': 'A segment was sealed twice',
  'hold/name': 'A hold was made twice, or one was released that is not there',
  'purge/early': 'A purge took what the policy keeps',
  'purge/segments': 'A purge does not say what it took',
  'erasure/repeated': 'Two erasures have the same id',
  'calls/missing': 'The file of a sealed segment is gone',
  'calls/altered': 'The file of a sealed segment is not what was sealed',
  'calls/record': 'A record is not what was sealed, or a column does not say what its record says',
  'calls/unsealed': 'Records lie in the store that no seal vouches for',
  'calls/purged': 'What a purge took is still there',
  'calls/content': 'What was said in a call is gone or altered, and nobody erased it',
  'calls/erased': 'What an erasure destroyed is still there',
  'calls/certificate': 'The certificate of an erasure or a purge is gone or altered',
  'repo/replace': 'References under refs/replace show readers other objects than the signed ones',
  'repo/grafts': 'Grafts show readers another history than the signed one',
  'repo/shallow': 'The history is cut short',
  'repo/ref-name': 'A reference has an odd name',
  'repo/unknown-ref': 'A reference under our prefixes is none of ours',
};

/** Every code that there is, in the order of the design's list, and then those of `others` that are none of them. */
export function codeEntries(others: Iterable<{ readonly code: string; readonly hint: string }>): CodeEntry[] {
  const entries = new Map<string, CodeEntry>();
  for (const code of Object.keys(TITLES).filter(isKnown)) {
    const { severity, message, hint } = finding(code, {}, TITLES[code]);
    entries.set(code, { code, severity, title: message, help: hint });
  }
  for (const { code, hint } of others) {
    if (!entries.has(code)) entries.set(code, { code, severity: 'error', title: code, help: hint });
  }
  return [...entries.values()];
}

function isKnown(code: string): code is FindingCode {
  return Object.hasOwn(TITLES, code);
}

/** The part of a code before the slash: what it is about. */
export function familyOf(code: string): string {
  return code.split('/', 1)[0] ?? code;
}
