import { platform, setPriority } from 'node:os';

/** As nice(1) counts: 0 is where threads begin, 19 the most. */
const NICENESS = 15;

/**
 * Has the thread that calls this one give way to the main one, which has the most to do and on which all others wait. Only on
 * Linux: elsewhere it would be the whole process that gives way. Source: setpriority(2), "C library/kernel differences".
 */
export function giveWayToMainThread(): void {
  if (platform() !== 'linux') return;
  try {
    setPriority(NICENESS);
  } catch {
    // It runs as it did before: who is nicer already, or may not ask, loses no more than a little time.
  }
}
