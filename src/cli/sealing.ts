import { join } from 'node:path';
import { oneSealer } from '../calls/seal/onesealer.ts';
import { type Prepared, prepareSeals } from '../calls/seal/sealstore.ts';
import { settle } from '../calls/seal/settle.ts';
import { askFor } from '../calls/store/handover.ts';
import { PLACES, type SegmentName } from '../calls/store/names.ts';
import { openSegments, type Recovered, recover } from '../calls/store/recover.ts';
import { Refusal } from '../failure.ts';
import { roleReasons } from '../policy/evaluate.ts';
import { type Done, perform } from '../registry/perform.ts';
import { planSeals } from '../registry/plancalls.ts';
import type { Session } from '../registry/session.ts';
import type { OpenCallsLedger } from '../trail/callsledger.ts';
import type { Context } from './context.ts';
import { warn } from './opentrail.ts';
import { askerOf } from './session.ts';

/** What sealing came to. */
export interface Sealed {
  readonly done: readonly Done[];
  readonly prepared: readonly Prepared[];
  /** Segments that somebody still writes. */
  readonly written: readonly SegmentName[];
  /** Those that waited when it began. */
  readonly waiting: readonly SegmentName[];
  readonly recovered: readonly Recovered[];
}

interface HowToSeal {
  readonly dryRun: boolean;
  /** Those too that are being written, whose writers are asked to close them. */
  readonly now: boolean;
}

/** Seals every segment that waits for it. @throws Refusal without the role; Failure */
export async function sealStore(
  context: Context,
  session: Session,
  store: string,
  options: HowToSeal,
): Promise<Sealed> {
  const { policy, principal } = askerOf(session);
  const reasons = roleReasons(policy, principal.id, 'recorder', 'seal a segment');
  if (reasons.length > 0) throw new Refusal('cannot seal calls', reasons);
  if (!options.dryRun)
    return oneSealer(store, context.now, () => sealWaiting(context, session, store, options));
  return { done: [], prepared: [], recovered: [], ...(await openSegments(store, context.now())) };
}

async function sealWaiting(
  context: Context,
  session: Session,
  store: string,
  { now }: HowToSeal,
): Promise<Sealed> {
  const recovered = await recover(store, context.now());
  if (now) await askFor(store, (await openSegments(store, context.now())).written);
  const { waiting, written } = await openSegments(store, context.now());
  const prepared: Prepared[] = [];
  if (waiting.length === 0) return { done: [], prepared, written, waiting, recovered };
  const { openEngine } = await import('../calls/engine/duckdb.ts');
  const engine = await openEngine(join(store, PLACES.temporary));
  const bar = context.progress('Sealing');
  const ledger = async (): Promise<OpenCallsLedger> => {
    await session.trail.refresh();
    return session.trail.calls();
  };
  try {
    for await (const one of prepareSeals(store, engine, ledger, waiting)) {
      prepared.push(one);
      bar.update(prepared.length, waiting.length);
    }
    const sealings = prepared.flatMap(({ sealing }) => sealing ?? []);
    const planner = async () => ({
      plan: planSeals(askerOf(session), await session.trail.calls(), sealings),
    });
    const done = sealings.length === 0 ? [] : await perform(session, planner, { dryRun: false });
    return { done, prepared, written, waiting, recovered };
  } finally {
    // Whatever went wrong, the ledger knows whether the seals are in it.
    await settle(store, prepared, await ledger().catch(() => undefined));
    bar.end();
    engine.close();
  }
}

/** Says what of the segments was left out of their seals. */
export async function tellLeftOut(context: Context, prepared: readonly Prepared[]): Promise<void> {
  for (const { segment, conversion, kept } of prepared) {
    const { damaged, duplicates, unread } = conversion;
    if (kept !== undefined) await warn(context, `${segment.name} ${kept}`);
    const [first] = damaged;
    if (first !== undefined) {
      const count = damaged.reduce((sum, { lines }) => sum + lines, 0);
      await warn(
        context,
        `${segment.name}: ${count} ${count === 1 ? 'line is no record and stays' : 'lines are no records and stay'} in ${PLACES.damaged}/ (line ${first.line}: ${first.why})`,
      );
    }
    const [again] = duplicates;
    if (again !== undefined)
      await warn(
        context,
        `${segment.name}: ${duplicates.length === 1 ? '1 id was there already and is' : `${duplicates.length} ids were there already and are`} kept once, ${again.id} first`,
      );
    const [path] = unread;
    if (path !== undefined) {
      const which =
        unread.length === 1
          ? `${path} cannot be read, so its`
          : `${unread.length} sealed segments cannot be read, ${path} first, so their`;
      await warn(context, `${which} ids could not be looked for: run promptaudit calls verify`);
    }
  }
}
