import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Failure } from '../../failure.ts';
import type { Oid } from '../object.ts';
import { type BatchAnswer, BatchParser } from './batchparser.ts';
import { type GitPlace, notStarted, startGit } from './process.ts';

/** An answer about one object; `unreadable` when git itself gives up over it. */
type CatFileAnswer = BatchAnswer | { readonly state: 'unreadable' };

interface Request {
  readonly oid: Oid;
  readonly resolve: (answer: CatFileAnswer) => void;
  readonly reject: (error: Error) => void;
  /** How many processes died with this request first in line. */
  deaths: number;
}

/** A process may die of something else than the object that it was asked for. */
const DEATHS = 2;

/**
 * One long-lived `git cat-file`, started when it is first asked and again when it dies, which it does over an object that
 * it cannot inflate. Requests are answered in order; any number may be under way.
 *
 * Requests that are made together are answered together, in far fewer writes (`--batch-command`, git 2.36). After a death
 * that is given up, for good: an older git does not know it, and only single answers show which object is to blame.
 */
export class CatFile {
  readonly #place: GitPlace;
  #grouped = true;
  #child: ChildProcessWithoutNullStreams | undefined;
  #waiting: Request[] = [];
  /** The first request that is not answered; the ones before it are cut off now and then. */
  #first = 0;
  #unsent: Oid[] = [];
  #closed = false;

  constructor(place: GitPlace) {
    this.#place = place;
  }

  /** @throws Failure when git cannot be started */
  request(oid: Oid): Promise<CatFileAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Failure('the repository was closed'));
        return;
      }
      this.#waiting.push({ oid, resolve, reject, deaths: 0 });
      if (this.#unsent.length === 0) queueMicrotask(() => this.#flush());
      this.#unsent.push(oid);
    });
  }

  /** Ends the process; whoever still waits gets a Failure. */
  close(): void {
    this.#closed = true;
    this.#child?.kill();
    this.#failAll(new Failure('the repository was closed'));
  }

  /** What is asked in one go is written in one go. */
  #flush(): void {
    const oids = this.#unsent;
    this.#unsent = [];
    if (this.#closed || oids.length === 0) return;
    this.#child ??= this.#start();
    const lines = this.#grouped ? `contents ${oids.join('\ncontents ')}\nflush\n` : `${oids.join('\n')}\n`;
    this.#child.stdin.write(lines);
  }

  #start(): ChildProcessWithoutNullStreams {
    const mode = this.#grouped ? ['--batch-command', '--buffer'] : ['--batch'];
    const child = startGit(this.#place, ['-c', 'core.warnAmbiguousRefs=false', 'cat-file', ...mode]);
    const parser = new BatchParser((answer) => this.#answer(answer));
    child.stdout.on('data', (chunk: Buffer) => {
      if (!parser.push(chunk)) child.kill();
    });
    child.stderr.resume();
    child.on('error', (error) => this.#failAll(notStarted(error, this.#place)));
    child.on('close', () => this.#died(child));
    return child;
  }

  #answer(answer: BatchAnswer): void {
    const request = this.#waiting[this.#first];
    if (request === undefined) return;
    this.#first += 1;
    if (this.#first === this.#waiting.length || this.#first === 4096) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    request.resolve(answer.name === request.oid ? answer : { state: 'unreadable' });
  }

  /** Asks the next process for all that this one left unanswered, but for what killed two. */
  #died(child: ChildProcessWithoutNullStreams): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#grouped = false;
    const [suspect, ...others] = this.#waiting.slice(this.#first);
    if (suspect === undefined || this.#closed) return;
    suspect.deaths += 1;
    const guilty = suspect.deaths === DEATHS;
    this.#waiting = guilty ? others : [suspect, ...others];
    this.#first = 0;
    this.#unsent = this.#waiting.map(({ oid }) => oid);
    this.#flush();
    if (guilty) suspect.resolve({ state: 'unreadable' });
  }

  #failAll(error: Error): void {
    const waiting = this.#waiting.slice(this.#first);
    this.#waiting = [];
    this.#first = 0;
    for (const request of waiting) request.reject(error);
  }
}
