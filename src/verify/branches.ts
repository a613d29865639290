import type { Oid } from '../git/object.ts';
import type { GitStore, Ref } from '../git/store.ts';
import { TRACKING_PREFIX, trackedRemote } from '../trail/tracking.ts';
import { type BranchContent, BranchReader, type BranchSearch } from './branchcontent.ts';

const HEADS = 'refs/heads/';
/** Below it stands what was fetched of remotes. */
export const REMOTES = 'refs/remotes/';

/** Where a repository has a branch: its own, or what was fetched of a remote's. */
function placeOf(branch: string, remote?: string): string {
  return remote === undefined ? `${HEADS}${branch}` : `${REMOTES}${remote}/${branch}`;
}

/** The branch of these that a ref is a place of, whichever remote it was fetched from. */
export function branchAt(ref: string, branches: readonly string[]): string | undefined {
  const isFetched = ref.startsWith(REMOTES);
  return branches.find(
    (branch) => ref === placeOf(branch) || (isFetched && ref.slice(REMOTES.length).endsWith(`/${branch}`)),
  );
}

export interface BranchPlaces {
  /** Each ref once; several may stand at one commit. */
  readonly present: readonly Ref[];
  /** Names of branches that are nowhere. */
  readonly absent: readonly string[];
}

/**
 * The places at which a clone has the protected branches: its own, and those of the remotes that it shares this registry
 * with. A remote that merely is configured may be anybody's fork. Of a remote's ledger, that remote's branches count alone.
 *
 * @param ledger the full ref that was read as the ledger
 */
export async function protectedPlaces(
  store: GitStore,
  branches: readonly string[],
  ledger: string,
): Promise<BranchPlaces> {
  const only = trackedRemote(ledger);
  const tracked = (await store.listRefs(TRACKING_PREFIX)).map(({ name }) => trackedRemote(name));
  const present: Ref[] = [];
  const absent: string[] = [];
  for (const branch of branches) {
    const { config } = store;
    const configured = [config.get(`branch.${branch}.remote`), config.get('remote.pushDefault'), 'origin'];
    const remotes = only === undefined ? [...configured, ...tracked] : [only];
    const names = [
      ...(only === undefined ? [placeOf(branch)] : []),
      ...remotes.flatMap((remote) => (remote === undefined ? [] : [placeOf(branch, remote)])),
    ];
    const found = await Promise.all([...new Set(names)].map(async (name) => refAt(store, name)));
    const here = found.filter((ref) => ref !== undefined);
    if (here.length === 0) absent.push(branch);
    present.push(...here);
  }
  return { present, absent };
}

async function refAt(store: GitStore, name: string): Promise<Ref | undefined> {
  const oid = await store.resolveRef(name);
  return oid === undefined ? undefined : { name, oid };
}

/** One after another, so that a line of history that two branches share is walked once. */
export async function readBranches(
  search: BranchSearch,
  branches: readonly Ref[],
): Promise<readonly BranchContent[]> {
  const walked = new Set<Oid>();
  const contents: BranchContent[] = [];
  for (const { name, oid } of branches) {
    contents.push({ ref: name, ...(await new BranchReader(search, walked).read(oid)) });
  }
  return contents;
}
