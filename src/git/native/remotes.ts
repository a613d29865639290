import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../failure.ts';
import { type Oid, parseOid } from '../object.ts';
import { isRefName } from '../refname.ts';
import {
  type PushOutcome,
  type PushUpdate,
  type RemoteRef,
  type Remotes,
  RemoteUnreachable,
} from '../remotes.ts';
import { INDEX_PATIENCE_MS } from '../worktree.ts';
import { type GitPlace, type GitResult, reasonOf, runGit } from './process.ts';

/** Commits and objects come in; no ref moves, whatever the configuration says of fetching. */
const FETCH = [
  ...['-c', 'maintenance.auto=false', '-c', 'gc.auto=0', '-c', 'fetch.fsckObjects=false'],
  ...['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--refmap='],
  ...['--no-recurse-submodules', '--no-prune', '--no-prune-tags', '--stdin', '--end-of-options'],
];

const PUSH = [
  ...['push', '--atomic', '--porcelain', '--no-follow-tags', '--recurse-submodules=no', '--end-of-options'],
];

const RETRY_MS = 20;
/** In git's words, which are not translated here. */
const INDEX_HELD = /^fatal: Unable to create '(.+\.lock)': File exists/m;

export class NativeRemotes implements Remotes {
  readonly #place: GitPlace;

  constructor(place: GitPlace) {
    this.#place = place;
  }

  async list(remote: string, names: readonly string[]): Promise<readonly RemoteRef[]> {
    const patterns = names.map((name) => (name.endsWith('/') ? `${name}*` : name));
    const args = ['ls-remote', '--quiet', '--refs', '--end-of-options', remote, ...patterns];
    const result = await runGit(this.#place, args);
    if (result.code !== 0) throw new RemoteUnreachable(remote, reasonOf(result));
    const wanted = (ref: string) =>
      names.some((name) => (name.endsWith('/') ? ref.startsWith(name) : ref === name));
    const refs: RemoteRef[] = [];
    for (const line of result.stdout.toString().split('\n')) {
      const at = line.indexOf('\t');
      const oid = parseOid(line.slice(0, Math.max(at, 0)));
      const name = line.slice(at + 1);
      if (oid !== undefined && isRefName(name) && wanted(name)) refs.push({ name, oid });
    }
    return refs;
  }

  async fetch(remote: string, refs: readonly string[]): Promise<void> {
    if (refs.length === 0) return;
    const result = await runGit(this.#place, [...FETCH, remote], `${refs.join('\n')}\n`);
    if (result.code !== 0) throw new RemoteUnreachable(remote, reasonOf(result));
  }

  async push(
    remote: string,
    updates: readonly PushUpdate[],
    prefixes: readonly string[],
  ): Promise<PushOutcome> {
    const refspecs = [
      ...updates.map(({ oid, ref }) => `${oid}:${ref}`),
      ...prefixes.map((prefix) => `${prefix}*:${prefix}*`),
    ];
    return outcomeOf(await runGit(this.#place, [...PUSH, remote, ...refspecs]));
  }

  async commitsOnlyIn(tip: Oid, other: Oid): Promise<readonly Oid[]> {
    const result = await runGit(this.#place, [
      ...['-c', 'core.commitGraph=false', '-c', 'core.warnAmbiguousRefs=false'],
      ...['rev-list', '--topo-order', '--end-of-options', tip, `^${other}`],
    ]);
    if (result.code !== 0) throw new Failure(`git cannot compare ${tip} with ${other}: ${reasonOf(result)}`);
    return result.stdout
      .toString()
      .split('\n')
      .map(parseOid)
      .filter((oid) => oid !== undefined);
  }

  async moveFiles(from: Oid, to: Oid): Promise<string | undefined> {
    await runGit(this.#place, ['update-index', '-q', '--refresh']);
    const merge = ['read-tree', '-m', '-u'];
    const tried = await this.#onIndex([...merge, '-n', from, to]);
    if (tried.code !== 0) return reasonOf(tried);
    const moved = await this.#onIndex([...merge, from, to]);
    return moved.code === 0 ? undefined : reasonOf(moved);
  }

  /** Waits for whoever holds the index. */
  async #onIndex(args: readonly string[]): Promise<GitResult> {
    for (let waited = 0; ; waited += RETRY_MS) {
      const result = await runGit(this.#place, args);
      if (result.code === 0 || waited >= INDEX_PATIENCE_MS || !INDEX_HELD.test(result.stderr)) return result;
      await delay(RETRY_MS);
    }
  }
}

/** With what git itself ends when a push did not come about. */
const SUMMARY = /^error: failed to push some refs to /;

/** A line a ref: a flag, `<from>:<to>`, a summary, with tabs between. Source: git-push(1), "Output". */
const LINE = /^(.)\t[^\t:]*:(refs\/[^\t]+)\t(.*)$/;

function outcomeOf(result: GitResult): PushOutcome {
  if (result.code === 0) return { state: 'done' };
  const refs = result.stdout
    .toString()
    .split('\n')
    .flatMap((line) => {
      const [, flag, ref, summary] = LINE.exec(line) ?? [];
      return flag === '!' && ref !== undefined && summary !== undefined
        ? [{ ref, why: reasonIn(summary) }]
        : [];
    });
  // A hook of the user's own refused: git tells what the hook said, and had nothing to do with the remote yet.
  if (result.stdout.length === 0 && result.code === 1)
    return { state: 'refused', refs, said: linesOf(result.stderr).filter((line) => !SUMMARY.test(line)) };
  if (refs.length === 0) return { state: 'unreachable', why: reasonOf(result) };
  const said = linesOf(result.stderr)
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trim())
    .filter((line) => line !== '');
  return { state: 'refused', refs, said };
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trimEnd());
}

/** `[remote rejected] (pre-receive hook declined)` without its brackets. */
function reasonIn(summary: string): string {
  return /^\[[^\]]*\] \((.*)\)$/.exec(summary)?.[1] ?? summary;
}
