import type { ParsedCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import type { ParsedTag } from '../git/tag.ts';
import type { Policy, PrincipalId } from '../policy/model.ts';
import type { SignatureChecker } from '../signing/checker.ts';
import type { KeyId, Keyring, Verdict } from '../signing/model.ts';
import type { SignatureTask } from '../signing/signaturebatch.ts';
import { publicNumbers } from '../signing/sshkey.ts';
import { isSshArmor, keyringOf, verifySignature } from '../signing/verify.ts';
import { type FindingCode, type FindingPlace, finding } from './findings.ts';
import type { Actor, Finding } from './model.ts';

/** A commit or tag reduced to what a signature says about it. */
export interface Signed {
  readonly kind: 'commit' | 'tag';
  readonly oid: Oid;
  readonly payload: Uint8Array;
  readonly signatures: readonly Uint8Array[];
  /** Why two readers could differ on what is signed; `undefined` when they cannot. */
  readonly ambiguity: string | undefined;
  /** The people whom the object names: author and committer, or tagger. */
  readonly emails: readonly string[];
}

export function signedCommit(oid: Oid, commit: ParsedCommit): Signed {
  return {
    kind: 'commit',
    oid,
    payload: commit.payload,
    signatures: commit.signatures.map((signature) => signature.bytes),
    ambiguity: commit.ambiguity,
    emails: [commit.author.email, commit.committer.email],
  };
}

export function signedTag(oid: Oid, tag: ParsedTag): Signed {
  return {
    kind: 'tag',
    oid,
    payload: tag.payload,
    signatures: tag.signatures.map((signature) => signature.bytes),
    ambiguity: tag.ambiguity,
    emails: tag.tagger === undefined ? [] : [tag.tagger.email],
  };
}

/** What the signature itself says, before anybody asks who may sign. */
export type SignatureOutcome =
  | Verdict
  | { readonly verdict: 'missing' }
  | { readonly verdict: 'ambiguous'; readonly why: string }
  /** What an OpenPGP signature says depends on the export of its key: it waits for the policy that is in force at its place. */
  | { readonly verdict: 'open'; readonly signature: Uint8Array };

/** The outcome of each, in order. An SSH key is all in its id, whichever policy lists it, so SSH signatures are judged here and now. */
export async function checkSignatures(
  all: readonly Signed[],
  keyring: Keyring,
  checker: SignatureChecker,
): Promise<readonly SignatureOutcome[]> {
  const outcomes: SignatureOutcome[] = [];
  /** The places of those that are checked as SSH signatures. */
  const waiting: number[] = [];
  const tasks: SignatureTask[] = [];
  for (const signed of all) {
    const [signature, ...others] = signed.signatures;
    const ambiguity =
      signed.ambiguity ?? (others.length > 0 ? 'it carries more than one signature' : undefined);
    if (signature === undefined) outcomes.push({ verdict: 'missing' });
    else if (ambiguity !== undefined) outcomes.push({ verdict: 'ambiguous', why: ambiguity });
    else if (!isSshArmor(signature)) outcomes.push({ verdict: 'open', signature });
    else {
      waiting.push(outcomes.push(UNCHECKED) - 1);
      tasks.push({ payload: signed.payload, signature });
    }
  }
  const verdicts = await checker.check(tasks, keyring);
  for (let index = 0; index < waiting.length; index += 1) {
    outcomes[waiting[index] ?? outcomes.length] = verdicts[index] ?? UNCHECKED;
  }
  return outcomes;
}

const UNCHECKED: SignatureOutcome = { verdict: 'unsupported', why: 'nobody checked it' };

/** Judges a signature that waited for the policy in force, by the keys as that policy has them. */
export async function settleOutcome(
  signed: Signed,
  outcome: SignatureOutcome,
  policy: Policy,
): Promise<SignatureOutcome> {
  if (outcome.verdict !== 'open') return outcome;
  const keyring = keyrings.get(policy) ?? keyringOf(Array.from(policy.keys.values(), ({ key }) => key));
  keyrings.set(policy, keyring);
  return verifySignature(signed.payload, outcome.signature, keyring);
}

const keyrings = new WeakMap<Policy, Keyring>();

/** The rules at one position of the ledger by which a signer is judged. */
export interface SignerRules {
  readonly policy: Policy;
  readonly sequence: number;
  /** From where on later policies revoked keys, by their `publicNumbers`; the least position wins. */
  readonly revoked: ReadonlyMap<string, number>;
}

export type SignerJudgement =
  | { readonly actor: Actor; readonly findings: readonly [] }
  | { readonly actor: undefined; readonly findings: readonly [Finding] };

/** Whose signature it is, by the policy in force: a valid one, by a key that counts here, under its owner's name. */
export function judgeSigner(
  signed: Signed,
  outcome: SignatureOutcome,
  rules: SignerRules,
  place: FindingPlace,
): SignerJudgement {
  // Nearly all are valid: nothing is made for the others before one is met.
  if (outcome.verdict === 'valid') return judgeOwner(signed, outcome.key, rules, place);
  const what = nameOf(signed);
  const at: FindingPlace = { ...place, object: signed.oid };
  const no = (found: Finding): SignerJudgement => ({ actor: undefined, findings: [found] });
  switch (outcome.verdict) {
    case 'missing':
      return no(finding('signature/missing', at, `${what} is not signed`));
    case 'ambiguous':
      return no(finding('signature/ambiguous', at, `the signature of ${what} is ambiguous: ${outcome.why}`));
    case 'invalid':
      return no(finding('signature/invalid', at, `the signature of ${what} does not hold: ${outcome.why}`));
    case 'unsupported':
      return no(
        finding('signature/invalid', at, `the signature of ${what} cannot be judged: ${outcome.why}`),
      );
    case 'open':
      return no(finding('signature/invalid', at, `nobody judged the signature of ${what}`));
    case 'unknown-key':
      return no(
        finding(
          'signature/unknown-key',
          at,
          `${what} is signed by ${outcome.key}, a key that nobody in the policy has`,
        ),
      );
  }
}

function nameOf({ kind, oid }: Signed): string {
  return `${kind} ${oid.slice(0, 12)}`;
}

function judgeOwner(signed: Signed, key: KeyId, rules: SignerRules, place: FindingPlace): SignerJudgement {
  const no = (code: FindingCode, what: string): SignerJudgement => {
    const found = finding(code, { ...place, object: signed.oid }, `${nameOf(signed)} is signed ${what}`);
    return { actor: undefined, findings: [found] };
  };
  const grant = rules.policy.keys.get(key);
  const principal = grant && rules.policy.principals.get(grant.principal);
  if (!grant || !principal) {
    return no('signature/unknown-key', `by ${key}, a key that nobody in the policy has`);
  }
  const later = rules.revoked.size === 0 ? undefined : rules.revoked.get(publicNumbers(key));
  const revokedFrom = Math.min(grant.revokedFrom ?? Infinity, later ?? Infinity);
  if (rules.sequence >= revokedFrom) {
    return no(
      'signature/revoked',
      `with a key of ${principal.id} that is revoked from event ${revokedFrom} on`,
    );
  }
  const other = signed.emails.find((email) => email !== principal.id);
  if (other !== undefined || signed.emails.length === 0) {
    return no('signature/identity', `with the key of ${principal.id} but names ${other ?? 'nobody'}`);
  }
  return { actor: { principal: principal.id as PrincipalId, name: principal.name, key }, findings: [] };
}
