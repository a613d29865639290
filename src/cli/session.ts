import { setTimeout as delay } from 'node:timers/promises';
import type { GitStore } from '../git/store.ts';
import type { Asker } from '../registry/plandeployment.ts';
import { actingPrincipal, type Session } from '../registry/session.ts';
import type { Signer } from '../signing/model.ts';
import type { Context } from './context.ts';
import { outcomeOf } from './exit.ts';
import { identityToSign } from './identity.ts';
import { openTrail, warn } from './opentrail.ts';

/** Does what follows events that are written already: where it fails, that is told and undoes nothing. */
export async function afterwards(context: Context, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    await warn(context, `${outcomeOf(error).message}; when that is mended, run promptaudit doctor --repair`);
  }
}

/** The signer that git's configuration, or PROMPTAUDIT_SIGNING_KEY, names. */
export async function openSigner(context: Context, store: GitStore): Promise<Signer> {
  const { openSigner: open } = await import('../signing/signer.ts');
  return open({
    config: store.config,
    env: context.env,
    cwd: context.cwd,
    workTree: store.layout.workTree,
    notice: (line) => void context.note(() => `${line}\n`),
  });
}

/** What a writing verb works with. */
export async function openSession(context: Context): Promise<Session> {
  const store = await context.openStore();
  const opening = openSigner(context, store);
  // It may ask a program for the key meanwhile; what is wrong with the trail is told first.
  opening.catch(() => {});
  const { trail } = await openTrail(context);
  const signer = await opening;
  return {
    store,
    trail,
    signer,
    identity: () => identityToSign(context, store),
    pause: async (attempt) => {
      const [byte = 0] = context.random.bytes(1);
      await delay(Math.min(20 * attempt, 400) * (0.5 + byte / 256));
    },
  };
}

/** Who asks, when, and under which policy: asked again at each try. */
export function askerOf(session: Session): Asker {
  const { policy } = session.trail.policy;
  return { policy, principal: actingPrincipal(session), time: session.identity().committer.time };
}
