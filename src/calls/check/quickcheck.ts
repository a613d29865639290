import { errorReason, isAbsent } from '../../git/files.ts';
import type { Sha256 } from '../../ledger/event.ts';
import { digestFile, type FileDigest } from '../seal/filedigest.ts';

/** A sealed segment's file and what its seal says of it. */
export interface SealedPath extends FileDigest {
  readonly path: string;
}

export type QuickAnswer =
  | { readonly answer: 'ok' }
  | { readonly answer: 'missing' }
  | { readonly answer: 'unreadable'; readonly why: string }
  | { readonly answer: 'altered'; readonly fileDigest: Sha256; readonly fileSize: number };

/**
 * Compares files with their seals by SHA-256, byte by byte.
 * @param progress is told of the bytes read since the last time
 * @returns one answer a file, in order
 */
export async function quickCheck(
  files: readonly SealedPath[],
  progress?: (bytes: number) => void,
): Promise<QuickAnswer[]> {
  const answers: QuickAnswer[] = [];
  for (const file of files) answers.push(await checkFile(file, progress));
  return answers;
}

async function checkFile(file: SealedPath, progress?: (bytes: number) => void): Promise<QuickAnswer> {
  let found: FileDigest;
  try {
    found = await digestFile(file.path, progress);
  } catch (error) {
    return isAbsent(error) ? { answer: 'missing' } : { answer: 'unreadable', why: errorReason(error) };
  }
  const isSame = found.fileDigest === file.fileDigest && found.fileSize === file.fileSize;
  return isSame ? { answer: 'ok' } : { answer: 'altered', ...found };
}
