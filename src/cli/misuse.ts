import type { Command, CommanderError } from 'commander';
import { nearest } from '../prompts/nearest.ts';
import { UsageError } from './usage.ts';

/**
 * What commander says of a line that it does not understand, as a sentence like all others: with the nearest name where
 * commander knows one, and the way to the help where not.
 * @param words those that lead to the command: `policy add`; none at the root
 */
export function misuse(error: CommanderError, command: Command, words: readonly string[]): UsageError {
  const [what = '', hint] = error.message.replace(/^error: /, '').split('\n(Did you mean ');
  const isVerb = error.code === 'commander.unknownCommand';
  const meant = hint === undefined ? hiddenOption(error.code, what, command) : suggestions(hint);
  const next =
    meant === undefined
      ? `see ${['promptaudit', ...words].join(' ')} --help`
      : `did you mean ${[...(isVerb ? words : []), meant].join(' ')}?`;
  return new UsageError(`${complaint(error.code, what, command, words)}: ${next}`);
}

function complaint(code: string, what: string, command: Command, words: readonly string[]): string {
  const [, quoted = ''] = /'(.*)'/s.exec(what) ?? [];
  const verb = words.join(' ');
  switch (code) {
    case 'commander.unknownCommand':
      return `there is no command ${JSON.stringify([...words, quoted].join(' '))}`;
    case 'commander.unknownOption':
      return `${verb === '' ? 'there is' : `${verb} has`} no option ${JSON.stringify(quoted)}`;
    case 'commander.missingArgument':
      return `${verb} needs <${quoted}>`;
    case 'commander.optionMissingArgument':
      return `option '${quoted}' needs a value`;
    case 'commander.excessArguments':
      return tooMany(verb, command.registeredArguments.length, command.args.length);
    default:
      return what.replace(/\.$/, '');
  }
}

function tooMany(verb: string, taken: number, given: number): string {
  const most = taken === 0 ? 'no argument' : taken === 1 ? '1 argument' : `${taken} arguments`;
  return `${verb} takes ${most} and was given ${given}`;
}

/** commander knows by heart only the options that a command's own help has. */
function hiddenOption(code: string, what: string, { options }: Command): string | undefined {
  const [, given] = /'(.*)'/s.exec(what) ?? [];
  if (code !== 'commander.unknownOption' || given === undefined) return undefined;
  return nearest(
    given,
    options.flatMap(({ long }) => long ?? []),
  );
}

/** `one of add, show?)` and `add?)`, as commander writes them. */
function suggestions(hint: string): string {
  return hint.replace(/^one of |\?\)$/g, '').replace(/, ([^,]*)$/, ' or $1');
}
