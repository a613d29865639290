import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Failure } from '../../failure.ts';
import { isAbsent } from '../files.ts';
import { parseOid } from '../object.ts';
import type { FileMode, GitStore, RepositoryLayout, WorkFile } from '../store.ts';
import { type GitPlace, type GitResult, reasonOf, runGit } from './process.ts';

/**
 * What `git add` would store for files that attributes or configuration change on their way in: it is let do so, into a
 * copy of the index. Only that has every rule of git's, such as the one that leaves CRLF alone where the index has it.
 */
export async function checkIn(
  place: GitPlace,
  layout: RepositoryLayout,
  read: GitStore['read'],
  paths: readonly string[],
  maxBytes: number,
): Promise<ReadonlyMap<string, WorkFile>> {
  const answers = new Map<string, WorkFile>();
  if (paths.length === 0) return answers;
  const folder = await mkdtemp(join(layout.gitDir, 'promptaudit-index-'));
  try {
    const index = join(folder, 'index');
    await copyIndex(place, layout, index);
    const copy: GitPlace = { cwd: place.cwd, env: { ...place.env, GIT_INDEX_FILE: index } };
    for (const [path, why] of await addAll(copy, paths))
      answers.set(path, { state: 'unreadable', path, why });
    const entries = await readIndex(copy);
    for (const path of paths) {
      if (!answers.has(path)) answers.set(path, await readEntry(read, path, entries.get(path), maxBytes));
    }
    return answers;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyIndex(place: GitPlace, layout: RepositoryLayout, to: string): Promise<void> {
  const from = place.env.GIT_INDEX_FILE ?? join(layout.gitDir, 'index');
  try {
    await copyFile(resolve(place.cwd, from), to);
  } catch (error) {
    if (!isAbsent(error)) throw new Failure(`git's index could not be copied: ${String(error)}`);
  }
}

/** All at once; one by one when git refuses, to know which. Answers those refused, and why. */
async function addAll(place: GitPlace, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  if ((await add(place, paths)).code === 0) return refused;
  for (const path of paths) {
    const result = await add(place, [path]);
    if (result.code !== 0) refused.set(path, reasonOf(result));
  }
  return refused;
}

function add(place: GitPlace, paths: readonly string[]): Promise<GitResult> {
  return runGit(
    place,
    ['update-index', '--add', '--replace', '-z', '--stdin'],
    paths.map((path) => `${path}\0`).join(''),
  );
}

interface IndexEntry {
  readonly mode: string;
  readonly oid: string;
}

/** `<mode> SP <oid> SP <stage> TAB <path> NUL`. Source: git-ls-files(1), "Output". */
async function readIndex(place: GitPlace): Promise<ReadonlyMap<string, IndexEntry>> {
  const result = await runGit(place, ['ls-files', '-z', '--stage']);
  if (result.code !== 0) throw new Failure(`git cannot list its index: ${reasonOf(result)}`);
  const entries = new Map<string, IndexEntry>();
  for (const line of result.stdout.toString().split('\0')) {
    const [, mode, oid, path] = /^(\d{6}) ([0-9a-f]+) 0\t(.+)$/s.exec(line) ?? [];
    if (mode !== undefined && oid !== undefined && path !== undefined) entries.set(path, { mode, oid });
  }
  return entries;
}

async function readEntry(
  read: GitStore['read'],
  path: string,
  entry: IndexEntry | undefined,
  maxBytes: number,
): Promise<WorkFile> {
  const oid = parseOid(entry?.oid ?? '');
  const mode = modeOf(entry?.mode);
  if (oid === undefined || mode === undefined)
    return { state: 'unreadable', path, why: 'git does not add it' };
  const { bytes } = await read(oid);
  return bytes.length > maxBytes
    ? { state: 'too-large', path, bytes: bytes.length }
    : { state: 'present', path, bytes, mode };
}

function modeOf(mode: string | undefined): FileMode | undefined {
  return mode === '100644' || mode === '100755' ? mode : undefined;
}
