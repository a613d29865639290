import type { Oid } from '../object.ts';
import { type GitPlace, runGit } from './process.ts';

/** Ids asked about in one process: their arguments stay far below what a system takes. */
const ABREAST = 500;

interface Question {
  readonly oid: Oid;
  readonly resolve: (there: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Whether the repository has something by an object's name, though git cannot read it: `cat-file` calls a damaged object
 * missing. Questions that come while a process runs share the next one.
 */
export class Presence {
  readonly #place: GitPlace;
  #waiting: Question[] = [];
  #asking = false;

  constructor(place: GitPlace) {
    this.#place = place;
  }

  has(oid: Oid): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ oid, resolve, reject });
      if (!this.#asking) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const questions = this.#waiting.splice(0, ABREAST);
      try {
        const known = new Set(
          await listObjects(
            this.#place,
            questions.map(({ oid }) => oid),
          ),
        );
        for (const { oid, resolve } of questions) resolve(known.has(oid));
      } catch (error) {
        for (const { reject } of questions) reject(error);
      }
    }
    this.#asking = false;
  }
}

/** The names of all objects that begin so, from file names and pack indexes alone. Source: git-rev-parse(1), `--disambiguate`. */
export async function listObjects(place: GitPlace, prefixes: readonly string[]): Promise<readonly string[]> {
  const result = await runGit(place, ['rev-parse', ...prefixes.map((prefix) => `--disambiguate=${prefix}`)]);
  return result.stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
}
