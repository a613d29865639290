import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';
import { Failure, type Refusal } from '../failure.ts';
import { SIGNING_TIMEOUT } from '../signing/program.ts';
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

/** How long it may go on once nobody waits for it, in milliseconds. */
const GRACE = 5_000;
/** In seconds, unless the environment says otherwise. */
const SIGNING_PATIENCE = '120';

/**
 * Runs another command line of promptaudit to its end, in this one's folder, in a process of its own that gives way to others.
 * It has no terminal: what would ask for a passphrase fails, or is given up after a while where it has some other way to ask, and
 * an interrupt from the keyboard does not reach it. It is ended some seconds after the signal fires.
 * @throws Failure where it could not be started or was ended
 */
export async function runInOwnProcess(
  context: Context,
  argv: readonly string[],
  signal: AbortSignal,
): Promise<Ended> {
  const { node, script } = context.program;
  const options = ['--json', '--no-color', '--git', context.adapter()];
  const child = spawn(node, [script, ...options, ...argv], {
    cwd: context.cwd,
    env: { [SIGNING_TIMEOUT]: SIGNING_PATIENCE, ...context.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  const ended = once(child, 'close');
  giveWay(child);
  const settle = endLate(child, signal);
  const [[code, killed], document, told] = await Promise.all([
    ended,
    text(child.stdout),
    text(child.stderr),
  ]).finally(settle);
  const warnings = Array.from(told.matchAll(WARNING), ([, warning = '']) => warning);
  if (code === 0) return { warnings, error: undefined };
  if (killed === null && document !== '') return { warnings, error: errorOf(document) };
  throw new Failure(`promptaudit ${argv.join(' ')} was ended by ${killed ?? `exit code ${code}`}`);
}

/** Ends it a while after the signal, and at its own end whatever it has left behind, such as an asker of passphrases. */
function endLate(child: ChildProcess, signal: AbortSignal): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => endGroup(child), GRACE);
  };
  if (signal.aborted) wait();
  else signal.addEventListener('abort', wait, { once: true });
  return () => {
    signal.removeEventListener('abort', wait);
    clearTimeout(timer);
    endGroup(child);
  };
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid);
  } catch {
    // Nothing of it is left.
  }
}

function giveWay({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already.
  }
}
