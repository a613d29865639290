import { type Command, Option } from 'commander';
import { Failure } from '../failure.ts';
import type { OptionSpec, Verb } from './declare.ts';
import { buildTree, Stop } from './tree.ts';
import { UsageError } from './usage.ts';
import { VERBS, type VerbArguments, type VerbName, type VerbOptions } from './verbs.ts';

export interface GlobalOptions {
  /** Every `-C`, in order; each is relative to the one before. */
  readonly directories: readonly string[];
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly git: 'native' | 'embedded' | undefined;
}

/** A verb and all that it was given, ready to run. */
export interface Request<N extends VerbName> {
  readonly verb: N;
  readonly arguments: VerbArguments<N>;
  readonly options: VerbOptions<N>;
  readonly global: GlobalOptions;
}

/** `asked: false` is the help that stands in for a missing verb. */
export type Parsed =
  | { readonly kind: 'request'; readonly request: Request<VerbName> }
  | { readonly kind: 'help'; readonly text: string; readonly asked: boolean }
  | { readonly kind: 'version'; readonly text: string };

export interface ParseSettings {
  readonly version: string;
  /** What relative times are measured from. */
  readonly now: Date;
  /** Columns for help. */
  readonly width: number;
}

/**
 * Reads a command line (without node and the script) and runs nothing. A tree of all verbs takes longer to build than to
 * use: it is built only for help, and for what a tree of the verbs that are on the line does not understand.
 * @throws UsageError
 */
export function parseArguments(argv: readonly string[], settings: ParseSettings): Parsed {
  try {
    const parsed = parseBy((name) => argv.includes(name.split(' ')[0] ?? ''), argv, settings);
    if (parsed.kind === 'request') return parsed;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
  }
  return parseBy(() => true, argv, settings);
}

function parseBy(
  wanted: (verb: string) => boolean,
  argv: readonly string[],
  { version, now, width }: ParseSettings,
): Parsed {
  let text = '';
  let asked = false;
  const seen: { name: VerbName; command: Command }[] = [];
  const tree = buildTree({
    version,
    width,
    wanted,
    print: (piece, wanted) => {
      text += piece;
      asked = wanted;
    },
    found: (name, command) => seen.push({ name, command }),
  });
  try {
    tree.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    if (error.message === 'commander.version') return { kind: 'version', text };
    const meant = meantByHelp(tree);
    if (meant !== undefined) return parseBy(wanted, meant, { version, now, width });
    return { kind: 'help', text, asked };
  }
  const [verb] = seen;
  if (verb === undefined) throw new UsageError('no command was given: see promptaudit --help');
  return { kind: 'request', request: readRequest(verb.name, verb.command, now) };
}

/**
 * The line to read in place of one that got help: commander takes one name behind `help`, and shows the help of all where it
 * knows no such command. `undefined` where the help is the one that was asked for.
 */
function meantByHelp(tree: Command): readonly string[] | undefined {
  const [first, ...names] = tree.args.filter((word) => word !== '--help' && word !== '-h');
  if (first === 'help') return names.length === 0 ? undefined : [...names, '--help'];
  const path: string[] = [];
  let at = tree;
  while (at.commands.length > 0) {
    const [word] = at.args;
    if (word === undefined || word.startsWith('-')) break;
    path.push(word);
    const next = at.commands.find((command) => command.name() === word);
    if (next === undefined) return path;
    at = next;
  }
  return undefined;
}

function readRequest<N extends VerbName>(verb: N, command: Command, now: Date): Request<N> {
  const declaration: Verb = VERBS[verb];
  const given: Readonly<Record<string, unknown>> = command.opts();
  const options: unknown = Object.fromEntries(
    Object.entries(declaration.options).map(([key, spec]) => [key, readOption(spec, given, verb, now)]),
  );
  const values: unknown = command.processedArgs;
  // Both were just built after the declaration that the types are derived from.
  return {
    verb,
    arguments: values as VerbArguments<N>,
    options: options as VerbOptions<N>,
    global: readGlobal(command),
  };
}

function readOption<T>(
  spec: OptionSpec<T>,
  given: Readonly<Record<string, unknown>>,
  verb: VerbName,
  now: Date,
): T {
  const option = new Option(spec.flags);
  const value = given[option.attributeName()];
  const texts = textsOf(option.negate ? value === false : value);
  // Not left to commander, which would tell of it before it tells of an option that was mistyped.
  if (spec.mandatory && texts.length === 0) {
    throw new UsageError(`${verb} needs the option '${spec.flags}': see promptaudit ${verb} --help`);
  }
  try {
    return spec.read(texts, now);
  } catch (error) {
    if (error instanceof Failure) throw new UsageError(`option '${spec.flags}': ${error.message}`);
    throw error;
  }
}

/** The values that were given; a flag without one counts as one. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  return value === true ? [''] : [];
}

/** Each may stand at every level of the line; of `--git` the last counts, of `-C` all. */
function readGlobal(command: Command): GlobalOptions {
  const levels: Readonly<Record<string, unknown>>[] = [];
  for (let at: Command | null = command; at !== null; at = at.parent) levels.unshift(at.opts());
  const git = levels.findLast((level) => level.git !== undefined)?.git;
  return {
    directories: levels.flatMap((level) => textsOf(level.C)),
    json: levels.some((level) => level.json === true),
    quiet: levels.some((level) => level.quiet === true),
    color: levels.every((level) => level.color !== false),
    git: git === 'native' || git === 'embedded' ? git : undefined,
  };
}
