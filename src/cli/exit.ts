import { Failure, type Reason, Refusal, systemReason } from '../failure.ts';
import { ObjectCorrupt, ObjectMissing, RefConflict } from '../git/store.ts';
import { UsageError } from './usage.ts';

/** 0: yes. 1: no (findings, refused, nothing to do, a difference). 2: could not tell. */
export type ExitCode = 0 | 1 | 2;

/** What ended a command early, in one sentence and, for a refusal, every unmet rule. */
export interface Outcome {
  readonly code: 1 | 2;
  /** `repository`: an object is absent or damaged, or a ref moved. `defect`: a mistake of ours. */
  readonly kind: 'refused' | 'failed' | 'usage' | 'repository' | 'defect';
  readonly message: string;
  readonly reasons: readonly Reason[];
}

/** The one mapping from what was thrown to how the process ends. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof Refusal) {
    return { code: 1, kind: 'refused', message: error.message, reasons: error.reasons };
  }
  if (error instanceof UsageError) return stopped('usage', error.message);
  if (error instanceof Failure) return stopped('failed', error.message);
  if (error instanceof ObjectMissing || error instanceof ObjectCorrupt) {
    return stopped('repository', error.message);
  }
  if (error instanceof RefConflict) return stopped('repository', `${error.message}: run it again`);
  const system = systemMessage(error);
  if (system !== undefined) return stopped('failed', system);
  const what = error instanceof Error ? error.message : String(error);
  return stopped('defect', `unexpected error: ${what}; set PROMPTAUDIT_DEBUG=1 to see where`);
}

function stopped(kind: Outcome['kind'], message: string): Outcome {
  return { code: 2, kind, message, reasons: [] };
}

function systemMessage(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, path, dest, syscall }: NodeJS.ErrnoException & { dest?: string } = error;
  const why = systemReason(code ?? '');
  if (why === undefined) return undefined;
  if (syscall?.startsWith('spawn')) {
    return `cannot run ${path ?? 'a program'}: ${code === 'ENOENT' ? 'it is not installed, or not on the PATH' : why}`;
  }
  const where = [path, dest].filter((part) => part !== undefined).join(' -> ');
  return where === '' ? `cannot ${verbOf(syscall)}: ${why}` : `cannot ${verbOf(syscall)} ${where}: ${why}`;
}

const VERBS_OF: Readonly<Record<string, string>> = {
  mkdir: 'make the folder',
  open: 'open',
  read: 'read',
  rename: 'rename',
  rmdir: 'remove',
  scandir: 'list',
  stat: 'look at',
  unlink: 'remove',
  write: 'write',
};

function verbOf(syscall: string | undefined): string {
  return VERBS_OF[syscall ?? ''] ?? 'use';
}
