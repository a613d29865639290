import { lstat, readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { Failure } from '../../failure.ts';
import { parseCommitLinks } from '../commit.ts';
import { discover } from '../discover.ts';
import { LockHeld } from '../lockfile.ts';
import type { GitObject, NewObject, Oid } from '../object.ts';
import { refusePlanted } from '../planted.ts';
import { refuseLinkedFolders } from '../plantedlinks.ts';
import { type OnStep, recoverTransactions, runTransaction } from '../refjournal.ts';
import {
  type GitConfig,
  type GitStore,
  type Head,
  NotACommit,
  ObjectCorrupt,
  ObjectMissing,
  type ReadResult,
  type Ref,
  type RefUpdate,
  type RepositoryLayout,
} from '../store.ts';
import { editConfig } from './configedit.ts';
import { type Environment, loadGitConfig } from './configload.ts';
import { readLayout } from './layout.ts';
import { ObjectDatabase } from './objects.ts';
import { checkOwnership } from './ownership.ts';
import { Refs } from './refs.ts';
import { updateRefs } from './refupdate.ts';
import { EmbeddedWorkTree } from './worktree.ts';

export interface EmbeddedOptions {
  readonly cwd: string;
  readonly env: Environment;
  /** Called before each step of a transaction that a crash could come before. */
  readonly onStep?: OnStep;
}

/**
 * Opens the repository of a folder without git. SHA-1 objects and refs in files only.
 * @throws Failure where there is none, or one that only git itself reads
 */
export async function openEmbeddedStore(options: EmbeddedOptions): Promise<GitStore> {
  const env = withAbsolutePaths(options.env, options.cwd);
  const found = await discover(options.cwd, env);
  await checkOwnership(found, env, process.geteuid?.());
  await refusePlanted(found.gitDir, options.cwd, env);
  const layout = await readLayout(found, options.cwd, env);
  await refuseLinkedFolders(layout.commonDir);
  await recoverTransactions(layout.commonDir, options.onStep);
  const config = await loadGitConfig(env, layout);
  return new EmbeddedStore(layout, config, env, options.onStep);
}

const PATHS = ['GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY', 'GIT_INDEX_FILE'] as const;

/** git takes these from the folder that it was started in. */
function withAbsolutePaths(env: Environment, cwd: string): Environment {
  const absolute = PATHS.flatMap((name) => (env[name] ? [[name, resolve(cwd, env[name])] as const] : []));
  return { ...env, ...Object.fromEntries(absolute) };
}

class EmbeddedStore implements GitStore {
  readonly adapter = 'embedded';
  readonly layout: RepositoryLayout;
  readonly workTree: EmbeddedWorkTree | undefined;
  private currentConfig: GitConfig;
  private readonly env: Environment;
  private readonly onStep: OnStep | undefined;
  private readonly objects: ObjectDatabase;
  private readonly refs: Refs;

  constructor(layout: RepositoryLayout, config: GitConfig, env: Environment, onStep: OnStep | undefined) {
    this.layout = layout;
    this.currentConfig = config;
    this.env = env;
    this.onStep = onStep;
    const borrowed = (env.GIT_ALTERNATE_OBJECT_DIRECTORIES ?? '')
      .split(delimiter)
      .filter((path) => path !== '');
    this.objects = new ObjectDatabase(
      env.GIT_OBJECT_DIRECTORY || join(layout.commonDir, 'objects'),
      borrowed,
    );
    this.refs = new Refs(layout);
    this.workTree = layout.workTree === undefined ? undefined : this.openWorkTree(layout.workTree);
  }

  private openWorkTree(root: string): EmbeddedWorkTree {
    return new EmbeddedWorkTree(root, {
      layout: this.layout,
      config: () => this.config,
      env: this.env,
      objects: this.objects,
      head: () => this.refs.head(),
      indexFile: this.env.GIT_INDEX_FILE || join(this.layout.gitDir, 'index'),
      onStep: this.onStep,
    });
  }

  get config(): GitConfig {
    return this.currentConfig;
  }

  async read(oid: Oid): Promise<GitObject> {
    const found = await this.objects.read(oid);
    switch (found.state) {
      case 'present':
        return found.object;
      case 'missing':
        throw new ObjectMissing(oid);
      case 'corrupt':
        throw new ObjectCorrupt(oid);
    }
  }

  async *readMany(oids: Iterable<Oid>): AsyncIterable<ReadResult> {
    for (const oid of oids) {
      yield await this.objects.read(oid);
    }
  }

  write(objects: readonly NewObject[]): Promise<readonly Oid[]> {
    return this.objects.write(objects);
  }

  async expandOid(prefix: string): Promise<readonly Oid[]> {
    return /^[0-9a-f]{4,64}$/i.test(prefix) ? this.objects.expand(prefix.toLowerCase()) : [];
  }

  head(): Promise<Head> {
    return this.refs.head();
  }

  resolveRef(ref: string): Promise<Oid | undefined> {
    return this.refs.resolve(ref);
  }

  listRefs(prefix: string): Promise<readonly Ref[]> {
    return this.refs.list(prefix);
  }

  updateRefs(updates: readonly RefUpdate[]): Promise<void> {
    const { layout, config, env, refs, objects, onStep } = this;
    return updateRefs({ layout, config, env, refs, objects, onStep }, updates);
  }

  async *firstParents(tip: Oid, until?: Oid): AsyncIterable<Oid> {
    for (let oid: Oid | undefined = tip; oid !== undefined && oid !== until; ) {
      const commit: GitObject = await this.read(oid);
      const links = commit.kind === 'commit' ? parseCommitLinks(commit.bytes) : undefined;
      if (links === undefined) {
        throw new NotACommit(oid);
      }
      yield oid;
      oid = links.parents[0];
    }
  }

  async setConfig(key: string, value: string, mode: 'set' | 'add'): Promise<void> {
    const { commonDir } = this.layout;
    const file = join(commonDir, 'config');
    try {
      await runTransaction({
        commonDir,
        paths: ['config'],
        patience: 0,
        plan: async () => {
          const stats = await lstat(file);
          if (!stats.isFile()) {
            throw new Failure(`${file} is not a plain file, and is not replaced: use --git native`);
          }
          const text = await readFile(file, 'utf8');
          const bytes = Buffer.from(editConfig(text, file, key, value, mode));
          return [{ path: 'config', bytes, mode: stats.mode & 0o777 }];
        },
        onStep: this.onStep,
      });
    } catch (error) {
      if (error instanceof LockHeld) {
        throw new Failure(
          `another git process holds the configuration: if there is none, remove ${file}.lock`,
        );
      }
      throw error;
    }
    this.currentConfig = await loadGitConfig(this.env, this.layout);
  }

  async remotes(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}
