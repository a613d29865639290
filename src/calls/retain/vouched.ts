import { sha256 } from '../../ledger/digest.ts';
import type { Sha256 } from '../../ledger/event.ts';
import { digestFile } from '../seal/filedigest.ts';
import { openPlain } from '../store/plainfile.ts';

/** Whoever can write the store can put files of any size there: what no event vouches for is read up to this many bytes. */
const LARGEST_UNVOUCHED = 16 << 20;

/**
 * A file's bytes and their digest; `undefined` where it is one that nobody vouches for and that is too large to be looked at.
 * @throws a system error
 */
export async function readVouched(
  path: string,
  vouched: ReadonlySet<Sha256>,
): Promise<{ readonly bytes: Buffer; readonly digest: Sha256 } | undefined> {
  const { fileDigest, fileSize } = await digestFile(path);
  if (fileSize > LARGEST_UNVOUCHED && !vouched.has(fileDigest)) return undefined;
  const file = await openPlain(path);
  try {
    const bytes = await file.readFile();
    return { bytes, digest: sha256(bytes) };
  } finally {
    await file.close();
  }
}
