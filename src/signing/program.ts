import { Buffer } from 'node:buffer';
import { spawn } from 'node:child_process';
import { Failure } from '../failure.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramPlace {
  readonly cwd: string;
  readonly env: Environment;
}

export interface ProgramResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** For who signs with nobody there to answer a prompt: how many seconds a signing program may take. */
export const SIGNING_TIMEOUT = 'PROMPTAUDIT_SIGNING_TIMEOUT';

/**
 * Runs a signing program to its end, without a shell. Without `input` it has our standard input, as git gives it, so that it
 * can ask for a passphrase on the terminal.
 * @throws Failure when it cannot be started, or takes longer than `PROMPTAUDIT_SIGNING_TIMEOUT` allows
 */
export function runProgram(
  program: string,
  args: readonly string[],
  place: ProgramPlace,
  input?: Uint8Array,
): Promise<ProgramResult> {
  const seconds = timeoutOf(place.env);
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: place.cwd,
      env: { ...place.env },
      stdio: [input === undefined ? 'inherit' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    // A program that ends without reading its input closes the pipe; its exit code says what matters.
    child.stdin?.on('error', () => {});
    const late = (): void => {
      child.kill('SIGKILL');
      // What it started itself, as an asker of passphrases, may live on and hold these.
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      reject(new Failure(`${program} gave no answer within ${seconds} seconds: ${UNATTENDED}`));
    };
    const timer = seconds === undefined ? undefined : setTimeout(late, seconds * 1000);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Failure(`${program} cannot be run: ${startProblem(error)}`));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
    child.stdin?.end(input);
  });
}

const UNATTENDED =
  'does it wait for a passphrase, a touch, or an agent that is gone? Sign with a key that needs none of them';
/** Of a timer of Node's, in seconds. */
const LONGEST = 2_147_483;

/** @throws Failure where it is no number of seconds */
function timeoutOf(env: Environment): number | undefined {
  const given = env[SIGNING_TIMEOUT];
  if (!given) return undefined;
  const seconds = /^\d+(?:\.\d+)?$/.test(given) ? Number(given) : 0;
  if (seconds > 0 && seconds <= LONGEST) return seconds;
  throw new Failure(`${SIGNING_TIMEOUT} is ${JSON.stringify(given)}, and not a number of seconds`);
}

function startProblem(error: Error): string {
  const missing = 'code' in error && error.code === 'ENOENT';
  return missing ? 'it is not installed, or not where git configuration says it is' : error.message;
}

/** The last thing that a program said, without the status lines that gpg writes for machines. */
export function lastWords(result: ProgramResult): string {
  const lines = result.stderr.split('\n').map((line) => line.replace(/[^\x20-\x7e]+/g, ' ').trim());
  const said = lines.filter((line) => line !== '' && !line.startsWith('[GNUPG:]'));
  return said.at(-1) ?? `it ended with exit code ${result.code} and said nothing`;
}

const SHELL_WORD = /^(?:[|&;<>]+|\d?[<>].*|\$\(.*|`.*)$/;

/**
 * The words of a command in git's configuration that git runs without a shell: blanks separate, quotes and backslashes
 * keep together (git's `split_cmdline`).
 * @throws Failure for an open quote, and for what only a shell could carry out
 */
export function splitCommand(setting: string, command: string): readonly string[] {
  const words: string[] = [];
  let rest = command.trimStart();
  while (rest !== '') {
    const raw = /^(?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+/s.exec(rest)?.[0];
    if (raw === undefined || !/^(?:\s|$)/.test(rest.slice(raw.length))) {
      throw new Failure(`${setting} has an open quote or ends in a backslash: ${command}`);
    }
    if (SHELL_WORD.test(raw)) {
      throw new Failure(
        `${setting} needs a shell for ${raw}, and git runs it without one: put it into a script and name that`,
      );
    }
    words.push(raw.replace(/\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"/gs, unquote));
    rest = rest.slice(raw.length).trimStart();
  }
  return words;
}

function unquote(_: string, escaped?: string, single?: string, double?: string): string {
  return escaped ?? single ?? (double ?? '').replace(/\\(.)/gs, '$1');
}
