import { readFileSync } from 'node:fs';
import { Failure } from '../failure.ts';
import type { GitConfig } from './store.ts';

/** A key as git prints it (`section.subsection.name`) and its value; `undefined` for a name that has no `=`. */
export type ConfigEntry = readonly [key: string, value: string | undefined];

/**
 * Configuration over a flat list, in the order in which git reads it, later values winning.
 *
 * @param home what `~/` stands for; `undefined` where the user has none
 */
export function configFromEntries(entries: readonly ConfigEntry[], home: string | undefined): GitConfig {
  const byKey = new Map<string, (string | undefined)[]>();
  for (const [key, value] of entries) {
    const normal = normalKey(key);
    const values = byKey.get(normal);
    if (values === undefined) {
      byKey.set(normal, [value]);
    } else {
      values.push(value);
    }
  }
  const valuesOf = (key: string): readonly (string | undefined)[] => byKey.get(normalKey(key)) ?? [];
  const get = (key: string): string | undefined => {
    const values = valuesOf(key);
    return values.length === 0 ? undefined : (values.at(-1) ?? '');
  };
  return {
    get,
    sections: (section) => {
      const prefix = `${section.toLowerCase()}.`;
      const keys = [...byKey.keys()].filter((key) => key.startsWith(prefix));
      const names = keys.map((key) => key.slice(prefix.length, key.lastIndexOf('.')));
      return [...new Set(names.filter((name) => name !== ''))];
    },
    getAll: (key) => valuesOf(key).map((value) => value ?? ''),
    getBool: (key) => {
      const values = valuesOf(key);
      return values.length === 0 ? undefined : configBool(key, values.at(-1));
    },
    getPath: (key) => {
      const value = get(key);
      return value === undefined ? undefined : expandHome(value, home);
    },
  };
}

/** Section and name in lower case; the subsection between them, where there is one, as it is. */
function normalKey(key: string): string {
  const first = key.indexOf('.');
  const last = key.lastIndexOf('.');
  return first === -1
    ? key.toLowerCase()
    : key.slice(0, first).toLowerCase() + key.slice(first, last) + key.slice(last).toLowerCase();
}

/**
 * git's boolean, from its text; `undefined` (no `=`) is true. Source: git-config(1), "Values".
 * @throws Failure where the text is none
 */
export function configBool(key: string, value: string | undefined): boolean {
  switch (value?.toLowerCase()) {
    case undefined:
    case 'true':
    case 'yes':
    case 'on':
      return true;
    case '':
    case 'false':
    case 'no':
    case 'off':
      return false;
    default: {
      const number = /^\s*([+-]?(?:0x[0-9a-f]+|\d+))[kmg]?$/i.exec(value ?? '')?.[1];
      if (number === undefined) {
        throw new Failure(
          `git configuration ${key} is ${JSON.stringify(value)}, which is neither true nor false`,
        );
      }
      return /[1-9a-f]/i.test(number.replace(/^[+-]?0x/i, ''));
    }
  }
}

/**
 * Expands `~/` and `~user/` as git does for values that it documents as paths.
 * @throws Failure where that user's folder is not known
 */
export function expandHome(path: string, home: string | undefined): string {
  const match = /^~([^/]*)(\/.*)?$/s.exec(path);
  if (match === null) {
    return path;
  }
  const user = match[1] ?? '';
  const folder = user === '' ? home : homeOf(user);
  if (folder === undefined) {
    const why = user === '' ? 'HOME is not set' : `there is no user ${user}`;
    throw new Failure(`cannot expand ${JSON.stringify(path)} in the git configuration: ${why}`);
  }
  return folder + (match[2] ?? '');
}

/** Node has no getpwnam(3); the local password file answers for everybody but users of a directory service. */
function homeOf(user: string): string | undefined {
  try {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith(`${user}:`));
    return line?.split(':')[5];
  } catch {
    return undefined;
  }
}
