import { assertNever } from '../failure.ts';
import type { GitStore, Ref } from '../git/store.ts';
import { finding } from '../trail/findings.ts';
import { ledgerCommits } from '../trail/load.ts';
import type { Finding } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import type { MirrorStand } from '../verify/evidence.ts';
import { mirrorNames, mirrorStand } from '../verify/mirror.ts';
import type { RemoteState } from './remotestate.ts';

/** The branch that mirrors the ledger, by the policy in force. */
export function mirrorRef(trail: Trail | undefined): string | undefined {
  const branch = trail?.policy.policy.ledgerBranch;
  return branch === undefined ? undefined : `refs/heads/${branch}`;
}

/** Every branch that may mirror it, by full name. */
export function mirrorRefs(trail: Trail | undefined): readonly string[] {
  return Array.from(mirrorNames(trail?.policy.policy.ledgerBranch), (name) => `refs/heads/${name}`);
}

/**
 * The branch by which a host guards the ledger, and the ledger, agree: it may lag behind, where somebody sent the ledger
 * without it, and never be ahead or elsewhere. One that no policy names counts where it goes on from events, as for verify.
 * Where the remote has no ledger, that is asked of the one that it would be sent.
 */
export async function judgeMirrors(
  store: GitStore,
  remote: string,
  trail: Trail,
  { ledger, heads }: RemoteState,
): Promise<readonly Finding[]> {
  const places = mirrorRefs(trail).flatMap((name) => {
    const oid = heads.get(name);
    return oid === undefined || oid === ledger ? [] : [{ name, oid }];
  });
  if (places.length === 0) return [];
  const { oids } = await ledgerCommits(store, ledger ?? trail.head.commit);
  const positions = new Map(oids.map((oid, index) => [oid, index + 1]));
  const whose = ledger === undefined ? "this clone's" : `${remote}'s`;
  const found: Finding[] = [];
  for (const place of places) {
    const stand = await mirrorStand(store, place, positions, place.name === mirrorRef(trail));
    if (stand !== undefined) found.push(...mirrorFindings(whose, place, stand));
  }
  return found;
}

function mirrorFindings(
  whose: string,
  { name: ref, oid: object }: Ref,
  stand: MirrorStand,
): readonly Finding[] {
  const hint = `nothing was taken or sent: compare ${ref} with another clone, and have the ledger put right; if that branch never mirrored it, delete it or give it another name`;
  switch (stand.state) {
    case 'within':
    case 'untaken':
      return [];
    case 'ahead': {
      const message = `${whose} ledger stops short of ${ref}, which mirrors it`;
      return [finding('ledger/rollback', { ref, object }, message, hint)];
    }
    case 'departs':
    case 'unreadable':
      return [finding('ledger/fork', { ref, object }, `${whose} ledger is not what ${ref} mirrors`, hint)];
    default:
      return assertNever(stand);
  }
}
