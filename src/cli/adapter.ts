import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { GitStore } from '../git/store.ts';
import type { Environment } from './terminal.ts';
import { UsageError } from './usage.ts';

/** How each adapter opens the repository that `cwd` is in. */
export type StoreOpeners = Readonly<Record<GitStore['adapter'], OpenStore>>;
type OpenStore = (place: { readonly cwd: string; readonly env: Environment }) => Promise<GitStore>;

/** `--git`, then `PROMPTAUDIT_GIT`, then native where `git` is on the PATH. @throws UsageError */
export async function chooseAdapter(
  asked: GitStore['adapter'] | undefined,
  env: Environment,
): Promise<GitStore['adapter']> {
  if (asked !== undefined) return asked;
  const named = env.PROMPTAUDIT_GIT ?? '';
  if (named === 'native' || named === 'embedded') return named;
  if (named !== '')
    throw new UsageError(`PROMPTAUDIT_GIT is ${JSON.stringify(named)}: make it native or embedded`);
  return (await isOnPath('git', env)) ? 'native' : 'embedded';
}

async function isOnPath(program: string, env: Environment): Promise<boolean> {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue;
    for (const name of [program, `${program}.exe`]) {
      const found = await access(join(folder, name), constants.X_OK).then(
        () => true,
        () => false,
      );
      if (found) return true;
    }
  }
  return false;
}
