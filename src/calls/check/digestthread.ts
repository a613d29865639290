import { parentPort } from 'node:worker_threads';
import { errorCode } from '../../git/files.ts';
import { digestFile } from '../seal/filedigest.ts';
import type { DigestAnswer } from './digester.ts';

/** What a `ThreadDigester`'s thread runs: digests one file after the other. */

parentPort?.on('message', async (path: string) => {
  let answer: DigestAnswer;
  try {
    answer = { found: await digestFile(path) };
  } catch (error) {
    answer = { code: errorCode(error) };
  }
  parentPort?.postMessage(answer);
});
