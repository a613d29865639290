import type { Engine } from '../calls/engine/duckdb.ts';
import { withSegments } from '../calls/retain/alone.ts';
import { type PurgeCertificate, purgeCertificate } from '../calls/retain/certificate.ts';
import { certified, keepCertificate } from '../calls/retain/certificates.ts';
import { demandNoneHeld } from '../calls/retain/held.ts';
import { readStandingHolds } from '../calls/retain/holds.ts';
import { demandPresent, type Remaining, reachedBy, remaining, removeSegment } from '../calls/retain/purge.ts';
import { demandSettled } from '../calls/retain/settled.ts';
import { listSources } from '../calls/search/sources.ts';
import { Refusal } from '../failure.ts';
import type { RetentionClass } from '../ledger/event.ts';
import { roleReasons } from '../policy/evaluate.ts';
import type { Session } from '../registry/session.ts';
import { purgeable } from '../trail/callsledger.ts';
import type { Context } from './context.ts';
import { deedOf, demandAllowed, type Retaining, signFor } from './retaining.ts';
import { askerOf } from './session.ts';

/** What a purge came to. */
export interface PurgedSegments {
  readonly certificate: PurgeCertificate;
  /** Where it is; `undefined` in a dry run. */
  readonly path: string | undefined;
  /** The event's number; in a dry run the one that it would have. */
  readonly sequence: number;
}

/** @throws Refusal without the role */
export function demandPurger(session: Session): void {
  const { policy, principal } = askerOf(session);
  const reasons = roleReasons(policy, principal.id, ['admin', 'recorder'], 'purge records');
  if (reasons.length > 0) throw new Refusal('cannot purge', reasons);
}

/** From when on nothing may be purged: what the policy says, unless an earlier time is asked for. */
export function purgeBefore(session: Session, kind: RetentionClass, asked: Date | undefined): string {
  const { policy, time } = askerOf(session);
  return (asked ?? new Date((time - (policy.retention[kind] ?? 0)) * 1000)).toISOString();
}

/**
 * Purges: certificate, event, then the files.
 * @returns `undefined` where there is nothing to purge
 * @throws Refusal under a hold, or a rule against it; Failure
 */
export async function purgeSegments(
  context: Context,
  retaining: Retaining,
  engine: Engine,
  request: { readonly class: RetentionClass; readonly before: string; readonly reason: string },
  options: { readonly dryRun: boolean },
): Promise<PurgedSegments | undefined> {
  const { store, session } = retaining;
  const { class: kind, before, reason } = request;
  const calls = await session.trail.calls();
  const taken = purgeable(calls, kind, before);
  const certificate = purgeCertificate(deedOf(context, session, reason), {
    class: kind,
    before,
    records: taken.reduce((sum, { records }) => sum + records, 0),
    segments: reachedBy(taken),
  });
  const { text, digest } = certified(certificate);
  const detail = {
    event: 'purge',
    class: kind,
    before,
    segments: taken.length,
    certificate: digest,
  } as const;
  await demandAllowed(session, detail, reason);
  if (taken.length === 0) return undefined;
  const sources = await listSources(store);
  const holds = await readStandingHolds(store, calls);
  const names = taken.map(({ segment }) => segment);
  demandPresent(sources, holds, taken);
  await demandSettled(store, names);
  await demandNoneHeld(engine, sources, holds, taken);
  const next = session.trail.head.sequence + 1;
  if (options.dryRun) return { certificate, path: undefined, sequence: next };
  return withSegments(store, names, context.now(), async () => {
    const path = await keepCertificate(store, certificate, text);
    const [done] = await signFor(session, path, detail, reason, ({ purges }) =>
      purges.some((purge) => purge.certificate === digest),
    );
    const bar = context.progress('Purging');
    for (const [at, name] of names.entries()) {
      await removeSegment(store, name, kind);
      bar.update(at + 1, names.length);
    }
    bar.end();
    return { certificate, path, sequence: done?.event?.sequence ?? 0 };
  });
}

/**
 * Removes what events say was purged and is still there.
 * @throws Refusal where a hold was placed on it since; Failure
 */
export async function resumePurges(
  context: Context,
  { store, session }: Retaining,
  engine: Engine,
  options: { readonly dryRun: boolean },
): Promise<readonly Remaining[]> {
  const calls = await session.trail.calls();
  const sources = await listSources(store);
  const left = await remaining(sources, calls);
  if (left.length === 0 || options.dryRun) return left;
  const holds = await readStandingHolds(store, calls);
  await demandNoneHeld(
    engine,
    sources,
    holds,
    left.map(({ seal }) => seal),
  );
  const names = left.map(({ seal }) => seal.segment);
  await withSegments(store, names, context.now(), async () => {
    for (const { seal, what } of left) await removeSegment(store, seal.segment, what);
  });
  return left;
}
