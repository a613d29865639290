import type { Engine } from '../calls/engine/duckdb.ts';
import { withSegments } from '../calls/retain/alone.ts';
import {
  type ErasureCertificate,
  erasureCertificate,
  type SaltedSelector,
} from '../calls/retain/certificate.ts';
import { certified, keepCertificate, readCertificates } from '../calls/retain/certificates.ts';
import {
  contentOfCertificate,
  demandSeals,
  destroy,
  stillThere,
  type ToDestroy,
  unfinishedErasures,
} from '../calls/retain/destroy.ts';
import { type ErasureShop, findContent, reachSegments, type Selected } from '../calls/retain/erasure.ts';
import { demandNotHeld } from '../calls/retain/held.ts';
import { forgetHolds, readStandingHolds } from '../calls/retain/holds.ts';
import { leftovers, type Traces, tracesOf } from '../calls/retain/leftovers.ts';
import { listSources } from '../calls/search/sources.ts';
import { Failure, Refusal } from '../failure.ts';
import { roleReasons } from '../policy/evaluate.ts';
import type { Session } from '../registry/session.ts';
import type { Erasure } from '../trail/callsledger.ts';
import type { Context } from './context.ts';
import { deedOf, demandAllowed, type Retaining, signFor } from './retaining.ts';
import { askerOf } from './session.ts';

/** What an erasure came to. */
export interface ErasedCalls {
  readonly certificate: ErasureCertificate;
  /** Where it is; `undefined` in a dry run. */
  readonly path: string | undefined;
  /** The event's number; in a dry run the one that it would have. */
  readonly sequence: number;
}

/** @throws Refusal without the role */
export function demandEraser(session: Session): void {
  const { policy, principal } = askerOf(session);
  const reasons = roleReasons(policy, principal.id, 'admin', 'erase content');
  if (reasons.length > 0) throw new Refusal('cannot erase', reasons);
}

async function shopOf({ store, session }: Retaining, engine: Engine): Promise<ErasureShop> {
  return { store, engine, sources: await listSources(store), calls: await session.trail.calls() };
}

/**
 * Erases the content of the calls that are meant: certificate, event, then the content, and a look at what is left.
 * @throws NothingToErase; Refusal where there is a hold, or a rule against it; Failure
 */
export async function eraseCalls(
  context: Context,
  retaining: Retaining,
  engine: Engine,
  request: { readonly selected: Selected; readonly selector: SaltedSelector; readonly reason: string },
  options: { readonly dryRun: boolean },
): Promise<ErasedCalls> {
  const { store, session } = retaining;
  const shop = await shopOf(retaining, engine);
  const holds = await readStandingHolds(store, shop.calls);
  const found = await findContent(shop, request.selected);
  await demandNotHeld(engine, shop.sources, holds, found.calls);
  const names = found.segments.map(({ name }) => name);
  return withSegments(store, names, context.now(), async () => {
    const locked = await shopOf(retaining, engine);
    const segments = await reachSegments(locked, found);
    const { selector, reason } = request;
    const { calls, parts } = found;
    const certificate = erasureCertificate(deedOf(context, session, reason), {
      selector,
      calls,
      parts,
      segments,
    });
    const content = contentOfCertificate(certificate);
    const traces = await tracesOf(store, content);
    const { path, sequence } = await certify(retaining, certificate, reason, options);
    if (!options.dryRun) await destroyAndLook(retaining, locked, content, traces, certificate);
    return { certificate, path, sequence };
  });
}

async function certify(
  retaining: Retaining,
  certificate: ErasureCertificate,
  reason: string,
  options: { readonly dryRun: boolean },
): Promise<{ readonly path: string | undefined; readonly sequence: number }> {
  const { store, session } = retaining;
  const { text, digest } = certified(certificate);
  const detail = {
    event: 'erasure',
    erasure: certificate.id,
    selector: certificate.selector.by,
    records: certificate.calls.length,
    parts: certificate.parts,
    certificate: digest,
  } as const;
  await demandAllowed(session, detail, reason);
  if (options.dryRun) return { path: undefined, sequence: session.trail.head.sequence + 1 };
  const path = await keepCertificate(store, certificate, text);
  const [done] = await signFor(session, path, detail, reason, ({ erasures }) =>
    erasures.some((erasure) => erasure.id === certificate.id),
  );
  return { path, sequence: done?.event?.sequence ?? 0 };
}

async function destroyAndLook(
  { store }: Retaining,
  { calls }: ErasureShop,
  content: ToDestroy,
  traces: Traces,
  { id, segments, selector }: ErasureCertificate,
): Promise<void> {
  await destroy(store, content);
  await forgetHolds(store, calls, selector);
  const left = await leftovers(store, content, traces);
  if ((await stillThere(store, content)).size > 0)
    throw new Failure(`content of erasure ${id} is still there: run promptaudit calls erase --resume`);
  if (left.length > 0)
    throw new Failure(
      `what was erased is also in ${left.join(', ')} of the store, where no call keeps it: look at it, and remove it`,
    );
  await demandSeals(store, calls, segments);
}

/** What finishing earlier erasures came to. */
export interface Resumed {
  /** Those that were finished now. */
  readonly finished: readonly Erasure[];
  /** Those whose certificates are not in the store. */
  readonly uncertified: readonly Erasure[];
}

/**
 * Destroys what events say was erased and is still there: somebody was killed at it, or put it back from a copy.
 * @throws Refusal where a hold was placed on it since; Failure
 */
export async function resumeErasures(
  context: Context,
  retaining: Retaining,
  engine: Engine,
  options: { readonly dryRun: boolean },
): Promise<Resumed> {
  const { store } = retaining;
  const shop = await shopOf(retaining, engine);
  const certificates = await readCertificates(store, shop.calls);
  const { unfinished, uncertified } = await unfinishedErasures(store, shop.calls, certificates);
  const finished = unfinished.map(({ erasure }) => erasure);
  if (unfinished.length === 0 || options.dryRun) return { finished, uncertified };
  const holds = await readStandingHolds(store, shop.calls);
  for (const { erasure, left } of unfinished) {
    await demandNotHeld(engine, shop.sources, holds, [
      ...new Set([...left.values()].flatMap((ids) => [...ids])),
    ]);
    const names = [...left.keys()].map(({ name }) => name);
    await withSegments(store, names, context.now(), () => destroy(store, left));
    const certificate = certificates.get(erasure.certificate);
    if (certificate?.kind === 'erasure') await forgetHolds(store, shop.calls, certificate.selector);
  }
  return { finished, uncertified };
}
