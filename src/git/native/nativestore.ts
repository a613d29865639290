import { spawn } from 'node:child_process';
import { Failure } from '../../failure.ts';
import { type GitObject, hashObject, type NewObject, type Oid, parseOid } from '../object.ts';
import type { Remotes } from '../remotes.ts';
import {
  type GitConfig,
  type GitStore,
  type Head,
  ObjectCorrupt,
  ObjectMissing,
  type ReadResult,
  type Ref,
  type RefUpdate,
  type RepositoryLayout,
  type WorkTree,
} from '../store.ts';
import { CatFile, type CatFileAnswer, type CatFileAnswers } from './catfile.ts';
import { oneByOne } from './onebyone.ts';
import { listObjects, Presence } from './presence.ts';
import { type GitPlace, reasonOf, runGit } from './process.ts';
import { type Found, readAhead } from './readahead.ts';
import { RefReader, readHead } from './refs.ts';
import { demandObjectFiles, demandPackFiles } from './unreadable.ts';
import { NativeWorkTree } from './worktree.ts';

interface NativeStoreOptions {
  readonly layout: RepositoryLayout;
  readonly config: GitConfig;
  readonly place: GitPlace;
  /** The user's `LC_ALL`, under which their filters run. */
  readonly locale: string | undefined;
}

/** The `GitStore` that has stock git do everything. */
export class NativeStore implements GitStore {
  readonly adapter = 'native';
  readonly layout: RepositoryLayout;
  readonly config: GitConfig;
  readonly workTree: WorkTree | undefined;
  readonly #place: GitPlace;
  readonly #catFile: CatFile;
  readonly #presence: Presence;
  readonly #refs: RefReader;
  #wrote = false;
  /** Whether every pack could be opened, once that was in doubt. */
  #openedPacks = false;

  constructor(options: NativeStoreOptions) {
    const { layout, config, place } = options;
    this.layout = layout;
    this.config = config;
    this.#place = place;
    this.#catFile = new CatFile(place);
    this.#presence = new Presence(place);
    this.#refs = new RefReader(place, layout, config);
    this.workTree =
      layout.workTree === undefined
        ? undefined
        : new NativeWorkTree({ ...options, root: layout.workTree, objects: this });
  }

  async read(oid: Oid): Promise<GitObject> {
    const [result] = (await this.#lookUp([oid])).results;
    switch (result?.state) {
      case 'present':
        return result.object;
      case 'corrupt':
        throw new ObjectCorrupt(oid);
      default:
        throw new ObjectMissing(oid);
    }
  }

  readMany(oids: Iterable<Oid>): AsyncIterable<ReadResult> {
    return oneByOne(readAhead(oids, (some) => this.#lookUp(some)));
  }

  #lookUp(oids: readonly Oid[]): Promise<Found> {
    return this.#found(oids, this.#catFile.request(oids));
  }

  async #found(oids: readonly Oid[], asked: Promise<CatFileAnswers>): Promise<Found> {
    const { answers, rest } = await asked;
    const results = await this.#judgeAll(oids.slice(0, answers.length), answers);
    return { results, rest: rest && (() => this.#found(oids.slice(answers.length), rest)) };
  }

  async #judgeAll(oids: readonly Oid[], answers: readonly CatFileAnswer[]): Promise<readonly ReadResult[]> {
    const absent = new Set<Oid>();
    const results = oids.map((oid, index) => {
      const result = this.#judge(oid, answers[index]);
      if (result.state === 'missing') absent.add(oid);
      return result;
    });
    if (absent.size === 0) return results;
    demandObjectFiles(this.layout, absent);
    if (!this.#openedPacks) demandPackFiles(this.layout);
    this.#openedPacks = true;
    const there = new Map(
      await Promise.all([...absent].map(async (oid) => [oid, await this.#presence.has(oid)] as const)),
    );
    return results.map((result) =>
      result.state === 'missing' && there.get(result.oid) ? { state: 'corrupt', oid: result.oid } : result,
    );
  }

  /** Bytes that are not their id are corrupt, whatever git says of them. */
  #judge(oid: Oid, answer: CatFileAnswer | undefined): ReadResult {
    switch (answer?.state) {
      case 'found': {
        const object = { oid, kind: answer.kind, bytes: answer.bytes };
        const sound = hashObject(this.layout.objectFormat, object) === oid;
        return sound ? { state: 'present', object } : { state: 'corrupt', oid };
      }
      case 'cut': {
        const { kind, bytes, sha256 } = answer;
        return answer.oid === oid
          ? { state: 'present', object: { oid, kind, bytes, sha256 } }
          : { state: 'corrupt', oid };
      }
      case 'too-large':
        return { state: 'corrupt', oid };
      default:
        return { state: 'missing', oid };
    }
  }

  async write(objects: readonly NewObject[]): Promise<readonly Oid[]> {
    if (objects.length === 0) return [];
    this.#wrote = true;
    const { writeObjects } = await import('./writing.ts');
    return writeObjects(this.#place, this.layout.objectFormat, objects);
  }

  async expandOid(prefix: string): Promise<readonly Oid[]> {
    const digits = prefix.toLowerCase();
    if (!/^[0-9a-f]{4,64}$/.test(digits)) return [];
    const names = await listObjects(this.#place, [digits]);
    const oids = names.map(parseOid).filter((oid) => oid !== undefined);
    return [...new Set(oids)].filter((oid) => oid.startsWith(digits)).sort();
  }

  head(): Promise<Head> {
    return readHead(this.layout, this.config, this.#place, this.#refs);
  }

  resolveRef(ref: string): Promise<Oid | undefined> {
    return this.#refs.resolve(ref);
  }

  listRefs(prefix: string): Promise<readonly Ref[]> {
    return this.#refs.list(prefix);
  }

  async updateRefs(updates: readonly RefUpdate[]): Promise<void> {
    if (updates.length === 0) return;
    this.#wrote = true;
    const { updateRefs } = await import('./reftransaction.ts');
    await updateRefs(this.#place, this.layout, this.#refs, updates);
  }

  firstParents(tip: Oid, until?: Oid): AsyncIterable<Oid> {
    return oneByOne(this.#firstParents(tip, until));
  }

  async *#firstParents(tip: Oid, until: Oid | undefined): AsyncGenerator<readonly Oid[], void, undefined> {
    const { firstParents } = await import('./history.ts');
    yield* firstParents(this.#place, (oid) => this.read(oid), tip, until);
  }

  async setConfig(key: string, value: string, mode: 'set' | 'add'): Promise<void> {
    const own = ['config', '--local', '-z'];
    if (mode === 'add') {
      const held = await runGit(this.#place, [...own, '--get-all', '--end-of-options', key]);
      if (held.stdout.toString().split('\0').slice(0, -1).includes(value)) return;
    }
    const verb = mode === 'add' ? '--add' : '--replace-all';
    const result = await runGit(this.#place, [...own, verb, '--end-of-options', key, value]);
    if (result.code !== 0) throw new Failure(`git did not set ${key}: ${reasonOf(result)}`);
  }

  async remotes(ask: boolean): Promise<Remotes> {
    const { NativeRemotes } = await import('./remotes.ts');
    const { cwd, env } = this.#place;
    return new NativeRemotes({ cwd, env: ask ? env : { ...env, GIT_TERMINAL_PROMPT: '0' } });
  }

  async close(): Promise<void> {
    this.#catFile.close();
    if (!this.#wrote) return;
    this.#wrote = false;
    if (this.config.getBool('maintenance.auto') ?? true) this.#maintain();
  }

  /** As `git commit` ends; nobody waits for it. */
  #maintain(): void {
    const { cwd, env } = this.#place;
    const child = spawn('git', ['maintenance', 'run', '--auto', '--quiet'], {
      cwd,
      env: { ...env },
      detached: true,
      stdio: 'ignore',
    });
    child.on('error', () => {});
    child.unref();
  }
}
