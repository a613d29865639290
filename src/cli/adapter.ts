import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { GitStore } from '../git/store.ts';
import type { Environment } from './terminal.ts';
import { UsageError } from './usage.ts';

/** How each adapter opens the repository that `cwd` is in. */
export type StoreOpeners = Readonly<Record<GitStore['adapter'], OpenStore>>;
type OpenStore = (place: { readonly cwd: string; readonly env: Environment }) => Promise<GitStore>;

/** `--git`, then `PROMPTAUDIT_GIT`, then native where `git` is on the PATH. @throws UsageError */
export function chooseAdapter(asked: GitStore['adapter'] | undefined, env: Environment): GitStore['adapter'] {
  if (asked !== undefined) return asked;
  const named = env.PROMPTAUDIT_GIT ?? '';
  if (named === 'native' || named === 'embedded') return named;
  if (named !== '')
    throw new UsageError(`PROMPTAUDIT_GIT is ${JSON.stringify(named)}: make it native or embedded`);
  return isOnPath('git', env) ? 'native' : 'embedded';
}

function isOnPath(program: string, env: Environment): boolean {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => [program, `${program}.exe`].some((name) => isProgram(join(folder, name))));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
