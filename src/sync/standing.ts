import type { GitStore } from '../git/store.ts';
import type { LedgerHead } from '../trail/model.ts';
import { trackingRef } from '../trail/tracking.ts';
import { readTrust } from '../trail/trust.ts';
import { chooseRemote } from './chooseremote.ts';
import { forkOf } from './fork.ts';

/** How far this clone's ledger is from what it last saw of a remote's, in events. */
interface RemoteStanding {
  readonly remote: string;
  /** `undefined` where the two have never met. */
  readonly events: { readonly ahead: number; readonly behind: number } | undefined;
}

/** What somebody who works in a clone should know of its remote. */
export interface CloneStanding {
  readonly remote: RemoteStanding | undefined;
  /** Refs of events that a sync could not make again, and that nobody has dealt with since. */
  readonly aside: readonly string[];
}

export async function cloneStanding(
  store: GitStore,
  head: Pick<LedgerHead, 'commit'>,
): Promise<CloneStanding> {
  const [remote, aside] = await Promise.all([remoteStanding(store, head), keptAside(store)]);
  return { remote, aside };
}

/** `undefined` where there is no remote that one would sync with. Asks nobody: it is as old as the last fetch. */
export async function remoteStanding(
  store: GitStore,
  head: Pick<LedgerHead, 'commit'>,
): Promise<RemoteStanding | undefined> {
  const remote = await chooseRemote(store, undefined).catch(() => undefined);
  if (remote === undefined) return undefined;
  const seen = (await readTrust(store.layout.commonDir))?.remotes.get(remote);
  if (seen === undefined) return { remote, events: undefined };
  const tracked = (await store.resolveRef(trackingRef(remote))) ?? seen.commit;
  const { ours, theirs } = await forkOf(store, head.commit, tracked, seen);
  return { remote, events: { ahead: ours.length, behind: theirs.length } };
}

async function keptAside(store: GitStore): Promise<readonly string[]> {
  const refs = await store.listRefs('refs/promptaudit/aside/');
  return refs.map(({ name }) => name).filter((name) => name.endsWith('/event'));
}
