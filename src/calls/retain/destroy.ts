import { Failure } from '../../failure.ts';
import { type Erasure, type OpenCallsLedger, purgeOf } from '../../trail/callsledger.ts';
import { eraseContent } from '../content/erase.ts';
import { digestFile } from '../seal/filedigest.ts';
import { parseSegmentName, type SegmentParts, sealedPath } from '../store/names.ts';
import type { ErasureCertificate, ReachedSegment } from './certificate.ts';
import type { Certificates } from './certificates.ts';
import { contentItems } from './contents.ts';

/** The ids whose content goes, segment by segment. */
export type ToDestroy = ReadonlyMap<SegmentParts, ReadonlySet<string>>;

export function contentOfCertificate({ calls, segments }: ErasureCertificate): ToDestroy {
  return new Map(
    segments.flatMap(({ segment, orphans }) => {
      const parts = parseSegmentName(segment);
      return parts === undefined ? [] : [[parts, new Set([...calls, ...orphans])] as const];
    }),
  );
}

/** Destroys it. The caller keeps writers away. @throws Failure */
export async function destroy(store: string, content: ToDestroy): Promise<void> {
  for (const [segment, ids] of content) await eraseContent({ store, segment, ids });
}

/** What of it is still there, segment by segment. @throws Failure where a content file cannot be read */
export async function stillThere(store: string, content: ToDestroy): Promise<ToDestroy> {
  const left = new Map<SegmentParts, ReadonlySet<string>>();
  for (const [segment, ids] of content) {
    const found = new Set<string>();
    for await (const { item } of contentItems(store, segment)) if (ids.has(item.id)) found.add(item.id);
    if (found.size > 0) left.set(segment, found);
  }
  return left;
}

/** An erasure that was signed, and not done to the end. */
export interface Unfinished {
  readonly erasure: Erasure;
  readonly left: ToDestroy;
}

/** @returns also the erasures whose certificates are not there: nobody can tell what they were of */
export async function unfinishedErasures(
  store: string,
  calls: OpenCallsLedger,
  certificates: Certificates,
): Promise<{ readonly unfinished: readonly Unfinished[]; readonly uncertified: readonly Erasure[] }> {
  const unfinished: Unfinished[] = [];
  const uncertified: Erasure[] = [];
  for (const erasure of calls.erasures) {
    const certificate = certificates.get(erasure.certificate);
    if (certificate?.kind !== 'erasure') {
      uncertified.push(erasure);
      continue;
    }
    const left = await stillThere(store, contentOfCertificate(certificate));
    if (left.size > 0) unfinished.push({ erasure, left });
  }
  return { unfinished, uncertified };
}

/** The seals of a certificate hold as they did, by their files' digests. @throws Failure naming one that does not */
export async function demandSeals(
  store: string,
  calls: OpenCallsLedger,
  segments: readonly ReachedSegment[],
): Promise<void> {
  for (const { segment, fileDigest } of segments) {
    const [parts, seal] = [parseSegmentName(segment), calls.sealed.get(segment)];
    if (fileDigest === null || parts === undefined || seal === undefined) continue;
    if (purgeOf(calls, seal) !== undefined) continue;
    if ((await digestFile(sealedPath(store, parts))).fileDigest !== fileDigest)
      throw new Failure(`segment ${segment} is not what was sealed any more: run promptaudit calls verify`);
  }
}
