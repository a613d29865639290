import { Command, type CommanderError, Option } from 'commander';
import type { ArgumentSpec, OptionSpec, Verb } from './declare.ts';
import { misuse } from './misuse.ts';
import { UsageError } from './usage.ts';
import { GROUPS, VERBS, type VerbName } from './verbs.ts';

/** What the tree calls while it parses. */
export interface Hooks {
  readonly version: string;
  /** Columns for help. */
  readonly width: number;
  /** Which verbs the tree is to have. */
  readonly wanted: (name: string) => boolean;
  /** Help, or the version; `asked` is false for help that stands in for a missing verb. */
  readonly print: (text: string, asked: boolean) => void;
  readonly found: (name: VerbName, command: Command) => void;
}

/** Commander ends here after printing help or the version; the message is its code. */
export class Stop extends Error {}

/** The verbs of two words, by their first. */
const FAMILIES: Readonly<Record<string, string>> = {
  policy: 'show and change who may do what: people, keys, rules',
  hook: 'have git itself check commits and pushes',
  calls: 'record calls of models and accesses, seal, search and prove them',
  ci: 'check this registry where it is hosted, and deploy from there',
};

export const ADAPTERS = ['native', 'embedded'];

/** Commander's tree of what `VERBS` declares. Parsing throws Stop or UsageError. */
export function buildTree(hooks: Hooks): Command {
  const root = new Command('promptaudit')
    .description('A git-backed registry for LLM prompts whose history can be proven.')
    .usage('[options] <command>')
    .enablePositionalOptions()
    .configureHelp({
      showGlobalOptions: true,
      // Commander would rather have the terminal break the words of what is narrower than 40 columns.
      minWidthToWrap: 12,
      visibleGlobalOptions: (command) => (command.parent === null ? [] : globalOptions()),
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .configureOutput({
      writeOut: (text) => hooks.print(text, true),
      writeErr: (text) => hooks.print(text, false),
      outputError: () => {},
      getOutHelpWidth: () => hooks.width,
      getErrHelpWidth: () => hooks.width,
    })
    .version(hooks.version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .commandsGroup('Help:')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', '\nExit codes: 0 yes, 1 no, 2 could not tell.');
  prepare(root, [], false);
  for (const [heading, verbs] of Object.entries(GROUPS)) {
    for (const [name, declaration] of Object.entries(verbs))
      if (hooks.wanted(name)) addVerb(root, heading, name, declaration, hooks);
  }
  return root;
}

/** What every command has: our own way to fail, and the global options, which may stand before or after any verb. */
function prepare(command: Command, words: readonly string[], hidden: boolean): void {
  command.exitOverride((error) => stop(error, command, words));
  for (const option of globalOptions()) command.addOption(option.hideHelp(hidden));
}

export function globalOptions(): Option[] {
  return [
    collecting(new Option('-C <dir>', 'run as if started there')),
    new Option('--json', 'print one JSON document'),
    new Option('--quiet', 'print nothing but the answer'),
    new Option('--no-color', 'without colours'),
    new Option('--git <adapter>', `how git is reached: ${ADAPTERS.join(', ')}`).argParser(adapterOf),
  ];
}

function adapterOf(word: string): string {
  if (ADAPTERS.includes(word)) return word;
  throw new UsageError(`option '--git <adapter>': ${JSON.stringify(word)} is none of ${ADAPTERS.join(', ')}`);
}

function stop(error: CommanderError, command: Command, words: readonly string[]): never {
  const { code } = error;
  if (code === 'commander.helpDisplayed' || code === 'commander.help' || code === 'commander.version') {
    throw new Stop(code);
  }
  throw misuse(error, command, words);
}

function addVerb(root: Command, heading: string, name: string, declaration: Verb, hooks: Hooks): void {
  const [first = name, second] = name.split(' ');
  const command =
    second === undefined
      ? root.command(first).helpGroup(heading)
      : family(root, first, heading).command(second);
  describe(command, declaration.summary);
  prepare(command, name.split(' '), true);
  for (const spec of declaration.arguments) command.argument(argumentUsage(spec), spec.summary);
  for (const spec of Object.values(declaration.options)) command.addOption(commanderOption(spec));
  if (declaration.examples) {
    const examples = declaration.examples.map((line) => `\n  ${line}`).join('');
    command.addHelpText('after', `\nExamples:${examples}`);
  }
  command.action(() => {
    if (isVerbName(name)) hooks.found(name, command);
  });
}

function isVerbName(name: string): name is VerbName {
  return Object.hasOwn(VERBS, name);
}

function family(root: Command, word: string, heading: string): Command {
  const existing = root.commands.find((command) => command.name() === word);
  if (existing) return existing;
  const command = root.command(word).helpGroup(heading).usage('<command>').helpCommand(false);
  describe(command, FAMILIES[word] ?? '');
  prepare(command, [word], true);
  return command;
}

/** The line in the list of commands, and as a sentence at the head of the command's own help. */
function describe(command: Command, summary: string): void {
  command.summary(summary).description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
}

function argumentTerm(of: { name(): string; required: boolean; variadic: boolean }): string {
  const name = of.variadic ? `${of.name()}...` : of.name();
  return of.required ? `<${name}>` : `[${name}]`;
}

function argumentUsage({ name, takes }: ArgumentSpec): string {
  const variadic = takes === 'any-number' || takes === 'at-least-one';
  const required = takes === 'one' || takes === 'at-least-one';
  return argumentTerm({ name: () => name, required, variadic });
}

function commanderOption({ flags, summary }: OptionSpec<unknown>): Option {
  const option = new Option(flags, summary);
  return flags.includes('<') ? collecting(option) : option;
}

/** Keeps every value that is given, in order. */
function collecting(option: Option): Option {
  return option.argParser((value: string, previous: unknown) => [
    ...(Array.isArray(previous) ? previous : []),
    value,
  ]);
}
