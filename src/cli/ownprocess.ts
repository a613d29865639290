import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { Failure, type Refusal } from '../failure.ts';
import type { Context } from './context.ts';
import { errorOf } from './errordocument.ts';

/** What a command line came to. */
interface Ended {
  /** What it warned of on the way. */
  readonly warnings: readonly string[];
  /** `undefined` where the answer was yes. */
  readonly error: Refusal | Failure | undefined;
}

/** As `warn` tells it without colours. */
const WARNING = /^warning: (.*)$/gm;

/**
 * Runs another command line of promptaudit to its end, in this one's folder, in a process of its own that gives way to others.
 * It has no terminal: what would ask for a passphrase fails, and an interrupt from the keyboard does not reach it.
 * @throws Failure where it could not be started or was ended
 */
export async function runInOwnProcess(context: Context, argv: readonly string[]): Promise<Ended> {
  const { node, script } = context.program;
  const options = ['--json', '--no-color', '--git', await context.adapter()];
  const child = spawn(node, [script, ...options, ...argv], {
    cwd: context.cwd,
    env: { ...context.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  const ended = once(child, 'close');
  giveWay(child);
  const [[code, signal], document, told] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const warnings = Array.from(told.matchAll(WARNING), ([, warning = '']) => warning);
  if (code === 0) return { warnings, error: undefined };
  if (signal === null && document !== '') return { warnings, error: errorOf(document) };
  throw new Failure(`promptaudit ${argv.join(' ')} was ended by ${signal ?? `exit code ${code}`}`);
}

function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already.
  }
}
