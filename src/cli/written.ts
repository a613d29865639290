import type { Sha256 } from '../ledger/event.ts';
import { type Done, perform } from '../registry/perform.ts';
import { saidOf } from '../registry/plan.ts';
import type { Session } from '../registry/session.ts';
import { writtenJson, writtenText } from '../report/written.ts';
import { remoteStanding } from '../sync/standing.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import { tellStanding } from './tellstanding.ts';

/** Plans, carries out, and says in a line an event what was done. */
export async function performAndTell(
  context: Context,
  session: Session,
  options: { readonly dryRun: boolean },
  planner: Parameters<typeof perform>[1],
): Promise<ExitCode> {
  const bar = context.progress('Signing');
  const { dryRun } = options;
  const before = session.trail.head.sequence;
  const done = await perform(session, planner, { dryRun, progress: (at, total) => bar.update(at, total) });
  bar.end();
  await tellDone(context, done, before, dryRun);
  await tellStanding(context, await remoteStanding(session.store, session.trail.head));
  return 0;
}

/**
 * @param before the ledger's last sequence, from which a dry run counts on
 * @param root of a registry that was founded
 */
export async function tellDone(
  context: Context,
  done: readonly Done[],
  before: number,
  dryRun: boolean,
  root?: Sha256,
): Promise<void> {
  const events = done.map(({ step, event }, index) => ({
    sequence: event?.sequence ?? before + index + 1,
    commit: event?.oid,
    detail: saidOf(step),
  }));
  await context.answer(
    () => writtenJson(events, dryRun, root),
    (page) => writtenText(events, dryRun, page),
  );
}
