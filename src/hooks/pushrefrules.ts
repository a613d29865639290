import { FOLDERS_OF_REFS, LEDGER_REF } from '../ledger/event.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import { branchAt, REMOTES } from '../verify/branches.ts';
import { mirrorNames } from '../verify/mirror.ts';
import type { PushedRefs } from './pushedrefs.ts';
import type { PushRule } from './pushevidence.ts';

/** Claims about the refs of a push that need no ledger. What should not be there may be deleted. */
export const REF_RULES: readonly ((refs: PushedRefs) => readonly Finding[])[] = [
  /** No ref gives readers one object for another. */
  (refs) =>
    arriving(refs, 'refs/replace/').map(([ref, object]) =>
      finding(
        'repo/replace',
        { ref, object },
        `${ref} would show readers ${object.slice(0, 12)} in the place of another object`,
        'push without it, and delete it where it is: git replace -d',
      ),
    ),
  /** In the places that are promptaudit's own, only what promptaudit shares. */
  (refs) =>
    [...arriving(refs, 'refs/promptaudit/'), ...arriving(refs, `${LEDGER_REF}/`)].map(([ref, object]) =>
      finding(
        'repo/unknown-ref',
        { ref, object },
        `${ref} is in a place that is promptaudit's own, and is nothing that it shares`,
        'push without it: promptaudit sync pushes all that is to be shared',
      ),
    ),
  /** None in the way of its folders. */
  (refs) =>
    FOLDERS_OF_REFS.flatMap((ref) => {
      const object = refs.get(ref)?.after;
      if (object === undefined) return [];
      const message = `${ref} would stand where promptaudit has a folder of refs, so that no decision could be recorded`;
      return [finding('repo/ref-name', { ref, object }, message, 'give it another name')];
    }),
];

/** None passes for what a remote has of a branch that verify judges: it looks there on a server and in copies of it, too. */
export const noRemoteIsPlayed: PushRule = ({ refs, trail }) => {
  const { protectedBranches, ledgerBranch } = trail.policy.policy;
  const judged = [...protectedBranches, ...mirrorNames(ledgerBranch)];
  return arriving(refs, REMOTES).flatMap(([ref, object]) => {
    const branch = branchAt(ref, judged);
    if (branch === undefined) return [];
    const message = `${ref} is where a clone keeps what it fetched of ${branch}, and readers would judge it as that`;
    return [finding('repo/unknown-ref', { ref, object }, message, `push to refs/heads/${branch} instead`)];
  });
};

function arriving(refs: PushedRefs, prefix: string) {
  return [...refs.values()].flatMap(({ ref, after }) =>
    ref.startsWith(prefix) && after !== undefined ? [[ref, after] as const] : [],
  );
}
