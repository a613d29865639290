import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import type { Oid } from '../object.ts';
import { isRefName } from '../refname.ts';
import { type Ref, RefConflict, type RefUpdate, type RepositoryLayout } from '../store.ts';
import { DURABLY, type GitPlace, type GitResult, reasonOf, runGit } from './process.ts';
import type { RefReader } from './refs.ts';

/**
 * Moves refs in one `git update-ref` transaction, of which nothing remains unless git reads the word `commit` at its end,
 * however this process may die. It takes one reflog message for all, so different ones are joined. A ref that is
 * only to stay where it is goes from there to there: `verify` would note in HEAD's reflog that the branch went away.
 * @throws RefConflict, Failure for what trying again cannot mend
 */
export async function updateRefs(
  place: GitPlace,
  layout: RepositoryLayout,
  refs: RefReader,
  updates: readonly RefUpdate[],
): Promise<void> {
  checkNames(updates);
  const zero = '0'.repeat(layout.objectFormat === 'sha1' ? 40 : 64);
  const commands = updates.map(
    ({ ref, expected, next }) => `update ${ref}\0${next ?? zero}\0${expected ?? zero}\0`,
  );
  const message = [...new Set(updates.map((update) => update.message))].join('; ');
  const result = await runGit(
    place,
    [...DURABLY, 'update-ref', ...(message.trim() === '' ? [] : ['-m', message]), '--stdin', '-z'],
    ['start\0', ...commands, 'prepare\0', 'commit\0'].join(''),
  );
  const done = result.code === 0 && result.stdout.toString().includes('commit: ok');
  if (!done) throw await explain(layout, refs, updates, result);
}

function checkNames(updates: readonly RefUpdate[]): void {
  const seen = new Set<string>();
  for (const { ref } of updates) {
    if (!isRefName(ref)) throw new Failure(`${JSON.stringify(ref)} is not the full name of a ref`);
    if (seen.has(ref)) throw new Failure(`${ref} was to be moved twice in one transaction`);
    seen.add(ref);
  }
}

/** git's words, which are not translated here, for a lock that was held, and for a ref that has moved and back since. */
const CONFLICT = /\.lock': File exists|but expected|reference already exists|unable to resolve reference/;

/** Why git refused, as the refs themselves tell it; its words only where they tell nothing. */
async function explain(
  layout: RepositoryLayout,
  refs: RefReader,
  updates: readonly RefUpdate[],
  result: GitResult,
): Promise<Error> {
  const standing = await Promise.all(updates.map((update) => whatStandsAt(layout, refs, update)));
  const moved = standing.filter((one) => one.oid !== one.update.expected || one.locked);
  if (moved.length > 0) return new RefConflict(moved.map(({ update }) => update.ref));
  for (const { update, inTheWay } of standing) {
    if (inTheWay !== undefined)
      return new Failure(`${update.ref} cannot be made: ${inTheWay.name} is in its way`);
  }
  const reason = reasonOf(result);
  return CONFLICT.test(reason)
    ? new RefConflict(updates.map(({ ref }) => ref))
    : new Failure(`git did not move ${updates.map(({ ref }) => ref).join(', ')}: ${reason}`);
}

interface Standing {
  readonly update: RefUpdate;
  readonly oid: Oid | undefined;
  readonly locked: boolean;
  /** A ref whose name is a folder of this one's, or the other way round. */
  readonly inTheWay: Ref | undefined;
}

async function whatStandsAt(layout: RepositoryLayout, refs: RefReader, update: RefUpdate): Promise<Standing> {
  const { ref } = update;
  const parts = ref.split('/');
  const above = parts.slice(2, -1).map((_, index) => parts.slice(0, index + 3).join('/'));
  const [oid, locked, below, ...parents] = await Promise.all([
    refs.resolve(ref),
    isLocked(layout, ref),
    refs.list(`${ref}/`),
    ...above.map(async (name) => (await refs.list(name))[0]),
  ]);
  return { update, oid, locked, inTheWay: below[0] ?? parents.find((parent) => parent !== undefined) };
}

async function isLocked(layout: RepositoryLayout, ref: string): Promise<boolean> {
  try {
    await access(join(layout.commonDir, `${ref}.lock`));
    return true;
  } catch {
    return false;
  }
}
