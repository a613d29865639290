import { resolve } from 'node:path';
import { assertNever } from '../../failure.ts';
import { agreesBefore } from '../../hooks/chained.ts';
import { parsePushed, parseReceived } from '../../hooks/pushedrefs.ts';
import { receivingAt, receivingHere } from '../../hooks/receiver.ts';
import { HOOKS, type HookName } from '../../hooks/script.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { judgeCommit, judgePushed } from '../hookjudges.ts';
import { oneOf, UsageError } from '../usage.ts';

/** A push of a hundred thousand refs has some twenty megabytes. */
const MAX_INPUT = 256 * 1024 * 1024;

export const run: Run<'hook run'> = async (context, [name, args], { after }) => {
  const hook = oneOf(name, HOOKS);
  const input = hook === 'pre-commit' ? undefined : await linesOf(context, hook);
  if (after !== undefined) {
    const { cwd, env } = context;
    const file = resolve(cwd, after);
    if (!(await agreesBefore(file, { args, cwd, env, input }))) {
      await context.note(() => `promptaudit: the hook ${file} refused\n`);
      return 1;
    }
  }
  return judge(context, hook, args, input ?? new Uint8Array());
};

async function linesOf(context: Context, hook: HookName): Promise<Uint8Array> {
  if (context.input.isTTY)
    throw new UsageError(`${hook} reads on standard input what is pushed, a line a ref: see git help hooks`);
  return context.input.read(MAX_INPUT);
}

async function judge(
  context: Context,
  hook: HookName,
  [remote = '']: readonly string[],
  input: Uint8Array,
): Promise<ExitCode> {
  switch (hook) {
    case 'pre-commit':
      return judgeCommit(context);
    case 'pre-push':
      return judgePushed(context, hook, parsePushed(input), receivingAt(await context.openStore(), remote));
    case 'pre-receive':
      return judgePushed(context, hook, parseReceived(input), receivingHere(await context.openStore()));
    default:
      return assertNever(hook);
  }
}
