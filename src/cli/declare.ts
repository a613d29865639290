import { Failure } from '../failure.ts';
import { parseDuration } from '../policy/duration.ts';
import { parseTime } from './time.ts';
import { oneOf } from './usage.ts';

/** Cheap declarations of what a verb takes, from which both its parser and the types of its parsed options follow. */

/** An option: its flags as commander writes them, one line of help, and how its values are read. */
export interface OptionSpec<T> {
  readonly flags: string;
  readonly summary: string;
  readonly mandatory: boolean;
  /** Where it takes one of some words: these. */
  readonly choices?: readonly string[];
  /** `given` has every value in order; it is empty when the option was not given. @throws Failure */
  readonly read: (given: readonly string[], now: Date) => T;
}

/** A positional argument; `takes` is how many. */
export interface ArgumentSpec {
  readonly name: string;
  readonly summary: string;
  readonly takes: 'one' | 'at-most-one' | 'any-number' | 'at-least-one';
}

export interface Verb<
  A extends readonly ArgumentSpec[] = readonly ArgumentSpec[],
  O extends Readonly<Record<string, OptionSpec<unknown>>> = Readonly<Record<string, OptionSpec<unknown>>>,
> {
  readonly summary: string;
  readonly arguments: A;
  readonly options: O;
  /** Shown below its help. */
  readonly examples?: readonly string[];
}

/** Keeps the exact types of a declaration. */
export function verb<
  const A extends readonly ArgumentSpec[],
  O extends Readonly<Record<string, OptionSpec<unknown>>>,
>(declaration: Verb<A, O>): Verb<A, O> {
  return declaration;
}

/** What an argument is parsed to. */
type Taken<A> = A extends { readonly takes: 'one' }
  ? string
  : A extends { readonly takes: 'at-most-one' }
    ? string | undefined
    : readonly string[];

export type ArgumentsOf<V> =
  V extends Verb<infer A, infer _> ? { readonly [I in keyof A]: Taken<A[I]> } : never;

export type OptionsOf<V> =
  V extends Verb<infer _, infer O>
    ? { readonly [K in keyof O]: O[K] extends OptionSpec<infer T> ? T : never }
    : never;

export function argument<const N extends ArgumentSpec['takes']>(name: string, takes: N, summary: string) {
  return { name, takes, summary } as const;
}

/** `true` when given. */
export function flag(flags: string, summary: string): OptionSpec<boolean> {
  return { flags, summary, mandatory: false, read: (given) => given.length > 0 };
}

/** The value given. That another one was meant as well must not pass in silence. @throws Failure where there are two */
function single(given: readonly string[]): string | undefined {
  const [value, other] = new Set(given);
  if (other === undefined) return value;
  throw new Failure(`it takes one value, and ${shown(given)} are several`);
}

/** One value. */
export function text(flags: string, summary: string): OptionSpec<string | undefined> {
  return { flags, summary, mandatory: false, read: single };
}

/** As `text`, and a usage error when it is not given. */
export function requiredText(flags: string, summary: string): OptionSpec<string> {
  return { flags, summary, mandatory: true, read: (given) => single(given) ?? '' };
}

/** Every value, in order. */
export function texts(flags: string, summary: string): OptionSpec<readonly string[]> {
  return { flags, summary, mandatory: false, read: (given) => given };
}

/** Names, given by repeating the option or with commas between them; each once. */
export function names(flags: string, summary: string): OptionSpec<readonly string[]> {
  const read = (given: readonly string[]) => [
    ...new Set(given.flatMap((value) => value.split(',')).map((name) => name.trim())),
  ];
  return {
    flags,
    summary,
    mandatory: false,
    read: (given) => {
      const all = read(given);
      if (all.includes('')) throw new Failure(`${shown(given)} has an empty name in it`);
      return all;
    },
  };
}

/** One value, as `parse` takes it; `expected` completes "… is". */
function parsed<T>(
  flags: string,
  summary: string,
  expected: string,
  parse: (value: string) => T | undefined,
): OptionSpec<T | undefined> {
  return {
    flags,
    summary,
    mandatory: false,
    read: (given) => {
      const value = single(given);
      if (value === undefined) return undefined;
      const taken = parse(value);
      if (taken !== undefined) return taken;
      throw new Failure(`${JSON.stringify(value)} is ${expected}`);
    },
  };
}

/** A folder. An empty word, as an unset variable of a shell leaves it, would be the working folder. */
export function folder(flags: string, summary: string): OptionSpec<string | undefined> {
  return parsed(
    flags,
    summary,
    'no folder: name one, or leave the option away',
    (value) => value || undefined,
  );
}

/** A whole number of at least `least`. */
export function integer(flags: string, summary: string, least: number): OptionSpec<number | undefined> {
  return parsed(flags, summary, `not a whole number of at least ${least}`, (value) =>
    /^\d{1,15}$/.test(value) && Number(value) >= least ? Number(value) : undefined,
  );
}

/** The number of a version, which is shown as v12 everywhere: both are taken. */
export function versionOf(flags: string, summary: string): OptionSpec<number | undefined> {
  return parsed(flags, summary, 'no version: write 12 or v12', versionNumber);
}

export function versionNumber(text: string): number | undefined {
  const digits = /^v?([1-9]\d{0,8})$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A time span such as 30m, in seconds; at least one. */
export function duration(flags: string, summary: string): OptionSpec<number | undefined> {
  const expected = 'no duration: write 30m, 1h, 7d or 2w';
  return parsed(flags, summary, expected, (value) => parseDuration(value) || undefined);
}

/** A number of at least 0, in plain decimal. */
export function decimal(flags: string, summary: string): OptionSpec<number | undefined> {
  return parsed(flags, summary, 'not a number such as 12 or 0.5', (value) =>
    /^\d{1,15}(?:\.\d{1,12})?$/.test(value) ? Number(value) : undefined,
  );
}

/** A time: ISO 8601, `@seconds`, or git's relative forms. */
export function time(flags: string, summary: string): OptionSpec<Date | undefined> {
  return {
    flags,
    summary,
    mandatory: false,
    read: (given, now) => {
      const value = single(given);
      return value === undefined ? undefined : parseTime(value, now);
    },
  };
}

/** One of these words. */
export function choice<const C extends string>(
  flags: string,
  summary: string,
  choices: readonly C[],
): OptionSpec<C | undefined> {
  return {
    flags,
    summary: `${summary}: ${choices.join(', ')}`,
    mandatory: false,
    choices,
    read: (given) => {
      const value = single(given);
      return value === undefined ? undefined : oneOf(value, choices);
    },
  };
}

/** Some of these words, given by repeating the option or with commas between them. */
export function choicesOf<const C extends string>(
  flags: string,
  summary: string,
  choices: readonly C[],
): OptionSpec<readonly C[]> {
  return {
    flags,
    summary: `${summary}: ${choices.join(', ')}`,
    mandatory: false,
    choices,
    read: (given) => [
      ...new Set(given.flatMap((value) => value.split(',')).map((word) => oneOf(word.trim(), choices))),
    ],
  };
}

function shown(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(' ');
}
