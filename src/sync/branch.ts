import type { Oid } from '../git/object.ts';
import type { Remotes } from '../git/remotes.ts';
import type { GitStore } from '../git/store.ts';
import type { TrailEvent } from '../trail/model.ts';

/** The branch that is worked on here, and what a remote calls it. */
export interface SharedBranch {
  /** Full names, here and at the remote. */
  readonly ref: string;
  readonly remoteRef: string;
  readonly oid: Oid;
}

/** How it stands to the remote's. `new`: the remote has none such. */
type BranchRelation = 'even' | 'new' | 'ahead' | 'behind' | 'diverged';

export interface BranchStanding extends SharedBranch {
  readonly remote: Oid | undefined;
  readonly relation: BranchRelation;
  /** Where it diverged and all that is only here was made with unsynced events: those commits, to be made again. */
  readonly remade: ReadonlySet<Oid>;
}

/** The branch that HEAD is on, as far as one can be shared: not a detached HEAD, nor a branch without a commit. */
export async function sharedBranch(store: GitStore, remote: string): Promise<SharedBranch | undefined> {
  if (store.workTree === undefined) return undefined;
  const head = await store.head();
  if (head.state !== 'branch' || head.oid === undefined) return undefined;
  const name = head.ref.replace(/^refs\/heads\//, '');
  const tracks = store.config.get(`branch.${name}.remote`) === remote;
  const upstream = tracks ? store.config.get(`branch.${name}.merge`) : undefined;
  return { ref: head.ref, remoteRef: upstream ?? head.ref, oid: head.oid };
}

/** @param unsynced this clone's events that the remote does not have */
export async function branchStanding(
  remotes: Remotes,
  branch: SharedBranch,
  remote: Oid | undefined,
  unsynced: readonly TrailEvent[],
): Promise<BranchStanding> {
  const as = (relation: BranchRelation, remade: readonly Oid[] = []): BranchStanding => ({
    ...{ ...branch, remote },
    ...{ relation, remade: new Set(remade) },
  });
  if (remote === undefined) return as('new');
  if (remote === branch.oid) return as('even');
  const [here, there] = await Promise.all([
    remotes.commitsOnlyIn(branch.oid, remote),
    remotes.commitsOnlyIn(remote, branch.oid),
  ]);
  if (here.length === 0) return as('behind');
  if (there.length === 0) return as('ahead');
  const made = new Set(unsynced.flatMap(broughtCommit));
  return as('diverged', here.every((oid) => made.has(oid)) ? here : []);
}

/** The commit that an event brought into the trail. */
function broughtCommit({ detail }: TrailEvent): readonly Oid[] {
  switch (detail?.event) {
    case 'version':
    case 'retirement':
    case 'policy':
      return [detail.commit];
    default:
      return [];
  }
}
