import { Refusal } from '../../failure.ts';
import { plannedSealsJson, plannedSealsText } from '../../report/written.ts';
import { tellRecovered } from '../callintake.ts';
import { existingStore } from '../callstore.ts';
import type { Run } from '../command.ts';
import { sealStore, tellLeftOut } from '../sealing.ts';
import { openSession } from '../session.ts';
import { tellDone } from '../written.ts';

export const run: Run<'calls seal'> = async (context, _arguments, options) => {
  const store = await existingStore(context, options.store);
  const session = await openSession(context);
  const before = session.trail.head.sequence;
  const sealed = await sealStore(context, session, store, options);
  await tellRecovered(context, sealed.recovered);
  await tellLeftOut(context, sealed.prepared);
  const { written, waiting, done } = sealed;
  const asked = options.dryRun && options.now ? [...waiting, ...written] : waiting;
  if (!context.json && written.length > 0 && asked === waiting)
    await context.note(
      () => `${count(written.length)} still being written, and can be sealed once full, or with --now\n`,
    );
  if (options.dryRun && asked.length > 0) {
    await context.answer(
      () => plannedSealsJson(asked),
      () => plannedSealsText(asked),
    );
    return 0;
  }
  if (done.length === 0) throw new Refusal('there is nothing to seal');
  await tellDone(context, done, before, false);
  return 0;
};

function count(segments: number): string {
  return segments === 1 ? '1 segment is' : `${segments} segments are`;
}
