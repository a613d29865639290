import { Worker } from 'node:worker_threads';
import { chosenEd25519Judge } from './ed25519judge.ts';
import type { KeyId, Keyring, Verdict } from './model.ts';
import {
  type Answer,
  type Batch,
  packTasks,
  type SignatureTask,
  type ThreadOptions,
} from './signaturebatch.ts';
import { verifySshSignature } from './sshcheck.ts';
import { GIT_NAMESPACE } from './sshsig.ts';

/** Beside this module, compiled or not. */
const THREAD = new URL(import.meta.url.replace(/checker(?=\.[jt]s$)/, 'checkthread'));

/** What a thread makes is gone after each batch: with more room it would only take more memory before it clears up. */
const YOUNG_MEGABYTES = 4;

/** Signatures that a thread gets in one go. */
const BATCH = 128;

interface Waiting {
  readonly tasks: readonly SignatureTask[];
  readonly keyring: Keyring;
  readonly resolve: (verdicts: readonly Verdict[] | Promise<readonly Verdict[]>) => void;
}

/**
 * Judges SSH signatures by the thousand. They go to threads of their own, which spares this thread the arithmetic and all the
 * bookkeeping for it; without threads, or where they cannot be started, it is done as for a single one.
 */
export class SignatureChecker {
  private readonly threads: CheckThread[];

  constructor(threads: number, ed25519 = chosenEd25519Judge()) {
    this.threads = Array.from({ length: threads }, () => new CheckThread({ ed25519 }));
  }

  /** One verdict a task, in order. A keyring that is given again has lost no key. */
  async check(tasks: readonly SignatureTask[], keyring: Keyring): Promise<readonly Verdict[]> {
    const batches: Promise<readonly Verdict[]>[] = [];
    for (let at = 0; at < tasks.length; at += BATCH) {
      batches.push(this.checkBatch(tasks.slice(at, at + BATCH), keyring));
    }
    return (await Promise.all(batches)).flat();
  }

  private async checkBatch(tasks: readonly SignatureTask[], keyring: Keyring): Promise<readonly Verdict[]> {
    const thread = this.threads.toSorted((a, b) => a.load - b.load)[0];
    return thread === undefined ? checkHere(tasks, keyring) : thread.check(tasks, keyring);
  }

  async close(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.close()));
  }
}

function checkHere(tasks: readonly SignatureTask[], keyring: Keyring): Promise<readonly Verdict[]> {
  return Promise.all(
    tasks.map(({ payload, signature }) => verifySshSignature(payload, signature, keyring, GIT_NAMESPACE)),
  );
}

/** Of what a thread gave no answer to. */
const UNJUDGED: Verdict = { verdict: 'unsupported', why: 'nobody judged it' };

class CheckThread {
  private readonly worker: Worker;
  private readonly told = new Set<KeyId>();
  /** The verdict on a valid signature by each key that it was told of, in that order. */
  private readonly valid: Verdict[] = [];
  /**
   * Sent and not answered, the first in line first. Not a Map: the tables that one leaves behind as it is filled and emptied
   * keep what they held, and each other, alive until the next full collection.
   */
  private readonly waiting: Waiting[] = [];
  private broken = false;

  constructor(workerData: ThreadOptions) {
    this.worker = new Worker(THREAD, {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    this.worker.on('message', (answer: Answer) => {
      this.waiting.shift()?.resolve(this.verdictsOf(answer));
    });
    this.worker.on('error', () => this.giveUp());
    this.worker.on('exit', () => this.giveUp());
  }

  /** Batches under way. */
  get load(): number {
    return this.waiting.length;
  }

  check(tasks: readonly SignatureTask[], keyring: Keyring): Promise<readonly Verdict[]> {
    if (this.broken) return checkHere(tasks, keyring);
    return new Promise((resolve) => {
      this.waiting.push({ tasks, keyring, resolve });
      const packed = packTasks(tasks);
      const batch: Batch = { newKeys: this.untold(keyring), packed };
      this.worker.postMessage(batch, [packed.bytes.buffer, packed.lengths.buffer]);
    });
  }

  private untold(keyring: Keyring): readonly KeyId[] {
    if (keyring.size === this.told.size) return [];
    const fresh = [...keyring.keys()].filter((id) => !this.told.has(id));
    for (const key of fresh) {
      this.told.add(key);
      this.valid.push({ verdict: 'valid', key });
    }
    return fresh;
  }

  private verdictsOf({ keys, others }: Answer): readonly Verdict[] {
    const rest = others.values();
    return Array.from(keys, (place) => this.valid[place] ?? rest.next().value ?? UNJUDGED);
  }

  /** Does what the thread left undone. */
  private giveUp(): void {
    this.broken = true;
    for (const { tasks, keyring, resolve } of this.waiting.splice(0)) resolve(checkHere(tasks, keyring));
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
