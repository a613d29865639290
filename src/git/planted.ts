import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Failure } from '../failure.ts';
import { kindOf } from './files.ts';

/**
 * Refuses a bare repository that was come upon in the working tree of another. Whoever can push there can put one into a
 * folder of it, with a registry and pins of their own, and with a configuration that names programs to run; git opens it all
 * the same for whoever is in that folder. Source: git-config(1), `safe.bareRepository`.
 *
 * @throws Failure
 */
export async function refusePlanted(
  gitDir: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  if (env.GIT_DIR || isGitsOwn(gitDir)) return;
  const [found, start] = await Promise.all([realpath(gitDir), realpath(cwd)]);
  if (start !== found && !start.startsWith(join(found, sep))) return;
  for (let folder = dirname(found); !isGitsOwn(folder); folder = dirname(folder)) {
    if (await isAnothers(join(folder, '.git'), found)) {
      throw new Failure(
        `${found} is a bare repository in the working tree of ${folder}, where whoever can push may have put it: go to ${folder}, or name it with GIT_DIR if it is yours`,
      );
    }
    if (folder === dirname(folder)) return;
  }
}

/** Nobody can push a folder of this name. */
function isGitsOwn(folder: string): boolean {
  return basename(folder) === '.git';
}

/** Whether a `.git` is there and of another repository: where it is a file, it may name the one beside it. */
async function isAnothers(inside: string, gitDir: string): Promise<boolean> {
  if ((await kindOf(inside)) !== 'file') return (await kindOf(join(inside, 'HEAD'))) !== undefined;
  const target = /^gitdir: (.+?)[\r\n]*$/.exec(await readFile(inside, 'utf8'))?.[1] ?? '';
  return (await realpath(resolve(dirname(inside), target)).catch(() => '')) !== gitDir;
}
