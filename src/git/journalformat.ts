import { isAbsolute } from 'node:path';
import { Failure } from '../failure.ts';

/** A line for a reflog. */
export interface LogLine {
  /** Relative to the common git directory. */
  readonly path: string;
  /** With its line feed. */
  readonly line: string;
}

/** One change as `changes.json` holds it; the new content lies beside it in a file. */
export interface StoredChange {
  readonly path: string;
  readonly remove: boolean;
  readonly logs: readonly LogLine[];
  readonly dropLog?: string;
}

/** @throws Failure where this is not what `locks.json` holds, or leads out of the git directory */
export function parsePaths(value: unknown): readonly string[] {
  if (!Array.isArray(value)) {
    throw broken();
  }
  return value.map(parsePath);
}

/** @throws Failure where this is not what `changes.json` holds, or names a file that is not among the locked `paths` */
export function parseChanges(value: unknown, paths: readonly string[]): readonly StoredChange[] {
  if (!Array.isArray(value)) {
    throw broken();
  }
  return value.map((item: unknown) => {
    const { path, remove, logs, dropLog } = fields(item);
    const known = parsePath(path);
    if (typeof remove !== 'boolean' || !Array.isArray(logs) || !paths.includes(known)) {
      throw broken();
    }
    const lines = logs.map(parseLogLine);
    return {
      path: known,
      remove,
      logs: lines,
      ...(dropLog === undefined ? {} : { dropLog: parsePath(dropLog) }),
    };
  });
}

function parseLogLine(value: unknown): LogLine {
  const { path, line } = fields(value);
  if (typeof line !== 'string' || !/^[^\n]+\n$/.test(line)) {
    throw broken();
  }
  return { path: parsePath(path), line };
}

function parsePath(value: unknown): string {
  if (typeof value !== 'string' || value === '' || isAbsolute(value) || value.includes('\0')) {
    throw broken();
  }
  if (value.split(/[/\\]/).some((segment) => segment === '..' || segment === '')) {
    throw broken();
  }
  return value;
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) {
    throw broken();
  }
  return Object.fromEntries(Object.entries(value));
}

function broken(): Failure {
  return new Failure(
    'a transaction in promptaudit/transactions of the git directory is not one that promptaudit wrote: look at it, then remove it',
  );
}
