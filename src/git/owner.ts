import { readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errorCode, isAbsent } from './files.ts';

/** The process that answers for a transaction, written so that it can stand in a file's name. */
export interface Owner {
  readonly pid: number;
  /** When the system says that process began, in its own units; `0` where it does not say. Tells a reused pid. */
  readonly start: string;
  readonly host: string;
}

/** Answers for nothing: whoever comes next may take over. */
const NOBODY = 0;

/**
 * Where it cannot be seen whether the owner lives, it counts as gone after this long. A transaction takes milliseconds, and
 * an owner who was asleep finds out when it goes on.
 */
const ABANDONED_AFTER_MS = 60 * 1000;

export function thisProcess(): Owner {
  return { pid: process.pid, start: startOf(process.pid) ?? '0', host: thisHost() };
}

export function nobody(): Owner {
  return { pid: NOBODY, start: '0', host: thisHost() };
}

/** Containers may share a host's name, but then not its process numbers: the namespace tells them apart. */
function thisHost(): string {
  return `${hostname()}-${processNamespace()}`.replace(/[^A-Za-z0-9-]/g, '_').slice(-80);
}

/** pid_namespaces(7); empty on systems without them. */
function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  } catch {
    return '';
  }
}

/**
 * When a process began: field 22 of /proc/<pid>/stat, proc(5). `0` where the system does not say, `undefined` for a process that
 * is dead and waits for its parent to notice.
 */
function startOf(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return '0';
  }
  // The program's name comes before, in parentheses, and may itself hold some.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '0');
}

/**
 * Whether nobody is at work any more on what `owner` began in `folder`. Elsewhere than on this host, and on systems that do
 * not tell when a process began, only age can say.
 */
export async function isAbandoned(owner: Owner, folder: string): Promise<boolean> {
  if (owner.pid === NOBODY) {
    return true;
  }
  if (owner.host === thisHost()) {
    if (!isRunning(owner.pid)) {
      return true;
    }
    if (owner.start !== '0') {
      return startOf(owner.pid) !== owner.start;
    }
  }
  return isOld(folder);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

/** Compares with a folder made now beside it: by the file system's own clock, which all hosts share. */
async function isOld(folder: string): Promise<boolean> {
  const probe = await mkdtemp(join(folder, '..', 'now-'));
  try {
    const [now, then] = await Promise.all([stat(probe), stat(folder)]);
    return now.mtimeMs - then.mtimeMs > ABANDONED_AFTER_MS;
  } catch (error) {
    if (isAbsent(error)) {
      return false;
    }
    throw error;
  } finally {
    await rmdir(probe);
  }
}
