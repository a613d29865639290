/** A group of digits in a text. */
interface Group {
  readonly start: number;
  readonly end: number;
}

/** Groups of digits that may be one number: what parts them is short, such as in `+1 (415) 555-0132` or `4111 1111 1111 1111`. */
type Run = readonly Group[];

/** What a number is looked for as: how many digits in how many groups, and whether it is one. */
export interface NumberShape {
  readonly least: number;
  readonly most: number;
  readonly groups: number;
  /** `text` reaches from the first to the last digit, with what parts the groups; `before` is what stands right before it. */
  readonly accepts: (text: string, digits: string, before: string) => boolean;
}

const DIGITS = /[0-9]+/g;
/** A space, a dot, a hyphen, a bracket, or two of them. */
const PARTING = /^[ \u00a0.()/\u2010-\u2013-]{1,2}$/;
/** Not the letters of scripts that are written without spaces. */
const WORD = /[A-Za-z_]/;

/** Where numbers of a shape are: from each group of digits on, the longest that is accepted; then on from behind it. */
export function* numbersIn(text: string, shape: NumberShape): Generator<Group> {
  for (const run of runsOf(text)) {
    for (let first = 0; first < run.length; ) {
      const taken = longest(text, run, first, shape);
      if (taken === 0) {
        first += 1;
        continue;
      }
      const [from, to] = [run[first], run[first + taken - 1]];
      if (from !== undefined && to !== undefined) yield { start: from.start, end: to.end };
      first += taken;
    }
  }
}

/** How many groups from the first on are a number; 0 where none are. */
function longest(text: string, run: Run, first: number, shape: NumberShape): number {
  const start = run[first]?.start ?? 0;
  const before = text.slice(Math.max(0, start - 2), start);
  const ends: number[] = [];
  let length = 0;
  for (const { start: from, end } of run.slice(first, first + shape.groups)) {
    length += end - from;
    if (length > shape.most) break;
    ends.push(length);
  }
  for (let taken = ends.length; taken > 0 && (ends[taken - 1] ?? 0) >= shape.least; taken -= 1) {
    const candidate = text.slice(start, run[first + taken - 1]?.end);
    if (shape.accepts(candidate, candidate.replace(/[^0-9]/g, ''), before)) return taken;
  }
  return 0;
}

/** A digit that is a part of a word (`a1`, `_1`) begins no number, and one that goes on as a word ends none. */
function* runsOf(text: string): Generator<Run> {
  let run: Group[] = [];
  for (const { 0: digits, index: start } of text.matchAll(DIGITS)) {
    const end = start + digits.length;
    const apart = run.length === 0 || !PARTING.test(text.slice(run.at(-1)?.end, start));
    if (apart && run.length > 0) {
      yield run;
      run = [];
    }
    if (!WORD.test(text[start - 1] ?? '') && !WORD.test(text[end] ?? '')) run.push({ start, end });
    else if (run.length > 0) {
      yield run;
      run = [];
    }
  }
  if (run.length > 0) yield run;
}
