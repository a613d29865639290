import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Failure } from '../../failure.ts';
import { configBool } from '../config.ts';
import { LockHeld } from '../lockfile.ts';
import type { Oid } from '../object.ts';
import { type OnStep, runTransaction } from '../refjournal.ts';
import type {
  FileMode,
  GitConfig,
  Head,
  RepositoryLayout,
  StagedFile,
  WorkFile,
  WorkTree,
} from '../store.ts';
import {
  INDEX_PATIENCE_MS,
  inspectFile,
  isWorkPath,
  operationUnderWay,
  removeFileDurably,
  writeFileDurably,
} from '../worktree.ts';
import { AttributeReader } from './attributes.ts';
import { type Environment, userFile } from './configload.ts';
import { lineEndsOf, obstacle } from './conversion.ts';
import type { IndexEntry, IndexFile } from './indexfile.ts';
import { holdsCrlf, toStored, toWorkTree } from './lineends.ts';
import { listFiles } from './listing.ts';
import type { ObjectDatabase } from './objects.ts';
import { readIndex, type Staged, statOfStaged, withEntry } from './stage.ts';
import { stagedFiles } from './staged.ts';

export interface WorkTreeScope {
  readonly layout: RepositoryLayout;
  config(): GitConfig;
  readonly env: Environment;
  readonly objects: ObjectDatabase;
  head(): Promise<Head>;
  /** Absolute path of the index. */
  readonly indexFile: string;
  readonly onStep: OnStep | undefined;
}

export class EmbeddedWorkTree implements WorkTree {
  readonly root: string;
  private readonly scope: WorkTreeScope;

  constructor(root: string, scope: WorkTreeScope) {
    this.root = root;
    this.scope = scope;
  }

  operationUnderWay(): Promise<string | undefined> {
    return operationUnderWay(this.scope.layout.gitDir);
  }

  async listFiles(folder: string): Promise<readonly string[]> {
    if (folder !== '' && !isWorkPath(folder)) {
      throw new Failure(`${JSON.stringify(folder)} is not a folder of the working tree`);
    }
    const { layout, env } = this.scope;
    const config = this.scope.config();
    const excludes = config.getPath('core.excludesFile') ?? userFile(env, 'ignore');
    const index = await readIndex(this.scope.indexFile);
    const scope = {
      root: this.root,
      outer: [join(layout.commonDir, 'info/exclude'), ...this.outside(excludes)],
      ignoreCase: config.getBool('core.ignoreCase') === true,
      tracked: index.entries.map((entry) => entry.path.toString('utf8')),
    };
    return listFiles(scope, folder);
  }

  /** A file that configuration names, from the working tree's top; none where it is unset or empty. */
  private outside(path: string | undefined): readonly string[] {
    return path === undefined || path === '' ? [] : [resolve(this.root, path)];
  }

  async readStored(paths: readonly string[], maxBytes: number): Promise<readonly WorkFile[]> {
    const reader = new StoredReader(this.root, this.scope, this.attributes());
    const files: WorkFile[] = [];
    for (const path of paths) {
      files.push(await reader.read(path, maxBytes));
    }
    return files;
  }

  private attributes(): AttributeReader {
    const { layout, env } = this.scope;
    const config = this.scope.config();
    const system = configBool('GIT_ATTR_NOSYSTEM', env.GIT_ATTR_NOSYSTEM ?? 'false')
      ? []
      : ['/etc/gitattributes'];
    const user = config.getPath('core.attributesFile') ?? userFile(env, 'attributes');
    return new AttributeReader({
      root: this.root,
      outer: [...system, ...this.outside(user)],
      info: join(layout.commonDir, 'info/attributes'),
      ignoreCase: config.getBool('core.ignoreCase') === true,
    });
  }

  async staged(folder: string): Promise<readonly StagedFile[]> {
    const { objects, indexFile } = this.scope;
    const { oid } = await this.scope.head();
    return stagedFiles(objects, await readIndex(indexFile), oid, folder);
  }

  async stage(path: string, entry: Staged | undefined): Promise<void> {
    if (!isWorkPath(path)) {
      throw new Failure(`${JSON.stringify(path)} is not a path of the working tree`);
    }
    const { layout, indexFile, onStep } = this.scope;
    const inside = relative(layout.commonDir, indexFile).split(sep).join('/');
    if (isAbsolute(inside) || inside.startsWith('../')) {
      throw new Failure(
        `GIT_INDEX_FILE names ${indexFile}, which is not in ${layout.commonDir}: use --git native`,
      );
    }
    try {
      await runTransaction({
        commonDir: layout.commonDir,
        paths: [inside],
        patience: INDEX_PATIENCE_MS,
        plan: async () => {
          const bytes = await this.restaged(path, entry);
          return bytes === undefined ? [] : [{ path: inside, bytes }];
        },
        onStep,
      });
    } catch (error) {
      if (error instanceof LockHeld) {
        throw new Failure(`another git process holds the index: if there is none, remove ${indexFile}.lock`);
      }
      throw error;
    }
  }

  /** Runs with the index locked; `undefined` where nothing changes. */
  private async restaged(path: string, entry: Staged | undefined): Promise<Buffer | undefined> {
    const index = await readIndex(this.scope.indexFile);
    if (entry === undefined) {
      return entryOf(index, path).length === 0 ? undefined : withEntry(index, path, undefined, undefined);
    }
    const stats = await statOfStaged(join(this.root, path), entry, async () => {
      const [file] = await this.readStored([path], Number.MAX_SAFE_INTEGER);
      return file;
    });
    return withEntry(index, path, entry, stats);
  }

  async writeFile(path: string, bytes: Uint8Array): Promise<void> {
    if (!isWorkPath(path)) {
      throw new Failure(`${JSON.stringify(path)} is not a path of the working tree`);
    }
    const attributes = await this.attributes().of(path);
    const config = this.scope.config();
    const why = obstacle(attributes, config, 'smudge', bytes);
    if (why !== undefined) {
      throw new Failure(`${path} cannot be written, because ${why}`);
    }
    await writeFileDurably(this.root, path, toWorkTree(bytes, lineEndsOf(attributes, config)));
  }

  removeFile(path: string): Promise<void> {
    return removeFileDurably(this.root, path);
  }
}

function entryOf(index: IndexFile, path: string): readonly IndexEntry[] {
  const name = Buffer.from(path, 'utf8');
  return index.entries.filter((entry) => entry.path.equals(name));
}

/** Reads files as git would store them; attributes and index are read once for all of them. */
class StoredReader {
  private readonly root: string;
  private readonly scope: WorkTreeScope;
  private readonly attributes: AttributeReader;
  private index: Promise<ReadonlyMap<string, IndexEntry>> | undefined;

  constructor(root: string, scope: WorkTreeScope, attributes: AttributeReader) {
    this.root = root;
    this.scope = scope;
    this.attributes = attributes;
  }

  async read(path: string, maxBytes: number): Promise<WorkFile> {
    const file = inspectFile(this.root, path, maxBytes);
    if (file.state !== 'present') {
      return file;
    }
    const attributes = await this.attributes.of(path);
    const config = this.scope.config();
    const why = obstacle(attributes, config, 'clean', file.bytes);
    if (why !== undefined) {
      return { state: 'unreadable', path, why };
    }
    const ends = lineEndsOf(attributes, config);
    const bytes = await toStored(file.bytes, ends, () => this.indexHoldsCrlf(path));
    const mode = config.getBool('core.fileMode') === false ? await this.stagedMode(path) : file.mode;
    return { ...file, bytes, mode };
  }

  private async staged(path: string): Promise<IndexEntry | undefined> {
    this.index ??= readIndex(this.scope.indexFile).then(
      ({ entries }) =>
        new Map(entries.filter(({ stage }) => stage === 0).map((e) => [e.path.toString('utf8'), e])),
    );
    return (await this.index).get(path);
  }

  private async indexHoldsCrlf(path: string): Promise<boolean> {
    const oid: Oid | undefined = (await this.staged(path))?.oid;
    const found = oid === undefined ? undefined : await this.scope.objects.read(oid);
    return found?.state === 'present' && holdsCrlf(found.object.bytes);
  }

  /** Where the file system's executable bit means nothing, the index remembers it. */
  private async stagedMode(path: string): Promise<FileMode> {
    const entry = await this.staged(path);
    return entry !== undefined && (entry.head.readUInt32BE(24) & 0o100) !== 0 ? '100755' : '100644';
  }
}
