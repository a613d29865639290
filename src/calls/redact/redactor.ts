import { Worker } from 'node:worker_threads';
import { Failure } from '../../failure.ts';
import { planRedaction, type RedactionOptions } from './options.ts';
import { unknownRegions } from './pii.ts';
import type { ThreadMessage } from './redactthread.ts';
import { loadRules, type Redacted, type Rules } from './rules.ts';

/** Takes out of texts what must not be kept. */
export interface Redactor {
  /**
   * Never rejects. A text that could not be looked through (a detector failed, it took too long, it is longer than 8 Mi
   * characters) is empty, and the rule `redaction-failed` fired.
   */
  redact(text: string): Promise<Redacted>;
  close(): Promise<void>;
}

export interface RedactorSettings {
  /** Milliseconds that one text may take; 10,000 unless set. */
  readonly timeLimit?: number;
}

const MAX_TEXT = 8 * 1024 ** 2;
const TIME_LIMIT = 10_000;
const MEMORY = { maxOldGenerationSizeMb: 256 };
const FAILED: Redacted = { text: '', fired: [{ rule: 'redaction-failed', count: 1 }] };
/** Beside this module, compiled or not. */
const THREAD = new URL(import.meta.url.replace(/redactor(?=\.[jt]s$)/, 'redactthread'));

/**
 * Texts are redacted in a thread of its own, which spares this one the work and is ended when a text takes too long, as a
 * pattern of one's own may. Where threads cannot be started it is done in this one, without a bound on the time.
 * @throws Failure with all that is wrong with the options
 */
export async function openRedactor(
  options: RedactionOptions,
  { timeLimit = TIME_LIMIT }: RedactorSettings = {},
): Promise<Redactor> {
  const planned = planRedaction(options);
  const messages = 'problems' in planned ? planned.problems.map(({ message }) => message) : [];
  const unknown = messages.length === 0 ? await unknownRegions(options.regions ?? []) : [];
  messages.push(...unknown.map((region) => `no phone numbers are known of ${region}`));
  if ('problems' in planned || messages.length > 0) {
    throw new Failure(`the redaction rules cannot be used: ${messages.join('; ')}`);
  }
  const redactor = new ThreadRedactor(options, timeLimit);
  return (await redactor.start()) ? redactor : new InlineRedactor(await loadRules(planned.plan));
}

/** What stands for a text that was taken out may be longer than it. */
function bounded(redacted: Redacted | undefined): Redacted {
  return redacted !== undefined && redacted.text.length <= MAX_TEXT ? redacted : FAILED;
}

class InlineRedactor implements Redactor {
  readonly #rules: Rules;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  redact(text: string): Promise<Redacted> {
    if (text.length > MAX_TEXT) return Promise.resolve(FAILED);
    return this.#rules(text).then(bounded, () => FAILED);
  }

  async close(): Promise<void> {}
}

interface Waiting {
  readonly text: string;
  readonly resolve: (redacted: Redacted) => void;
}

class ThreadRedactor implements Redactor {
  readonly #options: RedactionOptions;
  readonly #timeLimit: number;
  /** In the order in which the thread has them. */
  readonly #waiting: Waiting[] = [];
  #thread: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: RedactionOptions, timeLimit: number) {
    this.#options = options;
    this.#timeLimit = timeLimit;
  }

  /** False where no thread can be had. */
  start(): Promise<boolean> {
    return new Promise((resolve) => {
      const thread = this.#spawn();
      thread.once('message', () => resolve(true));
      thread.once('exit', () => resolve(false));
    });
  }

  redact(text: string): Promise<Redacted> {
    if (this.#closed || text.length > MAX_TEXT) return Promise.resolve(FAILED);
    return new Promise((resolve) => {
      this.#waiting.push({ text, resolve });
      if (this.#thread === undefined) {
        this.#spawn().postMessage(text);
      } else {
        this.#thread.postMessage(text);
        if (this.#waiting.length === 1) this.#watch();
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const thread = this.#thread;
    this.#thread = undefined;
    for (const { resolve } of this.#waiting.splice(0)) resolve(FAILED);
    await thread?.terminate();
  }

  #spawn(): Worker {
    const thread = new Worker(THREAD, { workerData: this.#options, resourceLimits: MEMORY });
    this.#thread = thread;
    thread.on('message', (message: ThreadMessage) => {
      if (message !== 'ready') this.#waiting.shift()?.resolve(bounded(message.redacted));
      this.#watch();
    });
    thread.on('error', () => this.#replace(thread));
    thread.on('exit', () => this.#replace(thread));
    return thread;
  }

  /** Counts the time of the text whose turn it is; without one, the thread does not keep the process alive. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [turn, thread] = [this.#waiting[0], this.#thread];
    if (turn === undefined) {
      thread?.unref();
      return;
    }
    thread?.ref();
    const expire = (): void => {
      if (turn === this.#waiting[0] && thread !== undefined) this.#replace(thread);
    };
    // Where this thread was kept busy, the answer is here already and waits behind the timer.
    this.#timer = setTimeout(() => setImmediate(expire), this.#timeLimit);
  }

  /** Ends a thread for the sake of the text whose turn it is, and hands those that wait to a new one. */
  #replace(thread: Worker): void {
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    void thread.terminate();
    this.#waiting.shift()?.resolve(FAILED);
    if (this.#waiting.length === 0) return;
    const next = this.#spawn();
    for (const { text } of this.#waiting) next.postMessage(text);
  }
}
