import { chmod, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAbsent, syncFolder, writeDurably } from './files.ts';
import { type LogLine, parseChanges, parsePaths, type StoredChange } from './journalformat.ts';
import {
  appendOnce,
  isSameFile,
  LockHeld,
  linkLock,
  pruneFolders,
  releaseLock,
  renameOverFolder,
} from './lockfile.ts';
import { refuseLinksTo } from './plantedlinks.ts';
import { type State, TransactionFolder } from './transactionfolder.ts';

/*
 * A transaction over several of git's files is several renames, and a crash may come between any two. So it is a folder,
 * `<common dir>/promptaudit/transactions/<state>.<serial>.<pid>.<start>.<host>`, and each of its steps is one rename:
 *
 *   new        nothing is locked yet
 *   prepared   `locks.json` lists what is being locked; the lock of file n is a hard link to the file `n` in the folder,
 *              so whose lock it is can be seen at any time after
 *   committed  `changes.json` says what becomes of each file; from here on the new state is the true one
 *   done       all of it happened
 *
 * Whoever finds a folder whose process is gone takes it over by renaming it, then rolls back what was only prepared and
 * finishes what was committed. A process that was merely asleep finds its folder gone and gives up.
 */

const LOCKS = 'locks.json';
const CHANGES = 'changes.json';
const RETRY_MS = 10;

/** What becomes of one locked file. */
export interface FileChange {
  readonly path: string;
  /** Its new content; `undefined` removes it. */
  readonly bytes: Uint8Array | undefined;
  /** Permission bits of the new file, where they are not those of any new file. */
  readonly mode?: number;
  /** Appended before the file changes. */
  readonly logs?: readonly LogLine[];
  /** A reflog that goes with the file. */
  readonly dropLog?: string;
}

/** Called before each step that a crash could come before. */
export type OnStep = (step: string) => void;

export interface TransactionOptions {
  /** Absolute. */
  readonly commonDir: string;
  /** The files to lock as git does, with `<path>.lock`; relative to the common git directory, `/`-separated. */
  readonly paths: readonly string[];
  /** How long to wait for a lock that somebody holds, in milliseconds. */
  readonly patience: number;
  /**
   * Called when every lock is held: answers what happens to which of the files, in the order in which it must; files that
   * it does not name stay as they are. What it throws ends the transaction with nothing changed.
   * @param now the file system's time
   */
  plan(now: Date): Promise<readonly FileChange[]>;
  readonly onStep?: OnStep | undefined;
}

/**
 * Changes several files of the git directory so that all of them change or none does, whenever this process may die.
 * @throws LockHeld, PathBlocked, and what `plan` throws; nothing is changed then
 */
export async function runTransaction(options: TransactionOptions): Promise<void> {
  options.onStep?.('begin');
  const folder = await TransactionFolder.create(options.commonDir);
  const transaction = new Transaction(options, folder, options.paths);
  try {
    const now = await transaction.prepare();
    await transaction.lockAll();
    await transaction.commit(await options.plan(now));
  } catch (error) {
    await transaction.rollBack();
    throw isAbsent(error) && (await folder.isLost()) ? new LockHeld(options.paths[0] ?? '') : error;
  }
  await transaction.rollForward();
}

/**
 * Finishes or undoes what commands that died left behind. Every adapter calls it when it opens a repository.
 * Costs one look at a folder where there is nothing to do.
 */
export async function recoverTransactions(commonDir: string, onStep?: OnStep): Promise<void> {
  for await (const { folder, state } of TransactionFolder.takeOver(commonDir)) {
    if (state === 'new' || state === 'done') {
      await folder.remove();
      continue;
    }
    const paths = parsePaths(await folder.readJson(LOCKS));
    const transaction = new Transaction({ commonDir, patience: 0, onStep }, folder, paths);
    try {
      // Somebody may have handed the folder over with all that is in it.
      await refuseLinksTo(commonDir, await transaction.touches(state));
    } catch (error) {
      await folder.disown(state);
      throw error;
    }
    await (state === 'committed' ? transaction.rollForward() : transaction.rollBack());
  }
}

class Transaction {
  private readonly options: Pick<TransactionOptions, 'commonDir' | 'patience' | 'onStep'>;
  private readonly folder: TransactionFolder;
  private readonly paths: readonly string[];

  constructor(
    options: Pick<TransactionOptions, 'commonDir' | 'patience' | 'onStep'>,
    folder: TransactionFolder,
    paths: readonly string[],
  ) {
    this.options = options;
    this.folder = folder;
    this.paths = paths;
  }

  private step(name: string): void {
    this.options.onStep?.(name);
  }

  /** All paths of the git directory at which finishing it, from that state, changes something. */
  async touches(state: State): Promise<readonly string[]> {
    if (state !== 'committed') return this.paths;
    const changes = parseChanges(await this.folder.readJson(CHANGES), this.paths);
    const logs = changes.flatMap(({ logs, dropLog }) =>
      [...logs.map(({ path }) => path), dropLog ?? []].flat(),
    );
    return [...this.paths, ...logs];
  }

  private inGitDir(path: string): string {
    return join(this.options.commonDir, path);
  }

  /** The file of which the lock of `path` is another name. */
  private staged(path: string): string {
    return this.folder.file(String(this.paths.indexOf(path)));
  }

  /** Writes down what will be locked. Answers the file system's time. */
  async prepare(): Promise<Date> {
    this.step('stage');
    for (const path of this.paths) {
      await writeDurably(this.staged(path), new Uint8Array(0));
    }
    this.step('list locks');
    await this.folder.writeJson(LOCKS, this.paths);
    const { mtime } = await stat(this.folder.file(LOCKS));
    this.step('prepare');
    await this.enter('prepared');
    return mtime;
  }

  async lockAll(): Promise<void> {
    for (const path of this.paths) {
      this.step(`lock ${path}`);
      await this.lock(path);
    }
  }

  /** Looks once whether a lock that stands in the way belongs to a command that died, then waits for its owner. */
  private async lock(path: string): Promise<void> {
    const { commonDir, patience } = this.options;
    for (let waited = 0; !(await linkLock(commonDir, path, this.staged(path))); waited += RETRY_MS) {
      if (waited === 0) {
        await recoverTransactions(commonDir);
      } else if (waited > patience) {
        throw new LockHeld(path);
      } else {
        await sleep(RETRY_MS);
      }
    }
  }

  /** Past its last line, the changes will happen. */
  async commit(changes: readonly FileChange[]): Promise<void> {
    for (const { path, bytes, mode } of changes) {
      this.step(`write ${path}`);
      if (bytes !== undefined) {
        await writeDurably(this.staged(path), bytes);
      }
      if (mode !== undefined) {
        await chmod(this.staged(path), mode);
      }
    }
    this.step('list changes');
    const stored: StoredChange[] = changes.map(({ path, bytes, logs, dropLog }) => ({
      path,
      remove: bytes === undefined,
      logs: logs ?? [],
      ...(dropLog === undefined ? {} : { dropLog }),
    }));
    await this.folder.writeJson(CHANGES, stored);
    this.step('commit');
    await this.enter('committed');
  }

  private async enter(state: 'prepared' | 'committed'): Promise<void> {
    if (!(await this.folder.enter(state))) {
      throw new LockHeld(this.paths[0] ?? '');
    }
  }

  /** Lets go of every lock that is this transaction's own. */
  async rollBack(): Promise<void> {
    for (const path of this.paths) {
      this.step(`release ${path}`);
      await releaseLock(this.options.commonDir, path, this.staged(path));
    }
    await this.finish();
  }

  /** Makes the changes that are not made yet. Where that fails, anybody may try again. */
  async rollForward(): Promise<void> {
    try {
      for (const change of parseChanges(await this.folder.readJson(CHANGES), this.paths)) {
        await this.apply(change);
      }
      for (const path of this.paths) {
        this.step(`release ${path}`);
        await releaseLock(this.options.commonDir, path, this.staged(path));
      }
    } catch (error) {
      await this.folder.disown('committed');
      throw error;
    }
    await this.finish();
  }

  /** A lock that is still there is a change that is still to be made: nobody else touches the file meanwhile. */
  private async apply(change: StoredChange): Promise<void> {
    const file = this.inGitDir(change.path);
    if (!(await isSameFile(`${file}.lock`, this.staged(change.path)))) {
      return;
    }
    for (const { path, line } of change.logs) {
      this.step(`log ${path}`);
      await appendOnce(this.inGitDir(path), line);
    }
    if (change.dropLog !== undefined) {
      this.step(`drop ${change.dropLog}`);
      await rm(this.inGitDir(change.dropLog), { force: true });
      await pruneFolders(this.options.commonDir, change.dropLog);
    }
    this.step(`change ${change.path}`);
    if (change.remove) {
      await rm(file, { force: true });
    } else {
      await renameOverFolder(`${file}.lock`, file);
    }
    await syncFolder(dirname(file));
  }

  private async finish(): Promise<void> {
    this.step('finish');
    if (await this.folder.enter('done')) {
      this.step('clear');
      await this.folder.remove();
    }
  }
}
