import { dirname, join } from 'node:path';
import { builtBin } from './built.ts';
import { type RunResult, run } from './sandbox.ts';
import type { Adapter, Person, Team } from './team.ts';

type Place = Pick<Team, 'sandbox' | 'repo'>;

/** Starts the built command line as a process of its own, as a person's shell would, by the machine's clock. */
export function start(
  place: Place,
  adapter: Adapter,
  person: Person,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return run(process.execPath, [builtBin(), '--git', adapter, ...args], {
    cwd: place.repo,
    env: { ...environmentOf(place, adapter, person), ...env },
  });
}

/** Starts one process that runs several commands, one after the other, up to the first that fails. */
export function startMany(
  place: Place,
  adapter: Adapter,
  person: Person,
  commands: readonly (readonly string[])[],
): Promise<RunResult> {
  const main = join(dirname(builtBin()), '../dist/main.js');
  const lines = commands.map((args) => `${JSON.stringify(['--git', adapter, ...args])}\n`);
  return run(process.execPath, [join(import.meta.dirname, 'repeat.js'), main], {
    cwd: place.repo,
    env: environmentOf(place, adapter, person),
    input: lines.join(''),
  });
}

function environmentOf({ sandbox }: Place, adapter: Adapter, { name, email, key }: Person) {
  const { PATH = '', ...rest } = sandbox.env;
  return {
    ...rest,
    PATH: adapter === 'embedded' ? join(sandbox.dir, 'empty') : PATH,
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    PROMPTAUDIT_SIGNING_KEY: key,
  };
}
