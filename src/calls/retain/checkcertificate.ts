import { type CallsLedger, type Erasure, type Purge, purgeOf } from '../../trail/callsledger.ts';
import { finding } from '../../trail/findings.ts';
import type { Finding } from '../../trail/model.ts';
import type { Sources } from '../search/sources.ts';
import type { Certificate } from './certificate.ts';
import type { Certificates } from './certificates.ts';
import { unfinishedErasures } from './destroy.ts';
import { remaining } from './purge.ts';

/** What purges and erasures said is gone, and is not; what vouches for them, and is not there. */
export async function checkActs(
  sources: Sources,
  calls: CallsLedger,
  certificates: Certificates,
): Promise<readonly Finding[]> {
  const findings = [...calls.purges, ...calls.erasures]
    .sort((a, b) => a.sequence - b.sequence)
    .flatMap((act) => checkCertificate(calls, certificates, act));
  const { unfinished } = await unfinishedErasures(sources.store, calls, certificates);
  for (const { erasure, left } of unfinished) {
    const count = new Set([...left.values()].flatMap((ids) => [...ids])).size;
    const message = `the content of ${counted(count, 'call')} is still there that event ${erasure.sequence} says was erased`;
    findings.push(finding('calls/erased', { sequence: erasure.sequence, object: erasure.id }, message));
  }
  for (const { purge, seal, what } of await remaining(sources, calls)) {
    const is = what === 'all' ? 'was purged' : 'had its content purged';
    const message = `segment ${seal.segment} ${is} by event ${purge.sequence} and ${what === 'all' ? 'is' : 'that is'} still there`;
    findings.push(finding('calls/purged', { sequence: purge.sequence, object: seal.segment }, message));
  }
  return findings;
}

/** The certificate of an act is there as its event says, and is about what the ledger says. */
function checkCertificate(
  calls: CallsLedger,
  certificates: Certificates,
  act: Purge | Erasure,
): readonly Finding[] {
  const isErasure = 'selector' in act;
  const place = { sequence: act.sequence, object: isErasure ? act.id : act.certificate };
  const what = `the certificate of the ${isErasure ? 'erasure' : 'purge'} of event ${act.sequence}`;
  const wrong = (how: string): readonly Finding[] => [finding('calls/certificate', place, `${what} ${how}`)];
  const certificate = certificates.get(act.certificate);
  if (certificate === undefined) return wrong('is not in the store as the event says it');
  const isSame = isErasure
    ? certificate.kind === 'erasure' &&
      certificate.id === act.id &&
      certificate.selector.by === act.selector &&
      certificate.calls.length === act.records
    : certificate.kind === 'purge' &&
      certificate.class === act.class &&
      certificate.before === act.before &&
      certificate.segments.length === act.segments;
  if (!isSame) return wrong('is about something else than the event');
  const seals = new Map<string, CallsLedger['seals'][number]>(
    calls.seals.map((seal) => [seal.segment, seal]),
  );
  const odd = certificate.segments.find(({ segment, fileDigest, merkleRoot }) => {
    const seal = seals.get(segment);
    return fileDigest !== null && (seal?.fileDigest !== fileDigest || seal.merkleRoot !== merkleRoot);
  });
  return odd === undefined ? [] : wrong(`names a seal of segment ${odd.segment} that is not in the ledger`);
}

/** What says that it certifies an act of which the ledger knows nothing, or that had no effect. */
export function unsignedCertificates(
  { purges, erasures }: CallsLedger,
  certificates: Certificates,
): readonly Certificate[] {
  const signed = new Set([...purges, ...erasures].map(({ certificate }) => certificate));
  return [...certificates].filter(([digest]) => !signed.has(digest)).map(([, certificate]) => certificate);
}

/** Ids whose content in a segment is gone by an erasure. */
export function erasedIn(calls: CallsLedger, certificates: Certificates, segment: string): readonly string[] {
  return calls.erasures.flatMap((erasure) => {
    const certificate = certificates.get(erasure.certificate);
    if (certificate?.kind !== 'erasure') return [];
    return certificate.segments.some((one) => one.segment === segment) ? certificate.calls : [];
  });
}

/** Whether what was said in a segment is to be there. */
export function keepsContent(calls: CallsLedger, seal: CallsLedger['seals'][number]): boolean {
  return seal.class === 'calls' && purgeOf(calls, seal, 'content') === undefined;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
