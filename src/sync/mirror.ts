import type { GitStore } from '../git/store.ts';
import { LEDGER_BRANCH } from '../policy/places.ts';
import { finding } from '../trail/findings.ts';
import { ledgerCommits } from '../trail/load.ts';
import type { Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import type { RemoteState } from './remotestate.ts';

/** The branch that mirrors the ledger, by the policy in force. */
export function mirrorRef(trail: Trail | undefined): string | undefined {
  const branch = trail?.policy.policy.ledgerBranch;
  return branch === undefined ? undefined : `refs/heads/${branch}`;
}

/** The same, or the one of the usual name: a ledger that was cut back far enough has lost the policy that names it. */
export function likelyMirrorRef(trail: Trail | undefined): string {
  return mirrorRef(trail) ?? `refs/heads/${LEDGER_BRANCH}`;
}

/**
 * The branch by which a host guards the ledger, and the ledger, agree: it may lag behind, where somebody sent the ledger
 * without it, and never be ahead or elsewhere. One that no policy names counts where it goes on from the ledger's end.
 */
export async function judgeMirror(
  store: GitStore,
  remote: string,
  trail: Trail,
  { ledger, heads }: RemoteState,
): Promise<readonly Finding[]> {
  const ref = likelyMirrorRef(trail);
  const mirror = heads.get(ref);
  if (mirror === undefined || ledger === undefined || mirror === ledger) return [];
  const { oids } = await ledgerCommits(store, ledger);
  if (oids.includes(mirror)) return [];
  const isAhead = (await ledgerCommits(store, mirror)).oids.includes(ledger);
  const hint = `nothing of it was taken: the host guards ${ref}, so compare that with another clone, and have the ledger put right`;
  const place = { ref, object: mirror };
  if (isAhead)
    return [
      finding('ledger/rollback', place, `${remote}'s ledger stops short of ${ref}, which mirrors it`, hint),
    ];
  return mirrorRef(trail) === undefined
    ? []
    : [finding('ledger/fork', place, `${remote}'s ledger is not what ${ref} mirrors`, hint)];
}
