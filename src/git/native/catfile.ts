import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { Failure } from '../../failure.ts';
import type { Oid } from '../object.ts';
import { type BatchAnswer, BatchParser } from './batchparser.ts';
import { type GitPlace, notStarted, startGit } from './process.ts';

/** An answer about one object; `unreadable` when git itself gives up over it. */
export type CatFileAnswer = BatchAnswer | { readonly state: 'unreadable' };

/** The first answers to a request, and the others where all at once would be too much to hold. */
export interface CatFileAnswers {
  readonly answers: readonly CatFileAnswer[];
  readonly rest: Promise<CatFileAnswers> | undefined;
}

interface Request {
  readonly oids: readonly Oid[];
  /** As far as they have come. */
  readonly answers: CatFileAnswer[];
  /** Bytes of the objects in them. */
  held: number;
  readonly resolve: (answers: CatFileAnswers) => void;
  readonly reject: (error: Error) => void;
}

/** Bytes of objects from which on those that have come are handed over before the others. */
const MOST_HELD = 8 * 1024 * 1024;

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
  /** Not answered in full yet, the first in line first. */
  readonly #waiting: Request[] = [];
  #unsent: Oid[] = [];
  /** Over which object processes died last, and how many. */
  #suspect: { readonly oid: Oid; deaths: number } | undefined;
  #closed = false;

  constructor(place: GitPlace) {
    this.#place = place;
  }

  /** One answer an object, in order. @throws Failure when git cannot be started */
  request(oids: readonly Oid[]): Promise<CatFileAnswers> {
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new Failure('the repository was closed'));
        return;
      }
      if (oids.length === 0) {
        resolve({ answers: [], rest: undefined });
        return;
      }
      this.#waiting.push({ oids, answers: [], held: 0, resolve, reject });
      if (this.#unsent.length === 0) queueMicrotask(() => this.#flush());
      this.#unsent.push(...oids);
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
    this.#child.stdin.write(lines, 'latin1');
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

  #answer(answer: CatFileAnswer): void {
    const request = this.#waiting[0];
    if (request === undefined) return;
    const { oids, answers } = request;
    const expected = oids[answers.length];
    answers.push('name' in answer && answer.name !== expected ? { state: 'unreadable' } : answer);
    if ('bytes' in answer) request.held += answer.bytes.length;
    if (answers.length < oids.length) {
      if (request.held > MOST_HELD) this.#handOver(request);
      return;
    }
    this.#waiting.shift();
    request.resolve({ answers, rest: undefined });
  }

  /** What is still to come of the first request in line takes its place. */
  #handOver({ oids, answers, resolve }: Request): void {
    const rest = new Promise<CatFileAnswers>((resolveRest, reject) => {
      const left = oids.slice(answers.length);
      this.#waiting[0] = { oids: left, answers: [], held: 0, resolve: resolveRest, reject };
    });
    // Nobody may be listening yet when it fails.
    rest.catch(() => {});
    resolve({ answers, rest });
  }

  /** Asks the next process for all that this one left unanswered, but for what killed two. */
  #died(child: ChildProcessWithoutNullStreams): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#grouped = false;
    if (this.#waiting.length === 0 || this.#closed) return;
    this.#blame(this.#unanswered()[0]);
    this.#unsent = this.#unanswered();
    this.#flush();
  }

  #unanswered(): Oid[] {
    return this.#waiting.flatMap(({ oids, answers }) => oids.slice(answers.length));
  }

  #blame(oid: Oid | undefined): void {
    if (oid === undefined) return;
    const suspect = this.#suspect?.oid === oid ? this.#suspect : { oid, deaths: 0 };
    suspect.deaths += 1;
    this.#suspect = suspect;
    if (suspect.deaths < DEATHS) return;
    this.#suspect = undefined;
    this.#answer({ state: 'unreadable' });
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
