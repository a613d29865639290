import { Buffer } from 'node:buffer';
import { Failure } from '../../failure.ts';
import { isIncluded, leafHash } from '../../ledger/merkle.ts';
import { encodeCheckpoint, encodeNote } from '../../ledger/signednote.ts';
import { encodeTlogProof } from '../../ledger/tlogproof.ts';
import type { KeyId } from '../../signing/model.ts';
import { checkpointOf, readSealCommit, sealKeyId } from './sealnote.ts';

/** A record of a sealed segment, and what its proof is made of. */
export interface SealedRecord {
  /** The canonical JSON, without a line feed. */
  readonly line: string;
  /** Its place among the segment's records, from 0. */
  readonly index: number;
  /** How many records the segment has. */
  readonly size: number;
  /** The leaf's audit path (RFC 6962, section 2.1.1). */
  readonly path: readonly Buffer[];
  /** The body of the seal's ledger commit, signature included. */
  readonly commit: Uint8Array;
  /** Who signed the seal, as the trail found. */
  readonly signer: KeyId;
}

/**
 * The proof of one record, in the form of c2sp.org/tlog-proof: what `checkProof` checks with the record's line alone.
 * @throws Failure where the record is not what the seal sealed
 */
export function proveRecord({ line, index, size, path, commit, signer }: SealedRecord): string {
  const sealed = readSealCommit(commit);
  if (!sealed.ok) throw new Failure(`the record cannot be proven: ${sealed.problem}`);
  const checkpoint = checkpointOf(sealed.value);
  const { origin, root } = checkpoint;
  if (size !== checkpoint.size || !isIncluded(leafHash(Buffer.from(line)), index, size, path, root)) {
    throw new Failure(
      `record ${index} of ${sealed.value.seal.segment} is not what was sealed: run promptaudit calls verify`,
    );
  }
  const signature = { name: origin, keyId: sealKeyId(origin, signer), signature: Buffer.from(commit) };
  const note = encodeNote({ text: encodeCheckpoint(checkpoint), signatures: [signature] });
  return encodeTlogProof({ index, hashes: path, checkpoint: note });
}
