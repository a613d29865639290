import { Failure } from '../failure.ts';
import { treeReader } from '../git/readtree.ts';
import type { GitStore, WorkTree } from '../git/store.ts';
import { lookupPath } from '../git/treeedit.ts';
import { treeOf } from '../registry/apply.ts';
import { obstacleOf } from '../registry/drafts.ts';
import type { PipelineFile } from '../report/pipeline/facts.ts';
import { GITLAB_ENTRY } from '../report/pipeline/gitlab.ts';
import { readGitlabEntry } from '../report/pipeline/gitlabentry.ts';
import { isSealed } from '../report/pipeline/seal.ts';
import type { FileState } from '../report/pipeline/written.ts';

/** A file of the pipeline, and what is to become of it. */
interface PlannedFile extends PipelineFile {
  readonly state: FileState;
  readonly lackingStages?: readonly string[];
  /** What git would store of the file that is there. */
  readonly there?: Buffer;
}

const MAX_BYTES = 1024 * 1024;

/**
 * What is to become of each file, up to the first that is not to be touched, behind which nothing is.
 * @throws Failure for one that is there and cannot be read
 */
export async function planFiles(
  workTree: WorkTree,
  files: readonly PipelineFile[],
  force: boolean,
): Promise<PlannedFile[]> {
  const planned: PlannedFile[] = [];
  const found = await workTree.readStored(
    files.map(({ path }) => path),
    MAX_BYTES,
  );
  for (const [index, file] of files.entries()) {
    const there = found[index];
    if (there === undefined || there.state === 'absent') planned.push({ ...file, state: 'written' });
    else if (there.state !== 'present')
      throw new Failure(`${file.path} cannot be read: ${obstacleOf(there)}`);
    else {
      const bytes = Buffer.from(there.bytes);
      planned.push({ ...file, ...become(file, bytes.toString(), force), there: bytes });
    }
    if (planned.at(-1)?.state === 'kept') break;
  }
  return planned;
}

/**
 * Those of the files that the branch's newest commit does not have as the working tree will: what was written before and
 * never committed runs nowhere.
 */
export async function notCommitted(
  store: GitStore,
  planned: readonly PlannedFile[],
): Promise<readonly string[]> {
  const head = await store.head();
  const tree = head.oid && (await treeOf(store, head.oid));
  const left: string[] = [];
  for (const { path, state, there } of planned) {
    if (state === 'unchanged' && tree !== undefined && there !== undefined) {
      const entry = await lookupPath(treeReader(store, new Map()), tree, path.split('/'));
      if (entry !== undefined && there.equals((await store.read(entry.oid)).bytes)) continue;
    }
    if (state !== 'lacking') left.push(path);
  }
  return left;
}

/** What becomes of a file that is there with this text. The repository's own pipeline is never written over. */
function become(
  { path, text }: PipelineFile,
  there: string,
  force: boolean,
): Omit<PlannedFile, keyof PipelineFile> {
  if (there === text) return { state: 'unchanged' };
  if (path !== GITLAB_ENTRY) return { state: force || isSealed(there) ? 'renewed' : 'kept' };
  const { includes, lackingStages } = readGitlabEntry(there);
  return { state: includes ? 'unchanged' : 'lacking', lackingStages };
}
