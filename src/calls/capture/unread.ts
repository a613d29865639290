import type { Submission, Submitted } from './intake.ts';

/** Calls whose content has to be kept before their records can be written. */
export class Unread {
  readonly #largest: number;
  #waiting: Submission[] = [];
  #size = 0;
  /** Those whose content is being kept. */
  #underWay: readonly Submission[] = [];

  /** @param largest characters of content that wait */
  constructor(largest: number) {
    this.#largest = largest;
  }

  /** @returns false where there is no room for it */
  add(submission: Submission): boolean {
    let size = 0;
    for (const text of submission.incoming.content.values()) size += text.length;
    if (this.#size + size > this.#largest) return false;
    this.#waiting.push(submission);
    this.#size += size;
    return true;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** All that may not be written yet. */
  get all(): readonly Submission[] {
    return [...this.#underWay, ...this.#waiting];
  }

  /** Hands on all that wait; where that fails they wait again. @throws what `submit` throws */
  async hand(submit: (batch: readonly Submission[]) => Promise<Submitted>): Promise<Submitted> {
    const batch = this.#waiting;
    const size = this.#size;
    this.#waiting = [];
    this.#size = 0;
    this.#underWay = batch;
    try {
      return await submit(batch);
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting];
      this.#size += size;
      throw error;
    } finally {
      this.#underWay = [];
    }
  }
}
