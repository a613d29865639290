import { chmod, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/** Of the n-th git that a process starts: the process dies before it, or while it does what it was started for. */
export type When = 'before' | 'meanwhile';

/**
 * A `git` that stands before the real one on the PATH, numbers its calls, and at one of them ends whoever called it, as `kill -9`
 * does. What git calls itself is not counted: it finds itself by its own path.
 */
export class KillerGit {
  readonly env: Readonly<Record<string, string>>;
  private readonly folder: string;

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.env = env;
  }

  /** @param at the number of the call, from 1; 0: nobody dies */
  static async make(sandbox: Sandbox, at: number, when: When = 'before'): Promise<KillerGit> {
    const folder = await mkdtemp(join(sandbox.dir, 'killer-'));
    const real = (await sandbox.ok('sh', ['-c', 'command -v git'])).trim();
    const script = `#!/bin/sh
n=1
while ! mkdir "${folder}/$n" 2>/dev/null; do n=$((n + 1)); done
echo "$*" > "${folder}/$n/args"
[ $n != ${at} ] || kill -9 $PPID
[ $n != ${at} ] || [ ${when} = meanwhile ] || exit 1
"${real}" "$@"
code=$?
[ $n != ${at} ] || : > "${folder}/over"
exit $code
`;
    await mkdir(join(folder, 'bin'));
    await writeFile(join(folder, 'bin/git'), script);
    await chmod(join(folder, 'bin/git'), 0o755);
    return new KillerGit(folder, { PATH: `${join(folder, 'bin')}:${sandbox.env.PATH}` });
  }

  /** The arguments of each call, in order. */
  async calls(): Promise<readonly string[]> {
    const numbers = (await readdir(this.folder)).filter((name) => /^\d+$/.test(name)).map(Number);
    return Promise.all(
      numbers.sort((a, b) => a - b).map((n) => readFile(join(this.folder, String(n), 'args'), 'utf8')),
    );
  }

  /** Whether the git that outlived its caller has come to its end. */
  async isOver(): Promise<boolean> {
    return (await readdir(this.folder)).includes('over');
  }
}
