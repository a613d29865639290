import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../../failure.ts';
import { type ConfigEntry, configBool, configFromEntries, expandHome } from '../config.ts';
import { errorCode, isAbsent } from '../files.ts';
import type { GitConfig } from '../store.ts';
import { parseConfigFile } from './configfile.ts';
import { type IncludeScope, includeApplies } from './configinclude.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The repository whose configuration is wanted besides the user's. */
export interface ConfiguredRepository {
  readonly gitDir: string;
  readonly commonDir: string;
}

/** git's own limit (MAX_INCLUDE_DEPTH). */
const MAX_DEPTH = 10;

/** The folder that `~` stands for. */
function homeFolder(env: Environment): string | undefined {
  return env.HOME ?? env.USERPROFILE;
}

/** A file of the user's configuration folder for git, e.g. `ignore`; `undefined` where the user has no home. */
export function userFile(env: Environment, name: string): string | undefined {
  const home = homeFolder(env);
  const folder = env.XDG_CONFIG_HOME || (home === undefined ? undefined : join(home, '.config'));
  return folder === undefined ? undefined : join(folder, 'git', name);
}

/**
 * git's configuration without git: system, global, repository, worktree, environment, each with what it includes.
 * Source: git-config(1), "Files", "Includes", "Conditional includes", "Environment".
 *
 * @param repository `undefined` outside any repository
 * @throws Failure for a file that cannot be read or parsed
 */
export async function loadGitConfig(
  env: Environment,
  repository: ConfiguredRepository | undefined,
): Promise<GitConfig> {
  return configFromEntries(await loadEntries(env, repository), homeFolder(env));
}

/** What `git config --list --includes` would list, in its order. */
export async function loadEntries(
  env: Environment,
  repository: ConfiguredRepository | undefined,
): Promise<readonly ConfigEntry[]> {
  const loader = new ConfigLoader(env, repository);
  await loader.loadAll();
  return loader.entries;
}

class ConfigLoader {
  readonly entries: ConfigEntry[] = [];
  private readonly env: Environment;
  private readonly repository: ConfiguredRepository | undefined;
  private readonly scope: IncludeScope;

  constructor(env: Environment, repository: ConfiguredRepository | undefined, withRemotes = true) {
    this.env = env;
    this.repository = repository;
    let remotes: Promise<readonly string[]> | undefined;
    this.scope = {
      gitDir: repository?.gitDir,
      home: homeFolder(env),
      remoteUrls: () => {
        remotes ??= withRemotes ? remoteUrls(env, repository) : Promise.resolve([]);
        return remotes;
      },
    };
  }

  async loadAll(): Promise<void> {
    const { env, repository } = this;
    if (!configBool('GIT_CONFIG_NOSYSTEM', env.GIT_CONFIG_NOSYSTEM ?? 'false')) {
      await this.loadFile(env.GIT_CONFIG_SYSTEM ?? '/etc/gitconfig', 0);
    }
    if (env.GIT_CONFIG_GLOBAL !== undefined) {
      await this.loadFile(env.GIT_CONFIG_GLOBAL, 0);
    } else {
      const home = homeFolder(env);
      await this.loadFile(userFile(env, 'config') ?? '', 0);
      await this.loadFile(home === undefined ? '' : join(home, '.gitconfig'), 0);
    }
    if (repository !== undefined) {
      const own = this.entries.length;
      await this.loadFile(join(repository.commonDir, 'config'), 0);
      const mine = configFromEntries(this.entries.slice(own), undefined);
      if (mine.getBool('extensions.worktreeConfig') === true) {
        await this.loadFile(join(repository.gitDir, 'config.worktree'), 0);
      }
    }
    for (const [key, value] of environmentEntries(env)) {
      await this.take(key, value, undefined, 0);
    }
  }

  /** Reads a file if it is there. */
  private async loadFile(file: string, depth: number): Promise<void> {
    if (file === '') {
      return;
    }
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if (isAbsent(error)) {
        return;
      }
      throw new Failure(`cannot read the git configuration ${file}: ${errorCode(error)}`);
    }
    for (const line of parseConfigFile(text, file).lines) {
      await this.take(line.key, line.value, file, depth);
    }
  }

  /** Notes an entry; where it is an include that applies, what that file says follows it. */
  private async take(
    key: string,
    value: string | undefined,
    file: string | undefined,
    depth: number,
  ): Promise<void> {
    this.entries.push([key, value]);
    const condition = /^includeif\.(.*)\.path$/s.exec(key)?.[1];
    const includes =
      key === 'include.path' ||
      (condition !== undefined && (await includeApplies(condition, file, this.scope)));
    if (!includes || value === undefined) {
      return;
    }
    if (depth >= MAX_DEPTH) {
      throw new Failure(`git configuration ${file} includes ${value}: more than ${MAX_DEPTH} files deep`);
    }
    const path = expandHome(value, this.scope.home);
    if (!isAbsolute(path) && file === undefined) {
      throw new Failure(`the environment includes the git configuration ${path}: write its absolute path`);
    }
    await this.loadFile(resolve(dirname(file ?? '/'), path), depth + 1);
  }
}

/** `hasconfig:remote.*.url:` asks for values that files read later may hold, so they are gathered by a pass of their own. */
async function remoteUrls(
  env: Environment,
  repository: ConfiguredRepository | undefined,
): Promise<readonly string[]> {
  const loader = new ConfigLoader(env, repository, false);
  await loader.loadAll();
  return loader.entries.filter(([key]) => /^remote\..*\.url$/s.test(key)).map(([, value]) => value ?? '');
}

/** `GIT_CONFIG_COUNT` with its keys and values, then `GIT_CONFIG_PARAMETERS` (what `git -c` hands to its children). */
function environmentEntries(env: Environment): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  const count = env.GIT_CONFIG_COUNT || '0';
  if (!/^\d{1,6}$/.test(count)) {
    throw new Failure(`GIT_CONFIG_COUNT is ${JSON.stringify(count)}: it must be a number`);
  }
  for (let index = 0; index < Number(count); index += 1) {
    const key = env[`GIT_CONFIG_KEY_${index}`];
    const value = env[`GIT_CONFIG_VALUE_${index}`];
    if (key === undefined || value === undefined) {
      throw new Failure(`GIT_CONFIG_COUNT is ${count}, but GIT_CONFIG_KEY_${index} or its value is not set`);
    }
    entries.push([key, value]);
  }
  return [...entries, ...parameterEntries(env.GIT_CONFIG_PARAMETERS ?? '')].map(checkedEntry);
}

const QUOTED = "'(?:[^']|'\\\\['!]')*'";
const PARAMETER = new RegExp(`(${QUOTED})(=(${QUOTED})?)?(?: +|$)`, 'y');

/** Shell-quoted words: `'key'='value'`, or `'key=value'` as git wrote before 2.31. */
function parameterEntries(text: string): readonly ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  PARAMETER.lastIndex = 0;
  for (let at = 0; at < text.length; at = PARAMETER.lastIndex) {
    const match = PARAMETER.exec(text);
    if (match === null) {
      throw new Failure('GIT_CONFIG_PARAMETERS is malformed');
    }
    const word = unquote(match[1] ?? '');
    const equals = word.indexOf('=');
    if (match[2] !== undefined) {
      entries.push([word, match[3] === undefined ? undefined : unquote(match[3])]);
    } else {
      entries.push(equals === -1 ? [word, undefined] : [word.slice(0, equals), word.slice(equals + 1)]);
    }
  }
  return entries;
}

function unquote(word: string): string {
  return word.slice(1, -1).replace(/'\\(['!])'/g, '$1');
}

function checkedEntry([key, value]: ConfigEntry): ConfigEntry {
  const match = /^([A-Za-z0-9-]+)(\.[^\n]*)?(\.[A-Za-z][A-Za-z0-9-]*)$/.exec(key);
  if (match === null) {
    throw new Failure(`the environment sets ${JSON.stringify(key)}, which is no key of git's configuration`);
  }
  return [`${match[1]?.toLowerCase()}${match[2] ?? ''}${match[3]?.toLowerCase()}`, value];
}
