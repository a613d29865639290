import { Failure } from '../../failure.ts';
import { type CallsLedger, type Erasure, type OpenCallsLedger, purgeOf } from '../../trail/callsledger.ts';
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
  const [left] = await eachStillThere(store, [content]);
  return left ?? new Map();
}

/** As `stillThere`, of several, in their order; each content file is read once. */
async function eachStillThere(store: string, contents: readonly ToDestroy[]): Promise<readonly ToDestroy[]> {
  const segments = new Map<string, SegmentParts>();
  for (const content of contents) for (const segment of content.keys()) segments.set(segment.name, segment);
  const left = contents.map(() => new Map<SegmentParts, Set<string>>());
  for (const segment of segments.values()) {
    const wanted = contents.map((content) => idsIn(content, segment));
    const found = contents.map(() => new Set<string>());
    for await (const { item } of contentItems(store, segment))
      for (const [at, ids] of wanted.entries()) if (ids?.has(item.id)) found[at]?.add(item.id);
    for (const [at, ids] of found.entries()) if (ids.size > 0) left[at]?.set(segment, ids);
  }
  return left;
}

function idsIn(content: ToDestroy, { name }: SegmentParts): ReadonlySet<string> | undefined {
  for (const [segment, ids] of content) if (segment.name === name) return ids;
  return undefined;
}

/** An erasure that was signed, and not done to the end. */
export interface Unfinished {
  readonly erasure: Erasure;
  readonly left: ToDestroy;
}

/** @returns also the erasures whose certificates are not there: nobody can tell what they were of */
export async function unfinishedErasures(
  store: string,
  calls: CallsLedger,
  certificates: Certificates,
): Promise<{ readonly unfinished: readonly Unfinished[]; readonly uncertified: readonly Erasure[] }> {
  const known: { readonly erasure: Erasure; readonly content: ToDestroy }[] = [];
  const uncertified: Erasure[] = [];
  for (const erasure of calls.erasures) {
    const certificate = certificates.get(erasure.certificate);
    if (certificate?.kind === 'erasure') known.push({ erasure, content: contentOfCertificate(certificate) });
    else uncertified.push(erasure);
  }
  const each = await eachStillThere(
    store,
    known.map(({ content }) => content),
  );
  const unfinished = known.flatMap(({ erasure }, at) => {
    const left = each[at];
    return left === undefined || left.size === 0 ? [] : [{ erasure, left }];
  });
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
