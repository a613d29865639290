import { join } from 'node:path';
import { builtBin } from './built.ts';
import { type RunResult, run } from './sandbox.ts';
import type { Adapter, Person, Team } from './team.ts';

/** Starts the built command line as a process of its own, as a person's shell would, by the machine's clock. */
export function start(
  { sandbox, repo }: Pick<Team, 'sandbox' | 'repo'>,
  adapter: Adapter,
  { name, email, key }: Person,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  const { PATH = '', ...rest } = sandbox.env;
  return run(process.execPath, [builtBin(), '--git', adapter, ...args], {
    cwd: repo,
    env: {
      ...rest,
      PATH: adapter === 'embedded' ? join(sandbox.dir, 'empty') : PATH,
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
      PROMPTAUDIT_SIGNING_KEY: key,
      ...env,
    },
  });
}
