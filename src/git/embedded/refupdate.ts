import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { errorCode, kindOf } from '../files.ts';
import { LockHeld, PathBlocked, removeEmptyFolders } from '../lockfile.ts';
import { looseFiles } from '../loosefiles.ts';
import { type FileChange, type OnStep, runTransaction } from '../refjournal.ts';
import { isRefOrHead } from '../refname.ts';
import {
  type GitConfig,
  ObjectCorrupt,
  ObjectMissing,
  RefConflict,
  type RefUpdate,
  type RepositoryLayout,
} from '../store.ts';
import type { Environment } from './configload.ts';
import type { ObjectDatabase } from './objects.ts';
import { Reflog } from './reflog.ts';
import type { Refs } from './refs.ts';

const PACKED = 'packed-refs';
/** git's defaults in milliseconds: core.filesRefLockTimeout, core.packedRefsTimeout. */
const LOCK_PATIENCE = 100;
const PACKED_PATIENCE = 1000;

/** What an update needs to know of its repository. */
export interface RefScope {
  readonly layout: RepositoryLayout;
  readonly config: GitConfig;
  readonly env: Environment;
  readonly refs: Refs;
  readonly objects: ObjectDatabase;
  readonly onStep: OnStep | undefined;
}

/** An update of the ref that `asked` leads to, which is another one where `asked` is symbolic. */
interface Planned {
  readonly update: RefUpdate;
  readonly name: string;
}

/** One transaction over refs in their files, as git does it. @throws RefConflict, ObjectMissing, ObjectCorrupt, Failure */
export async function updateRefs(scope: RefScope, updates: readonly RefUpdate[]): Promise<void> {
  if (updates.length === 0) {
    return;
  }
  for (const update of updates) {
    await checkUpdate(scope, update);
  }
  const planned: Planned[] = [];
  for (const update of updates) {
    planned.push({ update, name: (await scope.refs.follow(update.ref)).name });
  }
  planned.sort((a, b) => (a.name < b.name ? -1 : 1));
  const twice = planned.find(({ name }, index) => planned[index + 1]?.name === name);
  if (twice !== undefined) {
    throw new Failure(`ref ${twice.name} is to be updated twice at once`);
  }
  const deletes = planned.some(({ update }) => isDeletion(update));
  try {
    await runTransaction({
      commonDir: scope.layout.commonDir,
      paths: [...(deletes ? [PACKED] : []), ...planned.map(({ name }) => scope.refs.pathOf(name))],
      patience: deletes ? PACKED_PATIENCE : LOCK_PATIENCE,
      plan: (now) => planChanges(scope, planned, now),
      onStep: scope.onStep,
    });
  } catch (error) {
    throw asRefError(error, scope, planned);
  }
}

function isDeletion(update: RefUpdate): boolean {
  return update.next === undefined && update.expected !== undefined;
}

async function checkUpdate(scope: RefScope, { ref, next }: RefUpdate): Promise<void> {
  if (!isRefOrHead(ref)) {
    throw new Failure(`${JSON.stringify(ref)} is not the full name of a ref`);
  }
  if (next === undefined) {
    return;
  }
  const found = await scope.objects.read(next);
  switch (found.state) {
    case 'missing':
      throw new ObjectMissing(next);
    case 'corrupt':
      throw new ObjectCorrupt(next);
    case 'present':
      if (ref.startsWith('refs/heads/') && found.object.kind !== 'commit') {
        throw new Failure(
          `${ref} cannot point to the ${found.object.kind} ${next}: a branch points to a commit`,
        );
      }
  }
}

function asRefError(error: unknown, scope: RefScope, planned: readonly Planned[]): unknown {
  if (error instanceof LockHeld) {
    const held = planned.filter(
      ({ name }) => error.path === PACKED || scope.refs.pathOf(name) === error.path,
    );
    return new RefConflict(held.map(({ update }) => update.ref));
  }
  if (error instanceof PathBlocked) {
    return new Failure(
      `ref ${error.path} cannot be made: a ref with the beginning of its name stands in the way`,
    );
  }
  return error;
}

/** Runs with all locks held. */
async function planChanges(
  scope: RefScope,
  planned: readonly Planned[],
  now: Date,
): Promise<readonly FileChange[]> {
  const { refs, layout } = scope;
  const moved: string[] = [];
  for (const { update, name } of planned) {
    if ((await refs.value(name)) !== update.expected) {
      moved.push(update.ref);
    }
  }
  if (moved.length > 0) {
    throw new RefConflict(moved);
  }
  await checkRoom(scope, planned);
  const changes: FileChange[] = [];
  const packed = await refs.packed.read();
  const dropped = planned.filter(({ update, name }) => isDeletion(update) && packed.has(name));
  if (dropped.length > 0) {
    const names = new Set(dropped.map(({ name }) => name));
    changes.push({ path: PACKED, bytes: await refs.packed.without(names) });
  }
  const reflog = new Reflog(layout, refs, scope.config, scope.env, now);
  const head = await refs.follow('HEAD');
  for (const { update, name } of planned) {
    const { expected: from, next: to, message } = update;
    if (from === to) {
      continue;
    }
    const move = { from, to, message };
    const headLines = name === head.name && name !== 'HEAD' ? await reflog.linesFor('HEAD', move) : [];
    changes.push(
      to === undefined
        ? { path: refs.pathOf(name), bytes: undefined, logs: headLines, dropLog: refs.logPathOf(name) }
        : {
            path: refs.pathOf(name),
            bytes: Buffer.from(`${to}\n`),
            logs: [...(await reflog.linesFor(name, move)), ...headLines],
          },
    );
  }
  return changes;
}

/** No ref's name may be the beginning of another's, up to a slash. @throws Failure, LockHeld */
async function checkRoom(scope: RefScope, planned: readonly Planned[]): Promise<void> {
  const made = planned
    .filter(({ update }) => update.expected === undefined && update.next !== undefined)
    .map(({ name }) => name);
  const wanted = new Set(made);
  for (const other of [...(await scope.refs.packed.read()).keys(), ...made]) {
    for (const parent of parentsOf(other)) {
      if (wanted.has(parent)) {
        throw new Failure(`ref ${parent} cannot be made: ${other} stands in the way`);
      }
    }
  }
  for (const name of made) {
    for (const parent of parentsOf(name)) {
      if ((await scope.refs.value(parent)) !== undefined) {
        throw new Failure(`ref ${name} cannot be made: ${parent} stands in the way`);
      }
    }
    await clearFolder(scope, name);
  }
}

/** `refs/a`, `refs/a/b` for `refs/a/b/c`. */
function parentsOf(name: string): readonly string[] {
  const segments = name.split('/');
  return segments.slice(2).map((_, index) => segments.slice(0, index + 2).join('/'));
}

/** Empty folders may stand where the ref's file goes. */
async function clearFolder(scope: RefScope, name: string): Promise<void> {
  const path = join(scope.layout.commonDir, scope.refs.pathOf(name));
  if ((await kindOf(path)) !== 'folder') {
    return;
  }
  const [inside] = looseFiles(scope.layout, name);
  if (inside !== undefined) {
    throw new Failure(`ref ${name} cannot be made: ${inside.name} stands in the way`);
  }
  try {
    await removeEmptyFolders(path);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) {
      throw new LockHeld(scope.refs.pathOf(name));
    }
    throw error;
  }
}
