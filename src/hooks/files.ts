import { constants } from 'node:fs';
import { access, link, lstat, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Failure, Refusal } from '../failure.ts';
import { errorCode, errorReason, isAbsent, kindOf, makeFolders, syncFolder } from '../git/files.ts';
import type { GitStore } from '../git/store.ts';
import { type HookName, hookScript, isHookScript, KEPT_SUFFIX, type Program } from './script.ts';

/** What was done, or would be done, with one hook. */
export interface HookChange {
  readonly hook: HookName;
  /** Absolute path. */
  readonly file: string;
  /** `foreign`: somebody else's file stands where ours stood, and was left alone. */
  readonly state: 'installed' | 'rewritten' | 'unchanged' | 'removed' | 'foreign' | 'absent';
  /** The hook that was there before: where it is kept, or that it is back in its place. */
  readonly before: string | undefined;
}

/** A repository with a working tree makes commits and pushes; a bare one receives them. */
export function hooksOf({ layout }: GitStore): readonly HookName[] {
  return layout.workTree === undefined ? ['pre-receive'] : ['pre-commit', 'pre-push'];
}

/**
 * The folder in which git looks for hooks. Source: git-config(1), `core.hooksPath`: a relative path is taken from where hooks
 * are run.
 * @throws Failure where it is none
 */
export async function hooksFolder({ config, layout }: GitStore): Promise<string> {
  const configured = config.getPath('core.hooksPath');
  const folder =
    configured === undefined
      ? join(layout.commonDir, 'hooks')
      : resolve(layout.workTree ?? layout.gitDir, configured);
  const kind = await kindOf(folder);
  if (configured === '' || (kind !== undefined && kind !== 'folder')) {
    throw new Failure(
      `git looks for hooks in ${configured === '' ? 'no folder' : folder}: set core.hooksPath to a folder, or unset it`,
    );
  }
  return folder;
}

/** What stands at a hook's place, and beside it. */
interface Place {
  readonly file: string;
  readonly kept: string;
  readonly standing: 'nothing' | 'ours' | 'foreign';
  /** Ours, to the byte and able to run. */
  readonly current: boolean;
  readonly hasKept: boolean;
}

async function look(folder: string, hook: HookName, script?: string): Promise<Place> {
  const file = join(folder, hook);
  const kept = `${file}${KEPT_SUFFIX}`;
  const [stats, other] = await Promise.all([statIfThere(file), statIfThere(kept)]);
  if (stats?.isDirectory()) throw new Failure(`${file} is a folder, where git looks for a hook: remove it`);
  const bytes = stats?.isFile() ? await readFile(file) : undefined;
  const ours = bytes !== undefined && isHookScript(bytes);
  const current = ours && bytes.toString() === script && (await canRun(file));
  const standing = stats === undefined ? 'nothing' : ours ? 'ours' : 'foreign';
  return { file, kept, standing, current, hasKept: other !== undefined };
}

/**
 * Puts our hook in its place. One that is there already is kept beside it, as it is.
 * @throws Failure where the folder cannot be written, or where two hooks would have to be kept
 */
export async function installHook(
  folder: string,
  hook: HookName,
  program: Program,
  dryRun: boolean,
): Promise<HookChange> {
  const script = hookScript(hook, program);
  const { file, kept, standing, current, hasKept } = await look(folder, hook, script);
  if (standing === 'foreign' && hasKept) {
    throw new Failure(
      `${file} is not promptaudit's, and ${kept} is a hook that was there before: keep what you need of the two in ${file}, and remove the other`,
    );
  }
  const before = hasKept || standing === 'foreign' ? kept : undefined;
  const state = current ? 'unchanged' : standing === 'ours' ? 'rewritten' : 'installed';
  if (!current && !dryRun) {
    await changing(folder, async () => {
      await makeFolders(folder);
      await putScript(file, script, async () => {
        if (standing === 'foreign') await keepBeside(file, kept);
      });
    });
  }
  return { hook, file, state, before };
}

/** Takes our hook out, and puts the one that was there before back as it was. What is not ours is left alone. */
export async function uninstallHook(folder: string, hook: HookName, dryRun: boolean): Promise<HookChange> {
  const { file, kept, standing, hasKept } = await look(folder, hook);
  const before = hasKept ? (standing === 'foreign' ? kept : file) : undefined;
  if (standing === 'foreign') return { hook, file, state: hasKept ? 'foreign' : 'absent', before };
  if (standing === 'nothing' && !hasKept) return { hook, file, state: 'absent', before };
  if (!dryRun) {
    await changing(folder, async () => {
      await (hasKept ? rename(kept, file) : unlink(file));
      await syncFolder(folder);
    });
  }
  return { hook, file, state: 'removed', before };
}

/** @throws Refusal where there was nothing of ours to take out */
export function demandRemoved(changes: readonly HookChange[]): void {
  if (changes.some(({ state }) => state !== 'absent')) return;
  const names = changes.map(({ hook }) => hook).join(' or ');
  throw new Refusal(`no ${names} hook of promptaudit is installed here`);
}

/** Temp file, fsync, rename: git finds the old hook or the new one. Whatever stood there is kept first. */
async function putScript(file: string, script: string, keep: () => Promise<void>): Promise<void> {
  const temporary = `${file}.promptaudit-${process.pid}.tmp`;
  try {
    const handle = await open(temporary, 'wx', 0o777);
    try {
      await handle.writeFile(script);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await keep();
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

/** A second name for the same file, so that there is no moment without a hook; by moving it where there can be no such thing. */
async function keepBeside(file: string, kept: string): Promise<void> {
  // Of a symbolic link, some systems would give the second name to what it leads to.
  if ((await lstat(file)).isSymbolicLink()) return rename(file, kept);
  try {
    await link(file, kept);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw error;
    await rename(file, kept);
  }
}

async function changing(folder: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (errorCode(error) === '') throw error;
    throw new Failure(`the hooks in ${folder} cannot be changed: ${errorReason(error)}`);
  }
}

async function statIfThere(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function canRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
