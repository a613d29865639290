import type { RecordKind } from '../record/fields.ts';
import { LONGEST_SHAPED, plainLine } from './plainline.ts';

/** Lines of so many shapes are looked for one by one. */
const SHAPES = 4;

/**
 * Finds plain lines (`plainLine`) one after the other. An application's records mostly have the same fields, and an expression
 * for just those takes half the time of one for all that there are.
 */
export class PlainLines {
  readonly #kind: RecordKind;
  readonly #any: RegExp;
  /** The one that fitted last comes first. */
  readonly #shapes: RegExp[] = [];

  constructor(kind: RecordKind) {
    this.#kind = kind;
    this.#any = plainLine(kind);
  }

  /** @returns where the line that begins at `start` ends, behind its line feed; -1 where it is not plain */
  end(text: string, start: number): number {
    for (const [place, shape] of this.#shapes.entries()) {
      shape.lastIndex = start;
      if (!shape.test(text)) continue;
      if (shape.lastIndex - start > LONGEST_SHAPED) break;
      if (place > 0) this.#shapes.unshift(...this.#shapes.splice(place, 1));
      return shape.lastIndex;
    }
    this.#any.lastIndex = start;
    if (!this.#any.test(text)) return -1;
    const end = this.#any.lastIndex;
    if (this.#shapes.length < SHAPES) this.#learn(text.slice(start, end));
    return end;
  }

  #learn(line: string): void {
    const record: object = JSON.parse(line);
    this.#shapes.unshift(plainLine(this.#kind, new Set(Object.keys(record))));
  }
}
