import { readdir, readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Failure } from '../../failure.ts';
import { errorCode, isAbsent, readIfThere } from '../files.ts';
import { type Oid, parseOid } from '../object.ts';
import { isPerWorktree, isRefName, isRefOrHead } from '../refname.ts';
import type { Head, Ref, RepositoryLayout } from '../store.ts';
import { PackedRefs } from './packedrefs.ts';

/** What one ref says; `undefined` where there is none. */
export type RefValue = Oid | { readonly target: string } | undefined;

/** git's limit on refs that name refs (SYMREF_MAXDEPTH). */
const MAX_SYMBOLIC = 5;

/** Reads refs from their files: loose ones, then packed ones. */
export class Refs {
  readonly packed: PackedRefs;
  private readonly layout: RepositoryLayout;

  constructor(layout: RepositoryLayout) {
    this.layout = layout;
    this.packed = new PackedRefs(layout.commonDir);
  }

  /** Where a ref's own file lies: relative to the common git directory, `/`-separated. `name` is a checked one. */
  pathOf(name: string): string {
    return isPerWorktree(name) ? `${this.worktreePrefix()}${name}` : name;
  }

  /** Where a ref's log lies, likewise. */
  logPathOf(name: string): string {
    return isPerWorktree(name) ? `${this.worktreePrefix()}logs/${name}` : `logs/${name}`;
  }

  private worktreePrefix(): string {
    const path = relative(this.layout.commonDir, this.layout.gitDir);
    return path === '' ? '' : `${path.split(sep).join('/')}/`;
  }

  /** @throws Failure where its file holds neither an id nor a ref's name */
  async value(name: string): Promise<RefValue> {
    return (await this.looseValue(name)) ?? (await this.packed.read()).get(name);
  }

  private async looseValue(name: string): Promise<RefValue> {
    const path = join(this.layout.commonDir, this.pathOf(name));
    const linked = name === 'HEAD' ? await readlink(path).catch(() => '') : '';
    if (isRefName(linked)) {
      return { target: linked };
    }
    let text: string | undefined;
    try {
      text = (await readIfThere(path))?.toString('utf8');
    } catch (error) {
      if (errorCode(error) === 'EISDIR') {
        return undefined;
      }
      throw error;
    }
    return text === undefined ? undefined : parseLoose(name, text);
  }

  /** Follows symbolic refs to the one that holds an id, or would. */
  async follow(name: string): Promise<{ readonly name: string; readonly oid: Oid | undefined }> {
    let at = name;
    for (let depth = 0; depth <= MAX_SYMBOLIC; depth += 1) {
      const value = await this.value(at);
      if (typeof value !== 'object') {
        return { name: at, oid: value };
      }
      at = value.target;
    }
    throw new Failure(`ref ${name} leads through more than ${MAX_SYMBOLIC} symbolic refs`);
  }

  async resolve(name: string): Promise<Oid | undefined> {
    return isRefOrHead(name) ? (await this.follow(name)).oid : undefined;
  }

  async head(): Promise<Head> {
    const { name, oid } = await this.follow('HEAD');
    if (name !== 'HEAD') {
      return { state: 'branch', ref: name, oid };
    }
    if (oid === undefined) {
      throw new Failure(`${this.layout.gitDir} has no HEAD`);
    }
    return { state: 'detached', oid };
  }

  /** Refs below `prefix` where it ends in `/`, else the one of that name; in the order of their names' bytes. */
  async list(prefix: string): Promise<readonly Ref[]> {
    if (!prefix.endsWith('/')) {
      const oid = await this.resolve(prefix);
      return oid === undefined ? [] : [{ name: prefix, oid }];
    }
    const folder = prefix.slice(0, -1);
    if (folder !== 'refs' && !isRefName(folder)) {
      return [];
    }
    const found = new Map<string, Oid>();
    for (const [name, oid] of await this.packed.read()) {
      if (name.startsWith(prefix) && isRefName(name)) {
        found.set(name, oid);
      }
    }
    for (const name of await this.looseNames(folder)) {
      const { oid } = await this.follow(name);
      if (oid !== undefined) {
        found.set(name, oid);
      }
    }
    return [...found]
      .map(([name, oid]) => ({ key: Buffer.from(name), ref: { name, oid } }))
      .sort((a, b) => a.key.compare(b.key))
      .map(({ ref }) => ref);
  }

  /** Names of refs that have a file below a folder such as `refs/tags`. */
  async looseNames(folder: string): Promise<readonly string[]> {
    const { gitDir, commonDir } = this.layout;
    const names: string[] = [];
    for (const root of new Set([commonDir, gitDir])) {
      for await (const name of filesBelow(root, folder)) {
        if (isRefName(name) && root === (isPerWorktree(name) ? gitDir : commonDir)) {
          names.push(name);
        }
      }
    }
    return names;
  }
}

async function* filesBelow(root: string, folder: string): AsyncIterable<string> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    if (isAbsent(error)) {
      return [];
    }
    throw error;
  });
  for (const entry of entries) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      yield* filesBelow(root, name);
    } else {
      yield name;
    }
  }
}

/** Source: gitrepository-layout(5), `refs`; git-symbolic-ref(1). */
function parseLoose(name: string, text: string): RefValue {
  const target = /^ref:\s*(\S(?:.*\S)?)\s*$/.exec(text)?.[1];
  const oid = /^([0-9a-f]{40})(?:\s|$)/.exec(text)?.[1];
  if (target !== undefined && isRefName(target)) {
    return { target };
  }
  const parsed = oid === undefined ? undefined : parseOid(oid);
  if (parsed === undefined) {
    throw new Failure(`ref ${name} is broken: its file holds neither an object id nor the name of a ref`);
  }
  return parsed;
}
