import { Failure } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import { LEDGER_REF, TAG_PREFIX } from '../ledger/event.ts';
import { Trail } from '../trail/trail.ts';
import { readTrust, type Trust } from '../trail/trust.ts';
import { type SharedBranch, sharedBranch } from './branch.ts';
import { mirrorRefs } from './mirror.ts';
import { fetchState, type RemoteState, readRemote } from './remotestate.ts';
import type { SyncRequest, SyncShop } from './shop.ts';

/** What this clone and a remote have of a registry; the remote's objects are here, and nothing of them is judged. */
export interface Sides {
  readonly trust: Trust | undefined;
  /** This clone's ledger, and its trail. */
  readonly local: Oid | undefined;
  readonly own: Trail | undefined;
  /** Its decision tags. */
  readonly standing: ReadonlyMap<string, Oid>;
  readonly branch: SharedBranch | undefined;
  readonly state: RemoteState;
}

/** @throws RemoteUnreachable, Failure where neither side has a registry, Refusal where this clone's is not whole */
export async function lookAtBoth(shop: SyncShop, { remote, branch: goes }: SyncRequest): Promise<Sides> {
  const { store, remotes, root, unkept } = shop;
  shop.progress('fetch', 0, undefined);
  const [local, trust, tags, branch, state] = await Promise.all([
    store.resolveRef(LEDGER_REF),
    readTrust(store.layout.commonDir),
    store.listRefs(TAG_PREFIX),
    goes ? sharedBranch(store, remote) : undefined,
    readRemote(remotes, remote),
  ]);
  if (local === undefined && state.ledger === undefined) {
    throw new Failure(
      `neither this clone nor ${remote} has a registry: start one with promptaudit init, or check the address with git remote -v`,
    );
  }
  const progress = progressOf(shop);
  const own = local === undefined ? undefined : await Trail.open({ store, root, progress, unkept });
  const standing = new Map(tags.map(({ name, oid }) => [name, oid]));
  const wanted = [branch?.remoteRef, ...mirrorRefs(own)];
  await fetchState(store, remotes, remote, state, wanted, [local, branch?.oid], standing);
  return { trust, local, own, standing, branch, state };
}

/** How the verification of a ledger is told. */
export function progressOf(shop: SyncShop): (done: number, total: number) => void {
  return (done, total) => shop.progress('verify', done, total);
}
