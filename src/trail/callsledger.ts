import type { Oid } from '../git/object.ts';
import type { Detail, ErasureSelector, RetentionClass, Sha256 } from '../ledger/event.ts';
import { ownText } from '../ledger/owntext.ts';
import { parseSegmentName, type RecordClass, type SegmentName } from '../ledger/segment.ts';
import type { PrincipalId } from '../policy/model.ts';
import type { KeyId } from '../signing/model.ts';
import { timeText } from './instant.ts';
import type { Actor, TrailEvent } from './model.ts';

/** Who signed it, where and when. */
interface Signed {
  readonly sequence: number;
  /** Seconds since the epoch. */
  readonly time: number;
  readonly by: PrincipalId;
  /** The key that signed it. */
  readonly key: KeyId;
  /** The ledger commit. */
  readonly commit: Oid;
}

/** A segment of records as its seal vouches for it. Times are texts of one form, so that they compare as texts. */
export interface Seal extends Signed, Omit<Detail<'seal'>, 'event'> {
  readonly class: RecordClass;
}

/** What a seal will say, before its place in the ledger is known. */
export type Sealing = Omit<Detail<'seal'>, 'event' | 'previousSegment'>;

/** What may not be purged or erased, from an event on until another. */
export interface Hold extends Signed {
  readonly name: string;
  readonly queryDigest: Sha256;
  readonly reason: string;
  /** The sequence of its release. */
  readonly released: number | undefined;
}

export interface Purge extends Signed {
  readonly class: RetentionClass;
  readonly before: string;
  readonly segments: number;
  readonly certificate: Sha256;
}

export interface Erasure extends Signed {
  readonly id: string;
  readonly selector: ErasureSelector;
  readonly records: number;
  readonly parts: number;
  readonly certificate: Sha256;
  readonly reason: string;
}

/** All that took effect on the records of calls and accesses, in ledger order. */
export interface CallsLedger {
  readonly seals: readonly Seal[];
  readonly holds: readonly Hold[];
  readonly purges: readonly Purge[];
  readonly erasures: readonly Erasure[];
}

/** The same while it is being folded. */
export interface OpenCallsLedger extends CallsLedger {
  readonly seals: Seal[];
  readonly holds: Hold[];
  readonly purges: Purge[];
  readonly erasures: Erasure[];
  readonly sealed: Map<SegmentName, Seal>;
  /** The newest of each recorder and class. */
  readonly newest: Map<string, SegmentName>;
}

export function emptyCallsLedger(): OpenCallsLedger {
  return { seals: [], holds: [], purges: [], erasures: [], sealed: new Map(), newest: new Map() };
}

/** Adds one event that took effect. */
export function foldCalls(calls: OpenCallsLedger, event: TrailEvent): void {
  const { detail, actor } = event;
  if (!event.effective || detail === undefined || actor === undefined) return;
  const signed = signedBy(event, actor);
  switch (detail.event) {
    case 'seal':
      foldSeal(calls, detail, signed);
      return;
    case 'hold': {
      const { hold, queryDigest } = detail;
      const reason = ownText(event.reason);
      calls.holds.push({
        ...signed,
        name: ownText(hold),
        queryDigest: ownText(queryDigest),
        reason,
        released: undefined,
      });
      return;
    }
    case 'release': {
      const at = calls.holds.findIndex(
        ({ name, released }) => name === detail.hold && released === undefined,
      );
      const held = calls.holds[at];
      if (held !== undefined) calls.holds[at] = { ...held, released: event.sequence };
      return;
    }
    case 'purge': {
      const { segments, before, certificate } = detail;
      calls.purges.push({
        ...signed,
        class: detail.class,
        before: ownText(before),
        segments,
        certificate: ownText(certificate),
      });
      return;
    }
    case 'erasure': {
      const { erasure, selector, records, parts, certificate } = detail;
      const own = { id: ownText(erasure), certificate: ownText(certificate), reason: ownText(event.reason) };
      calls.erasures.push({ ...signed, ...own, selector, records, parts });
      return;
    }
    default:
      return;
  }
}

function signedBy({ sequence, time, oid }: TrailEvent, { principal, key }: Actor): Signed {
  return { sequence, time, by: principal, key, commit: oid };
}

function foldSeal(calls: OpenCallsLedger, detail: Detail<'seal'>, signed: Signed): void {
  const { event: _, ...said } = detail;
  const parts = parseSegmentName(ownText(detail.segment));
  if (parts === undefined) return;
  const seal: Seal = {
    ...signed,
    ...said,
    segment: parts.name,
    first: ownText(said.first),
    last: ownText(said.last),
    merkleRoot: ownText(said.merkleRoot),
    fileDigest: ownText(said.fileDigest),
    previousSegment: said.previousSegment && ownText(said.previousSegment),
    class: parts.class,
  };
  calls.seals.push(seal);
  calls.sealed.set(seal.segment, seal);
  calls.newest.set(chainOf(seal.segment), seal.segment);
}

/** The segment that a recorder sealed last of the class that `segment` is of. */
export function segmentBefore(
  calls: Pick<OpenCallsLedger, 'newest'>,
  segment: SegmentName,
): SegmentName | undefined {
  return calls.newest.get(chainOf(segment));
}

/** Segments of one recorder and class follow each other: what stands before their time. */
export function chainOf(segment: SegmentName): string {
  return segment.slice(0, segment.lastIndexOf('-'));
}

/**
 * When a segment ended, as retention counts: with its last record, or by its seal where a record claims to be of later. Else one
 * call that is dated ahead would keep all the others for as long.
 */
export function endOf(seal: Seal): string {
  const known = ENDS.get(seal);
  if (known !== undefined) return known;
  const sealed = timeText(seal.time);
  const end = seal.last < sealed ? seal.last : sealed;
  ENDS.set(seal, end);
  return end;
}

/** Each purge asks for those of all seals. */
const ENDS = new WeakMap<Seal, string>();

/** The seals whose files a purge of `kind` before `time` takes, or whose content it takes, as the ledger stands. */
export function purgeable(calls: CallsLedger, kind: RetentionClass, before: string): readonly Seal[] {
  const from = kind === 'access' ? 'access' : 'calls';
  const takes = takenBy(kind, from);
  const purges = calls.purges.filter((purge) => takes.includes(purge.class));
  const reach = farthestFrom(purges);
  let next = 0;
  // Both are in the order of the ledger.
  return calls.seals.filter((seal) => {
    while ((purges[next]?.sequence ?? Infinity) <= seal.sequence) next += 1;
    const purged = reach[next];
    const end = endOf(seal);
    return seal.class === from && end < before && (purged === undefined || end >= purged);
  });
}

/** By purge: the latest time that it, or any one behind it, is of everything before. */
function farthestFrom(purges: readonly Purge[]): readonly string[] {
  const reach: string[] = [];
  for (const { before } of purges.toReversed()) {
    const last = reach.at(-1);
    reach.push(last !== undefined && last > before ? last : before);
  }
  return reach.reverse();
}

/** Purges of which classes take the records of a class, or their content. */
function takenBy(kind: RetentionClass, from: RecordClass): readonly RetentionClass[] {
  return kind === 'content' && from === 'calls' ? ['content', 'calls'] : [from];
}

/** The purge that took a sealed segment, or its content, which goes with it; `undefined` while that is to be there. */
export function purgeOf(
  calls: CallsLedger,
  seal: Seal,
  kind: RetentionClass = seal.class,
): Purge | undefined {
  const takes = takenBy(kind, seal.class);
  return calls.purges.find(
    (purge) => takes.includes(purge.class) && purge.sequence > seal.sequence && endOf(seal) < purge.before,
  );
}

/** Holds that nobody has released. */
export function standingHolds(calls: CallsLedger): readonly Hold[] {
  return calls.holds.filter(({ released }) => released === undefined);
}
