import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { Failure } from '../failure.ts';
import { errorCode, errorReason } from '../git/files.ts';

/** How a hook is run that was there before ours: as git would have run it. */
export interface HookCall {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What git had to say on standard input; `undefined` where it says nothing, and the hook has ours. */
  readonly input: Uint8Array | undefined;
}

/**
 * Runs a hook to its end, with our own output, and answers whether it agreed. One that is not there, or cannot be run, agrees:
 * git passes over those too.
 * @param file absolute path
 * @throws Failure when it cannot be started
 */
export async function agreesBefore(file: string, call: HookCall): Promise<boolean> {
  const runs = await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!runs) return true;
  try {
    return await succeeds(file, call.args, call);
  } catch (error) {
    // No `#!` line: git has a shell run it then.
    if (errorCode(error) === 'ENOEXEC') return succeeds('/bin/sh', [file, ...call.args], call);
    throw new Failure(`the hook ${file} could not be started: ${errorReason(error)}`);
  }
}

function succeeds(program: string, args: readonly string[], { cwd, env, input }: HookCall): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code === 0));
    // It need not read what it is told.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}
