import { Buffer } from 'node:buffer';
import type { ParsedCommit } from '../../git/commit.ts';
import { isIncluded, leafHash } from '../../ledger/merkle.ts';
import { type Checkpoint, decodeCheckpoint, decodeNote, type Note } from '../../ledger/signednote.ts';
import { decodeTlogProof } from '../../ledger/tlogproof.ts';
import type { Verdict } from '../../signing/model.ts';
import { fingerprint } from '../../signing/sshkey.ts';
import { keyringOf, verifySignature } from '../../signing/verify.ts';
import { checkpointOf, readSealCommit, type SealCommit, sealKeyId } from './sealnote.ts';
import type { TrustedSigners } from './signers.ts';

/** What a proof that holds says. */
interface ProvenRecord {
  readonly registry: string;
  readonly segment: string;
  readonly index: number;
  readonly size: number;
  /** The seal's place in the ledger, as it says itself. */
  readonly sequence: number;
  /** When it was sealed, seconds since the epoch, as its signer says. */
  readonly sealedAt: number;
  readonly sealedBy: string;
}

export type ProofCheck =
  | { readonly ok: true; readonly proven: ProvenRecord }
  | { readonly ok: false; readonly reasons: readonly string[] };

/**
 * Checks one record with nothing but its proof: the record's leaf leads to the root that the seal names, and somebody who is
 * trusted signed the seal. Says all that is wrong; never throws for what the proof or the record hold. Not shown is that
 * the ledger still has this seal, which takes the ledger.
 * @param record the record's line without a line feed
 */
export async function checkProof(
  proof: string | Uint8Array,
  record: string | Uint8Array,
  trusted: TrustedSigners,
): Promise<ProofCheck> {
  const decoded = decodeTlogProof(proof);
  if (!decoded.ok) return refused(decoded.problem);
  const { index, hashes, checkpoint: text, extra } = decoded.value;
  if (extra !== undefined) return refused('the proof has an extra line, which nothing authenticates');
  const note = decodeNote(text);
  if (!note.ok) return refused(note.problem);
  const checkpoint = decodeCheckpoint(note.value.text);
  if (!checkpoint.ok) return refused(checkpoint.problem);

  const reasons: string[] = [];
  const { size, root } = checkpoint.value;
  const leaf = leafHash(Buffer.from(record));
  if (!isIncluded(leaf, index, size, hashes, root))
    reasons.push(`the record is not number ${index + 1} of the ${size} records that the proof is about`);
  const signed = await signedSeal(note.value, checkpoint.value, trusted);
  if ('problems' in signed) return refused(...reasons, ...signed.problems);
  if (reasons.length > 0) return refused(...reasons);
  const { commit, event, seal } = signed;
  const proven = {
    registry: event.registry,
    segment: seal.segment,
    index,
    size,
    sequence: event.sequence,
    sealedAt: commit.committer.time,
    sealedBy: commit.committer.email,
  };
  return { ok: true, proven };
}

/**
 * The seal by which the checkpoint is signed. Lines under other names and by unknown keys are passed over, as the specification
 * of signed notes demands; of the others every one must hold.
 */
async function signedSeal(
  { signatures }: Note,
  checkpoint: Checkpoint,
  trusted: TrustedSigners,
): Promise<SealCommit | { readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const strangers: string[] = [];
  let found: SealCommit | undefined;
  for (const { name, keyId, signature } of signatures) {
    if (name !== checkpoint.origin) continue;
    const read = readSealCommit(signature);
    if (!read.ok) {
      problems.push(read.problem);
      continue;
    }
    const verdict = await verdictOn(read.value.commit, trusted);
    if (verdict.verdict === 'unknown-key') {
      strangers.push(`the seal is signed by a key that is not trusted here: ${verdict.key}`);
      continue;
    }
    found = read.value;
    problems.push(...disagreements(found, checkpoint), ...signerProblems(found, keyId, verdict, trusted));
  }
  if (problems.length > 0) return { problems };
  if (found !== undefined) return found;
  return {
    problems:
      strangers.length > 0 ? strangers : ['the checkpoint carries no signature under the name of its origin'],
  };
}

function disagreements(sealed: SealCommit, checkpoint: Checkpoint): readonly string[] {
  const said = checkpointOf(sealed);
  return [
    ...(said.origin === checkpoint.origin ? [] : ['the seal is of another registry or segment']),
    ...(said.size === checkpoint.size
      ? []
      : [`the seal counts ${said.size} records, not ${checkpoint.size}`]),
    ...(said.root.equals(checkpoint.root) ? [] : ['the seal names another Merkle root']),
  ];
}

async function verdictOn(commit: ParsedCommit, trusted: TrustedSigners): Promise<Verdict> {
  const no = (why: string): Verdict => ({ verdict: 'invalid', key: undefined, why });
  const [signature, ...others] = commit.signatures;
  if (signature === undefined) return no('there is none');
  if (commit.ambiguity !== undefined) return no(commit.ambiguity);
  if (others.length > 0) return no('there is more than one');
  const keyring = keyringOf(Array.from(trusted.values(), ({ key }) => key));
  return verifySignature(commit.payload, signature.bytes, keyring);
}

/** What is wrong with the signature on a seal's commit, and with whose it is. */
function signerProblems(
  sealed: SealCommit,
  keyId: Buffer,
  verdict: Exclude<Verdict, { readonly verdict: 'unknown-key' }>,
  trusted: TrustedSigners,
): readonly string[] {
  const { commit, event } = sealed;
  switch (verdict.verdict) {
    case 'invalid':
      return [`the signature of the seal does not hold: ${verdict.why}`];
    case 'unsupported':
      return [`the signature of the seal cannot be judged: ${verdict.why}`];
    case 'valid': {
      const { key } = verdict;
      const { email } = commit.committer;
      const wrong = trusted.get(key)?.problem(email, event.sequence);
      const id = sealKeyId(checkpointOf(sealed).origin, key);
      return [
        ...(id.equals(keyId) ? [] : ['the signature line names another key than the one that signed']),
        ...(commit.author.email === email ? [] : ['the seal names two people']),
        ...(wrong === undefined ? [] : [`the seal is signed with ${fingerprint(key)}, ${wrong}`]),
      ];
    }
  }
}

function refused(...reasons: string[]): ProofCheck {
  return { ok: false, reasons };
}
