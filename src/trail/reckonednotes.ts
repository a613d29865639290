import { Worker } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import type { ObjectFormat, Oid } from '../git/object.ts';
import { type Noted, NotesTree } from '../ledger/notestree.ts';
import type { NotesLedger } from './state.ts';

/** Beside this module, compiled or not. */
const THREAD = new URL(import.meta.url.replace(/reckonednotes(?=\.[jt]s$)/, 'notesthread'));

/** What it makes is gone after each run: with more room it would only take more memory before it clears up. */
const YOUNG_MEGABYTES = 4;

type Run = readonly (Noted | undefined)[];

interface Waiting {
  readonly run: Run;
  readonly resolve: (trees: readonly Oid[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The notes tree from genesis, worked out of the messages alone; on a thread of its own where that pays. Where the thread
 * cannot be started, it is done here.
 */
export class ReckonedNotes implements NotesLedger {
  readonly #here: NotesTree;
  #thread: Worker | undefined;
  /** Given to the thread and not answered, the first in line first. */
  readonly #waiting: Waiting[] = [];
  #answered = false;
  #lost = false;

  constructor(format: ObjectFormat, threaded: boolean) {
    this.#here = NotesTree.empty(format);
    if (threaded) this.#thread = this.#start(format);
  }

  #start(format: ObjectFormat): Worker {
    const thread = new Worker(THREAD, {
      workerData: format,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    });
    thread.on('message', (trees: readonly Oid[]) => {
      this.#answered = true;
      this.#waiting.shift()?.resolve(trees);
    });
    thread.on('error', () => this.#giveUp());
    thread.on('exit', () => this.#giveUp());
    return thread;
  }

  /** @throws Failure when the thread ended with what it knew */
  async treesAfter(run: Run): Promise<readonly Oid[]> {
    if (this.#lost) throw lost();
    const thread = this.#thread;
    if (thread === undefined) return this.#here.appendAll(run);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ run, resolve, reject });
      thread.postMessage(run);
    });
  }

  /** A thread that never answered has all that it was given in line still. */
  #giveUp(): void {
    if (this.#thread === undefined) return;
    this.#thread = undefined;
    this.#lost = this.#answered;
    for (const { run, resolve, reject } of this.#waiting.splice(0)) {
      if (this.#lost) reject(lost());
      else resolve(this.#here.appendAll(run));
    }
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

function lost(): Failure {
  return new Failure('a thread that works out the notes of the ledger ended on its own: run it again');
}
