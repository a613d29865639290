import { readlink } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Failure } from '../../failure.ts';
import { hasOddName, holdsNothing, leadsNowhere } from '../brokenref.ts';
import { decodeUtf8 } from '../bytes.ts';
import { NoPlainFile, readIfThere } from '../files.ts';
import { looseFiles, refuseOddRef } from '../loosefiles.ts';
import { type Oid, parseOid } from '../object.ts';
import { isPerWorktree, isRefName, isRefOrHead } from '../refname.ts';
import type { Head, Ref, RepositoryLayout } from '../store.ts';
import { MAX_SYMBOLIC, symbolicTarget } from '../symbolicref.ts';
import { PackedRefs } from './packedrefs.ts';

/** What one ref says; `undefined` where there is none. */
export type RefValue = Oid | { readonly target: string } | undefined;

/** What git writes for no object. */
const NO_ID = '0'.repeat(40);

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
    refuseOddRef(this.layout, name);
    const path = join(this.layout.commonDir, this.pathOf(name));
    const linked = name === 'HEAD' ? await readlink(path).catch(() => '') : '';
    if (isRefName(linked)) {
      return { target: linked };
    }
    return readLoose(name, path);
  }

  /**
   * Follows symbolic refs to the one that holds an id, or would.
   * @param own what the ref itself says, where that was read already
   */
  async follow(
    name: string,
    own?: RefValue,
  ): Promise<{ readonly name: string; readonly oid: Oid | undefined }> {
    let at = name;
    let value = own ?? (await this.value(at));
    for (let depth = 0; depth < MAX_SYMBOLIC; depth += 1) {
      if (typeof value !== 'object') {
        return { name: at, oid: value };
      }
      at = value.target;
      value = await this.value(at);
    }
    throw leadsNowhere(name);
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
    refuseOddRef(this.layout, folder);
    const found = new Map<string, Oid>();
    for (const [name, oid] of await this.packed.read()) {
      if (name.startsWith(prefix)) {
        if (!isRefName(name)) {
          throw hasOddName(name);
        }
        found.set(name, oid);
      }
    }
    for (const { name, path } of looseFiles(this.layout, folder)) {
      const { oid } = await this.follow(name, await readLoose(name, path));
      if (oid === undefined) {
        found.delete(name);
      } else {
        found.set(name, oid);
      }
    }
    return [...found]
      .map(([name, oid]) => ({ key: Buffer.from(name), ref: { name, oid } }))
      .sort((a, b) => a.key.compare(b.key))
      .map(({ ref }) => ref);
  }
}

async function readLoose(name: string, path: string | Buffer): Promise<RefValue> {
  try {
    const bytes = await readIfThere(path);
    return bytes === undefined ? undefined : parseLoose(name, decodeUtf8(bytes));
  } catch (error) {
    if (error instanceof NoPlainFile && error.isFolder) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Source: gitrepository-layout(5), `refs`; git-symbolic-ref(1).
 * @param text of a file that is UTF-8; a name that is not would be found nowhere
 */
function parseLoose(name: string, text: string | undefined): RefValue {
  const target = symbolicTarget(text ?? '');
  if (target !== undefined && isRefOrHead(target)) {
    return { target };
  }
  const oid = parseOid(/^([0-9a-f]{40})(?:[ \t\r\n]|$)/i.exec(text ?? '')?.[1]?.toLowerCase() ?? '');
  if (oid === undefined || oid === NO_ID) {
    throw holdsNothing(name);
  }
  return oid;
}
