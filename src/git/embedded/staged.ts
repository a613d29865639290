import { parseCommitLinks } from '../commit.ts';
import type { GitObject, Oid } from '../object.ts';
import { ObjectCorrupt, ObjectMissing, type StagedFile } from '../store.ts';
import { parseTree, TREE_MODE, type TreeEntry } from '../tree.ts';
import type { IndexEntry, IndexFile } from './indexfile.ts';
import type { ObjectDatabase } from './objects.ts';

/** In the second flags of an entry, where it has any. Source: gitformat-index(5), "intent-to-add flag". */
const INTENDED = 0x2000;
const SHORT_HEAD = 62;

/** As `WorkTree.staged` says. `head` is the commit that HEAD names; `undefined` where there is none yet. */
export async function stagedFiles(
  objects: ObjectDatabase,
  index: IndexFile,
  head: Oid | undefined,
  folder: string,
): Promise<readonly StagedFile[]> {
  const committed = new CommittedFiles(objects, head);
  const below = folder === '' ? '' : `${folder}/`;
  const files: StagedFile[] = [];
  for (const entry of index.entries) {
    const path = entry.path.toString('utf8');
    if (entry.stage !== 0 || isIntended(entry) || !path.startsWith(below)) continue;
    const file = { path, oid: entry.oid, mode: entry.head.readUInt32BE(24).toString(8) };
    const before = await committed.at(path);
    if (before?.oid !== file.oid || before.mode !== file.mode) files.push(file);
  }
  return files;
}

function isIntended({ head }: IndexEntry): boolean {
  return head.length > SHORT_HEAD && (head.readUInt16BE(SHORT_HEAD) & INTENDED) !== 0;
}

type Folder = ReadonlyMap<string, TreeEntry>;

/** A commit's files, looked up by path; each folder is read once. */
class CommittedFiles {
  private readonly objects: ObjectDatabase;
  private readonly head: Oid | undefined;
  private readonly folders = new Map<string, Promise<Folder>>();

  constructor(objects: ObjectDatabase, head: Oid | undefined) {
    this.objects = objects;
    this.head = head;
  }

  async at(path: string): Promise<TreeEntry | undefined> {
    const slash = path.lastIndexOf('/');
    return (await this.folder(path.slice(0, Math.max(slash, 0)))).get(path.slice(slash + 1));
  }

  private folder(path: string): Promise<Folder> {
    const known = this.folders.get(path);
    if (known !== undefined) return known;
    const read = this.readFolder(path);
    this.folders.set(path, read);
    return read;
  }

  private async readFolder(path: string): Promise<Folder> {
    const entry = path === '' ? await this.top() : await this.at(path);
    if (entry?.mode !== TREE_MODE) return new Map();
    const { oid, kind, bytes } = await this.read(entry.oid);
    const tree = kind === 'tree' ? parseTree(bytes, 'sha1') : undefined;
    if (!tree?.ok) throw new ObjectCorrupt(oid);
    return new Map(tree.entries.map((one) => [one.name, one]));
  }

  private async top(): Promise<Pick<TreeEntry, 'mode' | 'oid'> | undefined> {
    if (this.head === undefined) return undefined;
    const { oid, kind, bytes } = await this.read(this.head);
    const links = kind === 'commit' ? parseCommitLinks(bytes) : undefined;
    if (links === undefined) throw new ObjectCorrupt(oid);
    return { mode: TREE_MODE, oid: links.tree };
  }

  private async read(oid: Oid): Promise<GitObject> {
    const found = await this.objects.read(oid);
    if (found.state === 'present') return found.object;
    throw found.state === 'missing' ? new ObjectMissing(oid) : new ObjectCorrupt(oid);
  }
}
