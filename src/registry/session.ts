import { Failure, Refusal } from '../failure.ts';
import type { Identity } from '../git/identity.ts';
import type { GitStore } from '../git/store.ts';
import type { Policy, Principal, PrincipalId } from '../policy/model.ts';
import type { Signer } from '../signing/model.ts';
import { fingerprint } from '../signing/sshkey.ts';
import type { Trail } from '../trail/trail.ts';
import { workTreeOf } from './worktree.ts';

/** What a writing verb works with. */
export interface Session {
  readonly store: GitStore;
  readonly trail: Trail;
  readonly signer: Signer;
  /** Author and committer for what is written now; asked again at each try, so that the time is true. */
  readonly identity: () => Identity;
  /** Waits between tries; `attempt` counts from 1. */
  readonly pause: (attempt: number) => Promise<void>;
}

/**
 * Who acts: the principal in whose entry the signing key stands, under whose email git writes.
 * @throws Refusal when the policy gives the key to nobody or to another email than git's
 */
export function actingPrincipal({ trail, signer, identity }: Session): Principal {
  return principalOf(trail.policy.policy, signer, identity(), trail.head.sequence + 1);
}

export function principalOf(
  policy: Policy,
  signer: Pick<Signer, 'key'>,
  identity: Identity,
  sequence: number,
): Principal {
  const grant = policy.keys.get(signer.key.id);
  const principal = grant && policy.principals.get(grant.principal);
  if (grant === undefined || principal === undefined) {
    const { name, email } = identity.committer;
    const message = `your signing key ${fingerprint(signer.key.id)} is in nobody's entry of the policy`;
    const known = policy.principals.has(email as PrincipalId);
    const listed = known ? `sign with a key that the policy lists for ${email}, or ` : '';
    const who = known ? email : `${email} --name ${JSON.stringify(name)} --role <role>`;
    const grant = `promptaudit policy add ${who} --key ${JSON.stringify(signer.key.id)}`;
    throw refuse(
      'signature/unknown-key',
      message,
      `${listed}ask an admin to run: ${grant} && promptaudit policy commit -m "…"`,
    );
  }
  if (grant.revokedFrom !== undefined && grant.revokedFrom <= sequence) {
    throw refuse(
      'signature/revoked',
      `your signing key was revoked from event ${grant.revokedFrom} on`,
      'sign with a current key, or ask an admin to add one',
    );
  }
  if (identity.committer.email !== principal.id || identity.author.email !== principal.id) {
    const other =
      identity.committer.email === principal.id ? identity.author.email : identity.committer.email;
    const message = `your signing key belongs to ${principal.id}, but git would write as ${other}`;
    throw refuse('signature/identity', message, `run: git config user.email ${principal.id}`);
  }
  return principal;
}

function refuse(rule: string, message: string, remedy: string): Refusal {
  return new Refusal(message, [{ rule, message, remedy }]);
}

/** The branch that a commit would go to. @throws Failure when HEAD is detached, unborn, or git is in the middle of something */
export async function currentBranch(
  store: GitStore,
): Promise<{ readonly ref: string; readonly oid: NonNullable<Awaited<ReturnType<GitStore['resolveRef']>>> }> {
  const underWay = await workTreeOf(store).operationUnderWay();
  if (underWay !== undefined)
    throw new Failure(`a ${underWay} is under way: finish it or abort it with git first`);
  const head = await store.head();
  if (head.state === 'detached')
    throw new Failure('HEAD is detached, so a commit would be on no branch: run git switch <branch> first');
  if (head.oid === undefined) throw new Failure(unbornWords(head.ref));
  return { ref: head.ref, oid: head.oid };
}

/** What is told of a branch without a commit, as a clone has it whose server names a branch that it does not have. */
export function unbornWords(ref: string): string {
  return `branch ${ref.replace('refs/heads/', '')} has no commit yet: switch to the registry's branch, or make a first commit with git`;
}
