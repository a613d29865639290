import { Buffer } from 'node:buffer';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Failure } from '../../failure.ts';
import { errorCode } from '../files.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** How git is run: where, and with what in its environment. */
export interface GitPlace {
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * By itself git does not wait until refs and loose objects are on the disk. The first setting is for git 2.36 and later,
 * which warn of the second; the second for those before. Source: git-config(1), `core.fsync`.
 */
export const DURABLY = [
  '-c',
  'core.fsync=committed,loose-object',
  '-c',
  'core.fsyncObjectFiles=true',
] as const;

/** Starts `git` without a shell. What it was given to read may be left unread. */
export function startGit(place: GitPlace, args: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn('git', args, {
    cwd: place.cwd,
    env: { ...place.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  return child;
}

/**
 * Runs `git` to its end; a failing exit is an answer.
 * @throws Failure when it cannot be started
 */
export function runGit(
  place: GitPlace,
  args: readonly string[],
  input?: string | Uint8Array,
): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    if (args.some((arg) => arg.includes('\0'))) {
      reject(new Failure('there is a NUL byte in what git was to be told'));
      return;
    }
    const child = startGit(place, args);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error) => reject(notStarted(error, place)));
    child.on('close', (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.end(input);
  });
}

export function notStarted(error: Error, place: GitPlace): Failure {
  return errorCode(error) === 'ENOENT'
    ? new Failure(
        `git could not be started in ${place.cwd}: check that the folder is there, install git 2.34 or newer, or use --git embedded`,
      )
    : new Failure(`git could not be started: ${error.message}`);
}

/** What git said of why it failed, as one line without its `fatal:`. */
export function reasonOf(result: Pick<GitResult, 'code' | 'stderr'>): string {
  const said = result.stderr
    .split('\n')
    .map((line) => line.trim().replace(/^(?:fatal|error): |[.:]$/g, ''))
    .filter((line) => line !== '' && !/^(?:hint:|warning:|\{"event":)/.test(line))
    .join('; ');
  return said === '' ? `git ended with ${result.code}` : said;
}
