import { join } from 'node:path';
import { sha256 } from '../../ledger/digest.ts';
import type { Sha256 } from '../../ledger/event.ts';
import type { CallsLedger } from '../../trail/callsledger.ts';
import { isPlainFile, namesIn, storeFailure } from '../store/folder.ts';
import { PLACES } from '../store/names.ts';
import { type Certificate, decodeCertificate, encodeCertificate } from './certificate.ts';
import { placeFile } from './place.ts';
import { readVouched } from './vouched.ts';

/** What the store keeps of its acts, by their digests: what an event vouches for is found by what it says. */
export type Certificates = ReadonlyMap<Sha256, Certificate>;

/** Files that are no certificates are passed over. @throws Failure where one cannot be read */
export async function readCertificates(
  store: string,
  { purges, erasures }: Pick<CallsLedger, 'purges' | 'erasures'>,
): Promise<Certificates> {
  const vouched = new Set([...purges, ...erasures].map(({ certificate }) => certificate));
  const folder = join(store, PLACES.certificates);
  const found = new Map<Sha256, Certificate>();
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (!isPlainFile(path)) continue;
    const read = await readVouched(path, vouched).catch((error: unknown) => {
      throw storeFailure(error, path, 'be read');
    });
    if (read === undefined) continue;
    const certificate = decodeCertificate(read.bytes);
    if (certificate !== undefined) found.set(read.digest, certificate);
  }
  return found;
}

/** A certificate's bytes and their digest, which its event has. */
export function certified(certificate: Certificate): { readonly text: string; readonly digest: Sha256 } {
  const text = encodeCertificate(certificate);
  return { text, digest: sha256(Buffer.from(text)) };
}

/** Writes it durably. @returns its path */
export function keepCertificate(store: string, { id }: Certificate, text: string): Promise<string> {
  return placeFile(store, 'certificates', `${id}.json`, text);
}
