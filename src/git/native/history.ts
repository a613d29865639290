import { parseCommitLinks } from '../commit.ts';
import { type Oid, parseOid } from '../object.ts';
import { type GitStore, NotACommit } from '../store.ts';
import { type GitPlace, startGit } from './process.ts';

/** So many commits are read one by one before git is asked to list the rest: mostly `until` is among them. */
const NEAR = 8;

/**
 * First parents from `tip`, as `GitStore.firstParents` says, some at a time. git lists them quickly; where its list ends, the
 * commits' own bytes say whether that is the root, `until`, or a history that was cut.
 * @throws ObjectMissing, ObjectCorrupt, NotACommit
 */
export async function* firstParents(
  place: GitPlace,
  read: GitStore['read'],
  tip: Oid,
  until: Oid | undefined,
): AsyncGenerator<readonly Oid[], void, undefined> {
  let start: Oid | undefined = tip;
  for (let near = 0; near < NEAR; near += 1) {
    if (start === undefined || start === until) return;
    const after: Oid | undefined = await firstParentOf(read, start);
    yield [start];
    start = after;
  }
  if (start === undefined) return;
  let last: Oid | undefined;
  for await (const oids of listed(place, start)) {
    if (last === undefined && oids[0] !== start) break;
    const end = until === undefined ? -1 : oids.indexOf(until);
    yield end === -1 ? oids : oids.slice(0, end);
    if (end !== -1) return;
    last = oids.at(-1) ?? last;
  }
  let next = last === undefined ? start : await firstParentOf(read, last);
  while (next !== undefined && next !== until) {
    const after = await firstParentOf(read, next);
    yield [next];
    next = after;
  }
}

async function firstParentOf(read: GitStore['read'], oid: Oid): Promise<Oid | undefined> {
  const { kind, bytes } = await read(oid);
  const links = kind === 'commit' ? parseCommitLinks(bytes) : undefined;
  if (links === undefined) throw new NotACommit(oid);
  return links.parents[0];
}

/**
 * What git says the first parents are, some at a time: from the objects, not from a commit-graph file. Ends where git stops,
 * for whatever reason. `GIT_FLUSH` has git write many lines at once, as it would to a file (git(1)).
 */
async function* listed(place: GitPlace, tip: Oid): AsyncGenerator<readonly Oid[], void, undefined> {
  const child = startGit({ ...place, env: { ...place.env, GIT_FLUSH: '0' } }, [
    ...['-c', 'core.commitGraph=false', '-c', 'core.warnAmbiguousRefs=false'],
    ...['rev-list', '--first-parent', '--end-of-options', tip],
  ]);
  child.on('error', () => child.stdout.destroy());
  child.stdin.end();
  child.stderr.resume();
  try {
    let rest = '';
    for await (const chunk of child.stdout.setEncoding('latin1')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      const oids: Oid[] = [];
      for (const line of lines) {
        const oid = parseOid(line);
        if (oid === undefined) break;
        oids.push(oid);
      }
      if (oids.length > 0) yield oids;
      if (oids.length < lines.length) return;
    }
  } finally {
    child.kill();
  }
}
