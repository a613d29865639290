import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { hasOddName, holdsNothing, leadsNowhere } from '../brokenref.ts';
import { looseFiles, refuseOddRef } from '../loosefiles.ts';
import { parseOid } from '../object.ts';
import { isRefName } from '../refname.ts';
import type { GitConfig, Head, Ref, RepositoryLayout } from '../store.ts';
import { symbolicTarget } from '../symbolicref.ts';
import { PackedOrder } from './packedorder.ts';
import { type GitPlace, type GitResult, reasonOf, runGit } from './process.ts';
import { keepsRefsInFiles, leadsAstray, readRefFile } from './reffiles.ts';
import { demandRefFile } from './unreadable.ts';

/** Questions that one process answers: their arguments stay far below what a system takes. */
const ABREAST = 500;

interface Query {
  readonly prefix: string;
  readonly resolve: (refs: readonly Ref[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads refs: from their own files where that is plain, and else with `git for-each-ref`, whatever they are kept in. Questions
 * asked in one go share one process.
 */
export class RefReader {
  readonly #place: GitPlace;
  /** Where refs may have files of their own. */
  readonly #files: RepositoryLayout | undefined;
  readonly #packed: PackedOrder;
  #queries: Query[] = [];

  constructor(place: GitPlace, layout: RepositoryLayout, config: GitConfig) {
    this.#place = place;
    this.#files = keepsRefsInFiles(config) ? layout : undefined;
    this.#packed = new PackedOrder(layout);
  }

  /** @throws Failure when the ref is there and is broken, or the system's error when its file is kept back from this user */
  async resolve(name: string): Promise<Ref['oid'] | undefined> {
    if (!isRefName(name)) return undefined;
    const plain = this.#files && readRefFile(this.#files, name);
    const oid = plain ?? (await this.#query(name)).find((ref) => ref.name === name)?.oid;
    if (oid === undefined && this.#files !== undefined) {
      demandRefFile(this.#files, name);
      if (leadsAstray(this.#files, name)) throw leadsNowhere(name);
    }
    return oid;
  }

  async list(prefix: string): Promise<readonly Ref[]> {
    const name = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
    if (name !== 'refs' && !isRefName(name)) return [];
    if (this.#files !== undefined) refuseOddRef(this.#files, name);
    const refs = await this.#query(prefix);
    return refs.filter((ref) => ref.name === prefix || (prefix.endsWith('/') && ref.name.startsWith(prefix)));
  }

  #query(prefix: string): Promise<readonly Ref[]> {
    return new Promise((resolve, reject) => {
      if (this.#queries.length === 0) queueMicrotask(() => this.#run());
      this.#queries.push({ prefix, resolve, reject });
    });
  }

  #run(): void {
    const queries = this.#queries;
    this.#queries = [];
    for (let at = 0; at < queries.length; at += ABREAST) void this.#ask(queries.slice(at, at + ABREAST));
  }

  async #ask(queries: readonly Query[]): Promise<void> {
    try {
      const patterns = new Set(queries.map(({ prefix }) => prefix));
      const args = ['for-each-ref', '--format=%(objectname) %(refname)', '--end-of-options', ...patterns];
      // git would wait for ever to read a ref from a pipe.
      const loose = this.#looseIn(patterns);
      const [result] = await Promise.all([runGit(this.#place, args), this.#checkPacked()]);
      if (result.code !== 0) throw whyNotListed(result);
      const refs = parseRefs(result.stdout.toString());
      const broken = brokenRefs(result.stderr);
      if (this.#files !== undefined) {
        for (const { name } of broken) demandRefFile(this.#files, name);
        demandAll(this.#files, loose, refs);
      }
      for (const query of queries) answer(query, refs, broken);
    } catch (error) {
      for (const { reject } of queries) reject(error);
    }
  }

  /** While git is at work, which does not tell of packed refs that are out of order. */
  async #checkPacked(): Promise<void> {
    if (this.#files !== undefined) this.#packed.check();
  }

  /** The names of refs that have files in the folders asked for. */
  #looseIn(prefixes: ReadonlySet<string>): readonly string[] {
    const files = this.#files;
    if (files === undefined) return [];
    const folders = [...prefixes].filter((prefix) => prefix.endsWith('/'));
    return folders.flatMap((prefix) => looseFiles(files, prefix.slice(0, -1)).map(({ name }) => name));
  }
}

/** @throws Failure for a ref that git leaves out without a word because it leads nowhere */
function demandAll(files: RepositoryLayout, loose: readonly string[], listed: readonly Ref[]): void {
  if (loose.length === 0) return;
  const names = new Set(listed.map(({ name }) => name));
  for (const name of loose) if (!names.has(name) && leadsAstray(files, name)) throw leadsNowhere(name);
}

interface BrokenRef {
  readonly name: string;
  readonly failure: Failure;
}

/** git leaves a ref out that holds no object id and only warns; it must not be taken for one that is not there. */
function brokenRefs(stderr: string): readonly BrokenRef[] {
  return Array.from(stderr.matchAll(BROKEN), ([, what, name = '']) => ({
    name,
    failure: what === 'broken ref' ? holdsNothing(name) : hasOddName(name),
  }));
}

const BROKEN = /ignoring (broken ref|ref with broken name) (.+)$/gm;

/** A packed name that would lead out of `refs` as a path, git does not only warn of. */
function whyNotListed(result: GitResult): Failure {
  const name = /packed refname is dangerous: (.+)$/m.exec(result.stderr)?.[1];
  return name === undefined ? new Failure(`git cannot list refs: ${reasonOf(result)}`) : hasOddName(name);
}

function answer(
  { prefix, resolve, reject }: Query,
  refs: readonly Ref[],
  broken: readonly BrokenRef[],
): void {
  const found = broken.find(
    ({ name }) => name === prefix || (prefix.endsWith('/') && name.startsWith(prefix)),
  );
  if (found === undefined) resolve(refs);
  else reject(found.failure);
}

function parseRefs(output: string): readonly Ref[] {
  const refs: Ref[] = [];
  for (const line of output.split('\n')) {
    const at = line.indexOf(' ');
    const oid = parseOid(line.slice(0, Math.max(at, 0)));
    if (oid !== undefined) refs.push({ oid, name: line.slice(at + 1) });
  }
  return refs;
}

/**
 * Where HEAD points. Where it is a plain file it is read here, which saves a process.
 * Source: gitrepository-layout(5), `HEAD`.
 */
export async function readHead(
  layout: RepositoryLayout,
  config: GitConfig,
  place: GitPlace,
  refs: RefReader,
): Promise<Head> {
  const path = join(layout.gitDir, 'HEAD');
  const isPlain = keepsRefsInFiles(config) && lstatSync(path).isFile();
  const text = isPlain ? readFileSync(path, 'utf8') : await askForHead(place);
  const ref = symbolicTarget(text);
  if (ref?.startsWith('refs/')) return { state: 'branch', ref, oid: await refs.resolve(ref) };
  const oid = parseOid(text.trimEnd());
  if (oid === undefined) throw new Failure(`HEAD of ${layout.gitDir} names neither a branch nor a commit`);
  return { state: 'detached', oid };
}

async function askForHead(place: GitPlace): Promise<string> {
  const branch = await runGit(place, ['symbolic-ref', '--quiet', 'HEAD']);
  if (branch.code === 0) return `ref: ${branch.stdout.toString().trimEnd()}`;
  const commit = await runGit(place, ['rev-parse', '--verify', '--quiet', '--end-of-options', 'HEAD']);
  return commit.stdout.toString().trimEnd();
}
