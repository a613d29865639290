import { Failure } from '../failure.ts';
import { RefConflict } from '../git/store.ts';
import { CLOCK_TOLERANCE } from '../trail/chain.ts';
import { apply, type Branch } from './apply.ts';
import type { AppendedEvent } from './builder.ts';
import type { Plan, Step } from './plan.ts';
import type { Session } from './session.ts';

/** What a writing verb did, step by step; `event` is absent in a dry run. */
export interface Done {
  readonly step: Step;
  readonly event: AppendedEvent | undefined;
}

export interface PerformOptions {
  readonly dryRun: boolean;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const MAX_TRIES = 200;

/**
 * Plans under the present state and carries the plan out. When somebody else was faster, reads on, plans again, signs
 * again and tries again: the refs move by compare-and-swap, so nothing of theirs is lost.
 * @throws Refusal from the planner, Failure when the repository never comes to rest
 */
export async function perform(
  session: Session,
  planner: () => Promise<{ readonly plan: Plan; readonly branch?: Branch | undefined }>,
  options: PerformOptions,
): Promise<readonly Done[]> {
  const { store, trail, signer } = session;
  for (let attempt = 1; ; attempt += 1) {
    const { plan, branch } = await planner();
    if (options.dryRun) return plan.steps.map((step) => ({ step, event: undefined }));
    const identity = session.identity();
    demandClock(identity.committer.time, trail.head.time);
    const position = { registry: trail.root.registry, head: trail.head, policy: trail.policy.number };
    try {
      const appended = await apply({ store, signer, identity, position, branch, progress: options.progress }, plan);
      await confirm(session, appended);
      return plan.steps.map((step, index) => ({ step, event: appended[index] }));
    } catch (error) {
      if (!(error instanceof RefConflict)) throw error;
      if (attempt === MAX_TRIES) {
        throw new Failure(`${error.message} ${MAX_TRIES} times in a row: look for a lock file that a crashed git left behind, and try again`);
      }
      await session.pause(attempt);
      await trail.refresh();
    }
  }
}

function demandClock(now: number, head: number): void {
  if (head - now <= CLOCK_TOLERANCE) return;
  throw new Failure(`this machine's clock is ${head - now} seconds behind the newest event of the ledger: set it right, then try again`);
}

/** Reads back what was written, through the same judgement that everybody else's reading applies. */
async function confirm({ trail }: Session, appended: readonly AppendedEvent[]): Promise<void> {
  await trail.refresh();
  const last = appended.at(-1);
  const ours = new Set(appended.map((event) => event.sequence));
  const broken = trail.findings.find((found) => found.sequence !== undefined && ours.has(found.sequence));
  if (last !== undefined && broken !== undefined) {
    throw new Failure(`event ${broken.sequence} was written but does not count: ${broken.message}; ${broken.hint}`);
  }
}
