import type { Oid } from '../git/object.ts';
import type { GitStore, Ref } from '../git/store.ts';
import { TRACKING_PREFIX, trackedRemote } from '../trail/tracking.ts';
import { type BranchContent, BranchReader, type BranchSearch } from './branchcontent.ts';

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
      ...(only === undefined ? [`refs/heads/${branch}`] : []),
      ...remotes.flatMap((remote) => (remote === undefined ? [] : [`refs/remotes/${remote}/${branch}`])),
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
