import { Failure } from '../failure.ts';
import { parseCommit } from '../git/commit.ts';
import type { Oid } from '../git/object.ts';
import { type GitStore, ObjectCorrupt, ObjectMissing } from '../git/store.ts';
import type { PromptVersion } from './model.ts';
import { type ReadFile, readFiles } from './treefiles.ts';

/** The exact bytes of versions, in order, each checked against its digest. @throws ObjectMissing, ObjectCorrupt */
export async function readContents(
  store: GitStore,
  versions: readonly PromptVersion[],
): Promise<readonly Uint8Array[]> {
  const trees = await treesOf(
    store,
    versions.map((version) => version.commit),
  );
  const wanted = versions.map(({ commit, path }) => ({ tree: trees.get(commit) ?? commit, path }));
  const files = await readFiles(store, wanted);
  return versions.map((version, index) => checked(version, files[index]));
}

function checked(version: PromptVersion, file: ReadFile | undefined): Uint8Array {
  if (file?.state === 'missing') throw new ObjectMissing(file.oid);
  if (file?.state === 'corrupt') throw new ObjectCorrupt(file.oid);
  if (file?.state !== 'present' || file.digest !== version.contentDigest) {
    throw new Failure(
      `commit ${version.commit} does not hold the content of v${version.number}: run promptaudit verify`,
    );
  }
  return file.bytes;
}

/** The root trees of commits. */
async function treesOf(store: GitStore, commits: readonly Oid[]): Promise<ReadonlyMap<Oid, Oid>> {
  const trees = new Map<Oid, Oid>();
  for await (const result of store.readMany(new Set(commits))) {
    if (result.state === 'missing') throw new ObjectMissing(result.oid);
    if (result.state === 'corrupt') throw new ObjectCorrupt(result.oid);
    const parsed = parseCommit(result.object.bytes);
    if (!parsed.ok) throw new ObjectCorrupt(result.object.oid);
    trees.set(result.object.oid, parsed.commit.tree);
  }
  return trees;
}
