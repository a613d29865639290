import type { Person } from './cast.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a shell would have to say to write and sign as somebody. */
export function identityOf({ name, email, keyPath }: Person): Readonly<Record<string, string>> {
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    PROMPTAUDIT_SIGNING_KEY: keyPath,
  };
}

/** What is written is dated so; in UTC, as everything that is printed. */
export function datedAt(moment: Date): Readonly<Record<string, string>> {
  const date = `@${Math.floor(moment.getTime() / 1000)} +0000`;
  return { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
}

export interface Apart {
  /** An empty file, and the folder that it is in. */
  readonly config: string;
  readonly folder: string;
  readonly adapter: string;
  readonly colour: boolean;
  readonly width: number;
}

/**
 * The environment without anything of the user's that could reach into the demo: another repository, hooks, templates,
 * a demand that every commit be signed, ignored files. What says where git's own programs are stays.
 */
export function apartFrom(env: Environment, apart: Apart): Environment {
  const kept = Object.entries(env).filter(
    ([name]) => name === 'GIT_EXEC_PATH' || !/^(?:GIT|PROMPTAUDIT)_/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C.UTF-8',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: apart.config,
    XDG_CONFIG_HOME: apart.folder,
    PROMPTAUDIT_GIT: apart.adapter,
    PROMPTAUDIT_DEBUG: env.PROMPTAUDIT_DEBUG,
    COLUMNS: String(apart.width),
    NO_COLOR: apart.colour ? '' : '1',
    FORCE_COLOR: apart.colour ? '1' : '',
  };
}
