import {
  closeSync,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { errorCode } from '../../git/files.ts';
import { fileMode } from './modes.ts';

/** Who writes a segment, as its lock file says it: one JSON object. */
interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process began, in the kernel's own count, where the system tells: process ids are used again. Not of a thread's lock. */
  readonly began: string | null;
}

/** A writer touches its locks at least so often (milliseconds). */
export const HEARTBEAT = 60_000;
/** A lock of another machine, or of a thread, that was not touched for so long is nobody's. */
const ABANDONED = 10 * HEARTBEAT;
const LARGEST = 4096;

/** @throws a system error, EEXIST where there is one */
export function takeLock(path: string): void {
  // A thread can end without its process: then how long ago it touched the lock is all that tells.
  const began = isMainThread ? beginning(process.pid) : null;
  const owner: Owner = { host: hostname(), pid: process.pid, began };
  const file = openSync(path, 'wx', fileMode(path));
  try {
    writeSync(file, JSON.stringify(owner));
  } catch (error) {
    // On a full disk a name can be made where not a byte can be written.
    dropLock(path);
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Takes a lock that is nobody's: none, or one whose owner is gone. Of several who try, one at most has it then.
 * @returns whether there was one of somebody gone; `undefined` where the lock is somebody else's
 * @throws a system error
 */
export function takeOver(path: string, now: Date): { readonly left: boolean } | undefined {
  if (isHeld(path, now)) return undefined;
  if (tryLock(path)) return { left: false };
  // Whoever removes a lock that was left holds this one, and looks again: else it might remove its successor's.
  const guard = `${path}.guard`;
  if (!tryLock(guard)) {
    if (!isHeld(guard, now)) dropLock(guard);
    return undefined;
  }
  try {
    if (!existsSync(path) || isHeld(path, now)) return undefined;
    dropLock(path);
    return tryLock(path) ? { left: true } : undefined;
  } finally {
    dropLock(guard);
  }
}

function tryLock(path: string): boolean {
  try {
    takeLock(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

export function touchLock(path: string, now: Date): void {
  try {
    utimesSync(path, now, now);
  } catch {
    // Where it was taken away, the next record opens a new segment.
  }
}

export function dropLock(path: string): void {
  rmSync(path, { force: true, recursive: true });
}

/** Whether somebody still writes what the lock stands for. One that cannot be read counts as held while it is fresh. */
export function isHeld(path: string, now: Date): boolean {
  let age: number;
  let owner: Owner | undefined;
  try {
    const found = lstatSync(path);
    age = now.getTime() - found.mtimeMs;
    owner = found.isFile() && found.size <= LARGEST ? ownerOf(readFileSync(path, 'utf8')) : undefined;
  } catch (error) {
    return errorCode(error) !== 'ENOENT';
  }
  if (owner?.host !== hostname()) return age < ABANDONED;
  if (!isAlive(owner.pid)) return false;
  return owner.began === null ? age < ABANDONED : owner.began === beginning(owner.pid);
}

function ownerOf(text: string): Owner | undefined {
  try {
    const { host, pid, began }: Partial<Record<keyof Owner, unknown>> = JSON.parse(text);
    if (typeof host !== 'string' || typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 1)
      return undefined;
    return { host, pid, began: typeof began === 'string' ? began : null };
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is another user's.
    return errorCode(error) === 'EPERM';
  }
}

/** Field 22 of proc_pid_stat(5), behind a name that may hold anything in parentheses. */
function beginning(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
