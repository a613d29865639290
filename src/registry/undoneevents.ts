import type { Policy } from '../policy/model.ts';
import { newRevocations } from '../policy/revocations.ts';
import { publicNumbers } from '../signing/sshkey.ts';
import type { TrailEvent } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';

/**
 * The events in effect, newest first, that a policy takes it from once it is in force, because it revokes the keys that signed
 * them from the past on. What rested on those events is not among them.
 */
export async function undoneEvents(trail: Trail, next: Policy): Promise<readonly TrailEvent[]> {
  const revoked = newRevocations(trail.policy.policy, next);
  const first = Math.min(...revoked.values());
  const undone: TrailEvent[] = [];
  if (first > trail.head.sequence) return undone;
  for await (const event of trail.events()) {
    if (event.sequence < first) break;
    const from = event.actor && revoked.get(publicNumbers(event.actor.key));
    if (event.effective && from !== undefined && event.sequence >= from) undone.push(event);
  }
  return undone;
}
