import type { Ed25519Claim, Ed25519Tables } from './ed25519tables.ts';
import type { Keyring, Verdict } from './model.ts';
import type { SignatureTask } from './signaturebatch.ts';
import { type Examined, examineSshSignature, settleHere, verdictOf } from './sshcheck.ts';
import { ed25519Point } from './sshkey.ts';

/**
 * One verdict a task, in order: those of `verifySshSignature`. All is done on this thread.
 * @param tables finds the valid ones among Ed25519 signatures; without it, and for all that it does not find, node:crypto judges
 */
export function verifySshSignatures(
  tasks: readonly SignatureTask[],
  keyring: Keyring,
  namespace: string,
  tables: Pick<Ed25519Tables, 'findValid'> | undefined,
): readonly Verdict[] {
  const examined = tasks.map(({ payload, signature }) =>
    examineSshSignature(payload, signature, keyring, namespace),
  );
  const claims = new Map<Verdict | Examined, Ed25519Claim>();
  for (const one of tables === undefined ? [] : examined) {
    if (!('verdict' in one) && one.question.algorithm === null) claims.set(one, claimOf(one));
  }
  const valid = tables?.findValid([...claims.values()]);
  return examined.map((one) => {
    if ('verdict' in one) return one;
    const claim = claims.get(one);
    return claim !== undefined && valid?.has(claim) ? verdictOf(one, true) : settleHere(one);
  });
}

function claimOf({ key, question: { data, signature } }: Examined): Ed25519Claim {
  return { key: ed25519Point(key), data, signature };
}
