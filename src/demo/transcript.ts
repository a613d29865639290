import { hang, paint, span, wrap, wrapText } from '../report/layout.ts';
import type { Page } from '../report/style.ts';
import { linesOf } from '../report/text.ts';
import type { Cut, Scene } from './model.ts';

/** Prose wider than this is hard to read. */
const MEASURE = 100;

/** An answer longer than this is set apart from the command that follows it. */
const SHORT = 2;

/** Shows a play as it happens: who typed what, and what came of it. */
export class Transcript {
  readonly #page: Page;
  readonly #print: (text: string) => Promise<void>;
  #day = '';
  /** A blank line is wanted before whatever comes next. */
  #gap = false;

  constructor(page: Page, print: (text: string) => Promise<void>) {
    this.#page = page;
    this.#print = print;
  }

  async scene({ title, prose }: Scene, number: number): Promise<void> {
    const { style, width } = this.#page;
    const measure = Math.min(width, MEASURE);
    await this.#lines([
      '',
      paint([span('─'.repeat(measure), style.dim)]),
      ...wrap([span(`${number}. ${title}`, style.strong)], width),
      ...wrapText(prose, measure),
    ]);
    this.#gap = true;
  }

  /** The day on which what follows happens, where it is another than before. */
  async day(date: Date): Promise<void> {
    const day = date.toISOString().slice(0, 10);
    if (day === this.#day) return;
    this.#day = day;
    this.#gap = true;
    await this.#next([paint([span(day, this.#page.style.dim)])]);
  }

  /** `alice$ promptaudit whoami`. */
  async command(who: string, command: string): Promise<void> {
    const { style, width } = this.#page;
    await this.#next(hang([span(`${who}$ `, style.accent)], [span(command, style.strong)], width));
  }

  /** What somebody does otherwise than by typing a command. */
  async action(action: string): Promise<void> {
    await this.#next(wrap([span(action, this.#page.style.dim)], this.#page.width));
  }

  /** What a command said, and how it ended where that is not with yes. */
  async answer(output: string, code: number, cut: Cut | undefined): Promise<void> {
    const { dim } = this.#page.style;
    const lines = output === '' ? [] : linesOf(output);
    const shown = [
      ...(cut === undefined ? lines : this.#cutLines(lines, cut)),
      ...(code === 0 ? [] : [paint([span(`(exit code ${code})`, dim)])]),
    ];
    await this.#lines(shown);
    this.#gap = shown.length > SHORT;
  }

  #cutLines(lines: readonly string[], [head, tail]: Cut): readonly string[] {
    const left = lines.length - head - tail;
    if (left <= 0) return lines;
    const note = paint([span(`  (${left} more lines)`, this.#page.style.dim)]);
    const first = lines.slice(0, head);
    while (first.at(-1) === '') first.pop();
    return [...first, note, ...lines.slice(lines.length - tail)];
  }

  async #next(lines: readonly string[]): Promise<void> {
    await this.#lines(this.#gap ? ['', ...lines] : lines);
    this.#gap = false;
  }

  async #lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.#print(`${lines.join('\n')}\n`);
  }
}
