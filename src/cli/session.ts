import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import { readIdentity } from '../git/identity.ts';
import type { GitStore } from '../git/store.ts';
import { parseSha256 } from '../ledger/digest.ts';
import type { Sha256 } from '../ledger/event.ts';
import type { Asker } from '../registry/plandeployment.ts';
import { actingPrincipal, type Session } from '../registry/session.ts';
import type { Signer } from '../signing/model.ts';
import { Trail } from '../trail/trail.ts';
import type { Context } from './context.ts';

export interface OpenedTrail {
  readonly store: GitStore;
  readonly trail: Trail;
}

/** The verified trail of the repository; what is wrong in it is said aloud, once, on standard error. */
export async function openTrail(context: Context): Promise<OpenedTrail> {
  const store = await context.openStore();
  const bar = context.progress('Verifying the ledger');
  let pinned: string | undefined;
  const trail = await Trail.open({
    store,
    root: givenRoot(context.env['PROMPTAUDIT_ROOT']),
    progress: (done, total) => bar.update(done, total),
    pinned: (root) => {
      pinned = `first look at registry ${root.name}: from now on this clone holds it to the root ${root.digest}\n`;
    },
  });
  bar.end();
  if (pinned !== undefined) await context.note(() => pinned ?? '');
  await warnOfFindings(context, trail);
  return { store, trail };
}

async function warnOfFindings(context: Context, trail: Trail): Promise<void> {
  const known = new Set(trail.acknowledgements.map((one) => `${one.finding} ${one.target}`));
  const open = trail.findings.filter((found) => !known.has(`${found.code} ${found.sequence}`));
  const [first] = open;
  if (first === undefined) return;
  const more = open.length === 1 ? '' : `, and ${open.length - 1} more`;
  await context.note(
    ({ style }) =>
      `${style.caution('warning:')} ${first.message} (${first.code})${more}: run promptaudit verify\n`,
  );
}

/** @throws Failure when it is no digest */
export function givenRoot(text: string | undefined): Sha256 | undefined {
  if (text === undefined || text === '') return undefined;
  const root = parseSha256(text);
  if (root === undefined)
    throw new Failure(`${JSON.stringify(text)} is no root: it is written as sha256: and 64 hex digits`);
  return root;
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
  const { store, trail } = await openTrail(context);
  const signer = await openSigner(context, store);
  return {
    store,
    trail,
    signer,
    identity: () => readIdentity(store.config, context.env, context.now()),
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
