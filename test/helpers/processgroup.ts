import type { ChildProcess } from 'node:child_process';

/** Ends a process that was started detached, and all that it started, at once. */
export async function killGroup(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody is left of it.
  }
  if (child.exitCode === null && child.signalCode === null) await gone;
}
