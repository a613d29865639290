import { type Access, type Accessed, onRecord } from '../calls/access/accesslog.ts';
import { recorderName } from '../calls/capture/recorder.ts';
import { type Engine, openEngineApart } from '../calls/engine/duckdb.ts';
import { alone } from '../calls/retain/alone.ts';
import type { Deed } from '../calls/retain/certificate.ts';
import { removeFile } from '../calls/retain/place.ts';
import { Refusal } from '../failure.ts';
import { type Done, perform } from '../registry/perform.ts';
import { planCalls } from '../registry/plancalls.ts';
import type { Session } from '../registry/session.ts';
import { type CallsLedger, standingHolds } from '../trail/callsledger.ts';
import { MAKE_WRITABLE } from './callreading.ts';
import { existingStore } from './callstore.ts';
import type { Context } from './context.ts';
import { askerOf, openSession } from './session.ts';

/** What hold, release, purge and erase work with. */
export interface Retaining {
  readonly store: string;
  readonly session: Session;
  /** The ledger's last sequence when it began. */
  readonly before: number;

  /** Does it on the record, while no other process holds, purges or erases. */
  act<T>(access: Access, work: () => Promise<Accessed<T>>): Promise<T>;
}

/** @throws Failure where there is no store or no registry */
export async function openRetaining(
  context: Context,
  options: { readonly store: string | undefined },
): Promise<Retaining> {
  const store = await existingStore(context, options.store);
  const session = await openSession(context);
  const actor = session.identity().committer.email;
  const remedy = MAKE_WRITABLE;
  const log = { store, recorder: recorderName(undefined), actor, now: context.now, remedy };
  return {
    store,
    session,
    before: session.trail.head.sequence,
    act: (access, work) =>
      onRecord(log, access, () =>
        alone(store, context.now(), async () => {
          await session.trail.refresh();
          return work();
        }),
      ),
  };
}

type RetentionDetail = Parameters<typeof planCalls>[2];

/** @throws Refusal with every rule that the event would break */
export async function demandAllowed(
  session: Session,
  detail: RetentionDetail,
  reason: string,
): Promise<void> {
  planCalls(askerOf(session), await session.trail.calls(), detail, reason);
}

/** Signs the event. @throws Refusal, also where a hold was placed since the caller looked at them */
export async function sign(
  session: Session,
  detail: RetentionDetail,
  reason: string,
  options: { readonly dryRun: boolean },
): Promise<readonly Done[]> {
  const names = async () => standingHolds(await session.trail.calls()).map(({ name }) => name);
  const known = new Set(await names());
  const planner = async () => {
    const since = (await names()).find((name) => !known.has(name));
    if (since !== undefined && (detail.event === 'purge' || detail.event === 'erasure'))
      throw new Refusal(`hold ${since} was placed in the meantime: run this again`);
    return { plan: planCalls(askerOf(session), await session.trail.calls(), detail, reason) };
  };
  return perform(session, planner, options);
}

/**
 * Signs the event that a file of the store is for. Where that fails the file goes again, unless the event was written all the
 * same, or nobody can tell.
 * @throws as `sign`
 */
export async function signFor(
  session: Session,
  path: string,
  detail: RetentionDetail,
  reason: string,
  isSigned: (calls: CallsLedger) => boolean,
): Promise<readonly Done[]> {
  try {
    return await sign(session, detail, reason, { dryRun: false });
  } catch (error) {
    const isThere = await session.trail
      .refresh()
      .then(async () => isSigned(await session.trail.calls()))
      .catch(() => true);
    if (!isThere) await removeFile(path);
    throw error;
  }
}

/** Who acts, now. */
export function deedOf({ random }: Context, session: Session, reason: string): Deed {
  const { time, email } = session.identity().committer;
  return { id: random.uuid(), registry: session.trail.root.registry, time, by: email, reason };
}

/** Opens the engine for as long as it is needed. */
export async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngineApart();
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}
