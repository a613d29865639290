import { lstat } from 'node:fs/promises';
import { errorCode, errorReason, isAbsent } from '../../git/files.ts';
import type { Sha256 } from '../../ledger/event.ts';
import { digestFile, type FileDigest } from '../seal/filedigest.ts';
import { type DigestAnswer, ThreadDigester } from './digester.ts';

/** A sealed segment's file and what its seal says of it. */
export interface SealedPath extends FileDigest {
  readonly path: string;
}

export type QuickAnswer =
  | { readonly answer: 'ok' }
  | { readonly answer: 'missing' }
  | { readonly answer: 'unreadable'; readonly why: string }
  | { readonly answer: 'altered'; readonly fileDigest: Sha256; readonly fileSize: number }
  /** Altered, and larger than all that was sealed: it is not read, for a sparse file can have any size. */
  | { readonly answer: 'larger'; readonly fileSize: number };

/** In bytes: a thread takes as long to start as so many take to digest. */
const WORTH_A_THREAD = 32 << 20;

/**
 * Compares files with their seals by SHA-256, byte by byte, on two threads where there is enough for both.
 * @param progress is told of the bytes read since the last time
 * @returns one answer a file, in order
 */
export async function quickCheck(
  files: readonly SealedPath[],
  progress: (bytes: number) => void = () => {},
): Promise<QuickAnswer[]> {
  const answers: QuickAnswer[] = [];
  const waiting = files.entries();
  const largest = files.reduce((most, { fileSize }) => Math.max(most, fileSize), 0);
  const work = async (digest: (path: string) => Promise<DigestAnswer>): Promise<void> => {
    for (const [at, file] of waiting) {
      const larger = await largerThan(file.path, largest);
      answers[at] =
        larger === undefined
          ? answerOf(file, await digest(file.path))
          : { answer: 'larger', fileSize: larger };
    }
  };
  const here = (path: string) => digestHere(path, progress);
  const bytes = files.reduce((sum, { fileSize }) => sum + fileSize, 0);
  if (files.length === 1 || bytes < WORTH_A_THREAD) {
    await work(here);
    return answers;
  }
  const thread = new ThreadDigester();
  const there = async (path: string): Promise<DigestAnswer> => {
    const answer = await thread.digest(path);
    if (answer !== undefined && 'found' in answer) progress(answer.found.fileSize);
    return answer ?? here(path);
  };
  try {
    await Promise.all([work(there), work(here)]);
  } finally {
    await thread.close();
  }
  return answers;
}

/** The size of a plain file that is larger. */
async function largerThan(path: string, size: number): Promise<number | undefined> {
  const found = await lstat(path).catch(() => undefined);
  return found?.isFile() === true && found.size > size ? found.size : undefined;
}

async function digestHere(path: string, progress: (bytes: number) => void): Promise<DigestAnswer> {
  try {
    return { found: await digestFile(path, progress) };
  } catch (error) {
    return { code: errorCode(error) };
  }
}

function answerOf(file: SealedPath, answer: DigestAnswer): QuickAnswer {
  if ('code' in answer) {
    const error = Object.assign(new Error(), answer);
    if (isAbsent(error)) return { answer: 'missing' };
    const why = answer.code === 'ELOOP' ? 'it is no plain file' : errorReason(error);
    return { answer: 'unreadable', why };
  }
  const { found } = answer;
  const isSame = found.fileDigest === file.fileDigest && found.fileSize === file.fileSize;
  return isSame ? { answer: 'ok' } : { answer: 'altered', ...found };
}
