import { Worker } from 'node:worker_threads';
import type { FileDigest } from '../seal/filedigest.ts';

/** Beside this module, compiled or not. */
const THREAD = new URL(import.meta.url.replace(/digester(?=\.[jt]s$)/, 'digestthread'));

/** A file's digest, or the system's name of what failed. */
export type DigestAnswer = { readonly found: FileDigest } | { readonly code: string };

/** Digests files on a thread of its own, one at a time. */
export class ThreadDigester {
  readonly #worker = new Worker(THREAD);
  #resolve: ((answer: DigestAnswer | undefined) => void) | undefined;
  #isGone = false;

  constructor() {
    const gone = () => {
      this.#isGone = true;
      this.#answer(undefined);
    };
    this.#worker.on('message', (answer: DigestAnswer) => this.#answer(answer));
    this.#worker.on('error', gone);
    this.#worker.on('exit', gone);
  }

  #answer(answer: DigestAnswer | undefined): void {
    this.#resolve?.(answer);
    this.#resolve = undefined;
  }

  /** Ask only once the last one was answered. @returns `undefined` where the thread did not start, or ended */
  digest(path: string): Promise<DigestAnswer | undefined> {
    return new Promise((resolve) => {
      if (this.#isGone) return resolve(undefined);
      this.#resolve = resolve;
      this.#worker.postMessage(path);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
