import { HOOKS } from '../hooks/script.ts';
import { RETENTION_CLASSES } from '../ledger/event.ts';
import { HOSTS } from '../report/pipeline/facts.ts';
import { canBeAcknowledged, FINDING_CODES } from '../trail/findings.ts';
import type { ArgumentSpec, OptionSpec, Verb } from './declare.ts';
import { ADAPTERS, globalOptions } from './tree.ts';
import { VERBS } from './verbs.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** What may stand at the end of a command line: these words, or something that the working tree knows. */
export type Wanted =
  | { readonly kind: 'words'; readonly words: readonly string[] }
  | { readonly kind: 'prompts' | 'references' | 'environments' | 'people' };

type TakenOption = Pick<OptionSpec<unknown>, 'flags' | 'choices'>;

const NOTHING: Wanted = { kind: 'words', words: [] };

/** What the last word of a line, without `promptaudit` at its beginning, may be; how it begins is left to the caller. */
export function wantedAt(line: readonly string[]): Wanted {
  const { path, verb, positional, pending, ended } = readLine(line.slice(0, -1));
  if (pending !== undefined) return valueAfter(pending);
  if (!ended && line.at(-1)?.startsWith('-'))
    return words(optionsOf(verb).flatMap(({ flags }) => longFlags(flags)));
  return verb === undefined ? words(nextWords(path)) : argumentAt(path.join(' '), verb, positional);
}

interface ReadLine {
  /** The words of the verb, as far as they are there. */
  readonly path: readonly string[];
  readonly verb: Verb | undefined;
  /** How many arguments it has. */
  readonly positional: number;
  /** The option whose value comes next. */
  readonly pending: TakenOption | undefined;
  /** `--` was there: no option comes any more. */
  readonly ended: boolean;
}

function readLine(given: readonly string[]): ReadLine {
  const path: string[] = [];
  let verb: Verb | undefined;
  let positional = 0;
  let pending: TakenOption | undefined;
  let ended = false;
  for (const word of given) {
    if (pending !== undefined) pending = undefined;
    else if (!ended && word === '--') ended = true;
    else if (!ended && word.startsWith('-')) pending = optionsOf(verb).find((one) => takesNext(one, word));
    else if (verb !== undefined) positional += 1;
    else {
      path.push(word);
      verb = (VERBS as Readonly<Record<string, Verb>>)[path.join(' ')];
    }
  }
  return { path, verb, positional, pending, ended };
}

const GLOBAL: readonly TakenOption[] = globalOptions().map(({ flags }) =>
  flags.startsWith('--git ') ? { flags, choices: ADAPTERS } : { flags },
);

function optionsOf(verb: Verb | undefined): readonly TakenOption[] {
  return [...Object.values(verb?.options ?? {}), ...GLOBAL];
}

function takesNext({ flags }: TakenOption, word: string): boolean {
  return flags.includes('<') && flags.split(/,? /).includes(word);
}

function longFlags(flags: string): readonly string[] {
  return flags.match(/--[a-z-]+/g) ?? [];
}

function valueAfter({ flags, choices }: TakenOption): Wanted {
  if (choices !== undefined) return words(choices);
  if (/--(?:env|from|to) <names?>/.test(flags)) return { kind: 'environments' };
  if (flags.startsWith('--actor ')) return { kind: 'people' };
  return flags === '--prompt <name>' ? { kind: 'prompts' } : NOTHING;
}

/** The verbs, or the second words of a family of verbs. */
function nextWords(path: readonly string[]): readonly string[] {
  const names = Object.keys(VERBS).map((name) => name.split(' '));
  const within = names.filter((name) => path.every((word, index) => name[index] === word));
  return [
    ...new Set(within.flatMap((name) => name[path.length] ?? [])),
    ...(path.length === 0 ? ['help'] : []),
  ];
}

function argumentAt(name: string, { arguments: specs }: Verb, positional: number): Wanted {
  const last = specs.at(-1);
  const spec = specs[positional] ?? (last !== undefined && isMany(last) ? last : undefined);
  if (spec === undefined) return NOTHING;
  const wanted = ARGUMENTS[spec.name] ?? NOTHING;
  // What is to be new is no prompt yet, and what calls are about is in the ledger or the store alone.
  return wanted.kind !== 'words' && (name === 'new' || name.startsWith('calls ')) ? NOTHING : wanted;
}

function isMany({ takes }: ArgumentSpec): boolean {
  return takes === 'any-number' || takes === 'at-least-one';
}

const PROMPTS: Wanted = { kind: 'prompts' };
const REFERENCES: Wanted = { kind: 'references' };

/** By the names that the declarations give to arguments. */
const ARGUMENTS: Readonly<Record<string, Wanted>> = {
  name: PROMPTS,
  names: PROMPTS,
  prompts: PROMPTS,
  files: PROMPTS,
  prompt: REFERENCES,
  ref: REFERENCES,
  ends: REFERENCES,
  finding: words(FINDING_CODES.filter((code) => canBeAcknowledged({ code }))),
  subject: REFERENCES,
  class: words(RETENTION_CLASSES),
  hook: words(HOOKS),
  host: words(HOSTS),
  shell: words(SHELLS),
};

function words(some: readonly string[]): Wanted {
  return { kind: 'words', words: some };
}
