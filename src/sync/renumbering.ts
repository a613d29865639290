import { Refusal } from '../failure.ts';

/** What became of the numbers of a clone's events, as they were made again on top of a remote's. */
export class Renumbering {
  readonly #base: number;
  /** `undefined` for one that was refused. */
  readonly #sequences = new Map<number, number | undefined>();
  readonly #versions = new Map<string, Map<number, number | undefined>>();

  /** @param base the last event before those that are made again */
  constructor(base: number) {
    this.#base = base;
  }

  /** @param now `undefined` where it was refused */
  moved(before: number, now: number | undefined): void {
    this.#sequences.set(before, now);
  }

  movedVersion(of: string, before: number, now: number | undefined): void {
    const versions = this.#versions.get(of) ?? new Map<number, number | undefined>();
    versions.set(before, now);
    this.#versions.set(of, versions);
  }

  /** An event's number now. @throws Refusal where it was refused */
  sequence(before: number): number {
    const now = before <= this.#base ? before : this.#sequences.get(before);
    if (now === undefined) throw new Refusal(`event ${before}, which it is about, was kept aside`);
    return now;
  }

  /** The number that a version of a prompt, or of the policy, has now. @throws Refusal where it was refused */
  version(of: string, before: number): number {
    const versions = this.#versions.get(of);
    if (versions === undefined || !versions.has(before)) return before;
    const now = versions.get(before);
    if (now === undefined) throw new Refusal(`${of} v${before}, which it is about, was kept aside`);
    return now;
  }

  /** Whether the version of this number, registered by this event, came from somebody else meanwhile. */
  isAnothers(of: string, number: number, sequence: number): boolean {
    return sequence > this.#base && ![...(this.#versions.get(of)?.values() ?? [])].includes(number);
  }
}
