import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { kindOf } from '../git/files.ts';
import { type GitStore, ObjectCorrupt, ObjectMissing, RefConflict } from '../git/store.ts';
import { CLOCK_TOLERANCE } from '../trail/clock.ts';
import type { Finding } from '../trail/model.ts';
import { remakeNotes } from '../trail/remakenotes.ts';
import { apply, type Branch } from './apply.ts';
import type { AppendedEvent, LedgerPosition } from './builder.ts';
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
/** Tries in a row during which nobody else wrote an event either: seconds, where a lock is held for milliseconds. */
const MAX_IDLE_TRIES = 16;

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
  let remade: LedgerPosition['remade'];
  let idle = 0;
  for (let attempt = 1; ; attempt += 1) {
    demandWhole(trail.end);
    const { plan, branch } = await planner();
    if (options.dryRun) return plan.steps.map((step) => ({ step, event: undefined }));
    const identity = session.identity();
    demandClock(identity.committer.time, trail.head.time);
    const position = {
      registry: trail.root.registry,
      head: trail.head,
      policy: trail.policy.number,
      remade,
    };
    const shop = { store, signer, identity, position, branch, progress: options.progress };
    let appended: readonly AppendedEvent[];
    try {
      appended = await apply(shop, plan);
    } catch (error) {
      if (remade === undefined && (error instanceof ObjectMissing || error instanceof ObjectCorrupt)) {
        remade = await remakeNotes(store, trail.head.commit);
        continue;
      }
      if (!(error instanceof RefConflict)) throw error;
      const before = trail.head.sequence;
      await session.pause(attempt);
      await trail.refresh();
      idle = trail.head.sequence === before ? idle + 1 : 0;
      if (idle === MAX_IDLE_TRIES || attempt === MAX_TRIES) throw await neverAtRest(store, error, attempt);
      remade = undefined;
      continue;
    }
    await confirm(session, appended);
    return plan.steps.map((step, index) => ({ step, event: appended[index] }));
  }
}

/** A lock that outlives so many tries is nobody's any more. */
async function neverAtRest(store: GitStore, { refs, message }: RefConflict, tries: number): Promise<Failure> {
  const { gitDir, commonDir } = store.layout;
  // git locks HEAD with the branch that it names, and the packed refs where it takes a ref away.
  const shared = ['packed-refs', ...refs].map((name) => join(commonDir, `${name}.lock`));
  const locks = [join(gitDir, 'HEAD.lock'), ...shared];
  const held: string[] = [];
  for (const lock of locks) if ((await kindOf(lock)) !== undefined) held.push(lock);
  if (held.length === 0)
    return new Failure(`${message}, ${tries} times in a row: try again when less is going on`);
  const them = held.length === 1 ? 'the lock' : 'the locks';
  return new Failure(
    `${refs.join(' and ')} cannot be moved: if no other git or promptaudit is at work here, remove ${them} ${held.join(' and ')}`,
  );
}

/** @throws Failure where the ledger was not read up to its tip, behind which alone an event can be put */
function demandWhole(end: Finding | undefined): void {
  if (end === undefined) return;
  throw new Failure(`${end.message}, so that nothing can be written behind it: ${end.hint}`);
}

/** @throws Failure where this machine's clock is behind the ledger */
export function demandClock(now: number, head: number): void {
  if (head - now <= CLOCK_TOLERANCE) return;
  throw new Failure(
    `this machine's clock is ${head - now} seconds behind the newest event of the ledger: set it right, then try again; if that event's date is wrong and it was not sent yet, promptaudit sync signs it again with today's`,
  );
}

/** Reads back what was written, through the same judgement that everybody else's reading applies. */
async function confirm({ trail }: Session, appended: readonly AppendedEvent[]): Promise<void> {
  await trail.refresh();
  const last = appended.at(-1);
  const ours = new Set(appended.map((event) => event.sequence));
  const broken = trail.findings.find((found) => found.sequence !== undefined && ours.has(found.sequence));
  if (last !== undefined && broken !== undefined) {
    throw new Failure(
      `event ${broken.sequence} was written but does not count: ${broken.message}; ${broken.hint}`,
    );
  }
}
