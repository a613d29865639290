import type { GitStore } from '../git/store.ts';
import { finding } from '../trail/findings.ts';
import { ledgerCommits } from '../trail/load.ts';
import type { Finding } from '../trail/model.ts';
import type { RemoteState } from './remotestate.ts';

/**
 * The branch by which a host guards the ledger, and the ledger, agree: it may lag behind, where somebody sent the ledger
 * without it, and never be ahead or elsewhere.
 * @param ref the full name of the branch; `undefined` where the policy asks for none
 */
export async function judgeMirror(
  store: GitStore,
  remote: string,
  ref: string | undefined,
  { ledger, heads }: RemoteState,
): Promise<readonly Finding[]> {
  const mirror = ref === undefined ? undefined : heads.get(ref);
  if (ref === undefined || mirror === undefined || ledger === undefined || mirror === ledger) return [];
  const { oids } = await ledgerCommits(store, ledger);
  if (oids.includes(mirror)) return [];
  const behind = (await ledgerCommits(store, mirror)).oids.includes(ledger);
  const hint = `nothing of it was taken: the host guards ${ref}, so compare that with another clone, and have the ledger put right`;
  const place = { ref, object: mirror };
  return behind
    ? [finding('ledger/rollback', place, `${remote}'s ledger stops short of ${ref}, which mirrors it`, hint)]
    : [finding('ledger/fork', place, `${remote}'s ledger is not what ${ref} mirrors`, hint)];
}
