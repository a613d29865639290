import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export interface RunResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
}

/** Runs a real program to its end; never throws for its exit code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...(options.env ?? process.env) },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.end(options.input ?? '');
  });
}

/** A temporary folder with a HOME of its own, in which no configuration of this machine is seen. */
export interface Sandbox {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a program and fails the test when it does not exit with 0. Answers its standard output as text. */
  ok(program: string, args: readonly string[], options?: RunOptions): Promise<string>;
  /** `git` in `cwd` (the sandbox's folder unless given); must succeed. */
  git(args: readonly string[], options?: RunOptions): Promise<string>;
  remove(): Promise<void>;
}

/** For `beforeAll`: the caller removes it. In a test use `sandbox()`. */
export async function createSandbox(): Promise<Sandbox> {
  const dir = await mkdtemp(join(tmpdir(), 'promptaudit-'));
  const env: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    XDG_CONFIG_HOME: join(dir, '.config'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(dir, '.gitconfig'),
    GNUPGHOME: join(dir, '.gnupg'),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  };
  const ok = async (program: string, args: readonly string[], options: RunOptions = {}): Promise<string> => {
    const result = await run(program, args, { cwd: dir, ...options, env: { ...env, ...options.env } });
    if (result.code !== 0) {
      throw new Error(
        `${program} ${args.join(' ')} exited with ${result.code}\n${result.stderr}${result.stdout}`,
      );
    }
    return result.stdout.toString();
  };
  return {
    dir,
    env,
    ok,
    git: (args, options) => ok('git', args, options),
    remove: async () => {
      // What a file of tests leaves are thousands of files, which a process of its own removes in a third of the time.
      const { code } = await run('rm', ['-rf', dir]);
      if (code !== 0) await removeFolder(dir);
    },
  };
}

/** A sandbox that goes when the running test ends. */
export async function sandbox(): Promise<Sandbox> {
  const made = await createSandbox();
  onTestFinished(() => removeFolder(made.dir));
  return made;
}

function removeFolder(dir: string): Promise<void> {
  return rm(dir, { recursive: true, force: true, maxRetries: 5 });
}
