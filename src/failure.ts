/**
 * The two ways in which a command ends without doing what was asked.
 *
 * Each message is one sentence for the person who ran the command: what happened, to what, and what to do next.
 */

/** The command could not tell or could not act: usage, bad input, I/O, no repository. Exit code 2. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** One unmet rule, with what would meet it. */
export interface Reason {
  /** The finding code that `verify` would give to an event that broke this rule, e.g. `deployment/unapproved`. */
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

/** The answer is no: policy refuses, or there is nothing to do. Exit code 1. Lists every unmet rule at once. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly reasons: readonly Reason[];

  constructor(message: string, reasons: readonly Reason[] = []) {
    super(message);
    this.reasons = reasons;
  }
}

/** For the end of a `switch` over a union: the compiler proves that it is never reached. */
export function assertNever(value: never): never {
  throw new Failure(
    `unexpected value ${JSON.stringify(value)}: please report this as a defect of promptaudit`,
  );
}

/** Source: errno(3). */
const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'it is in use',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file would be too large',
  EIO: 'the device reported an input or output error',
  EISDIR: 'it is a folder',
  ELOOP: 'there are too many symbolic links',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many files are open on this machine',
  ENOENT: 'there is no such file or folder',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a part of the path is not a folder',
  ENOTEMPTY: 'the folder is not empty',
  EPERM: 'the operation is not permitted',
  EROFS: 'the file system is read-only',
};

/** What the name of a system error (`ENOSPC`) says to a person; `undefined` for one that says nothing. */
export function systemReason(code: string): string | undefined {
  return Object.hasOwn(SYSTEM_ERRORS, code) ? SYSTEM_ERRORS[code] : undefined;
}
