import type { Oid } from '../../src/git/object.ts';
import type { TreeEntry } from '../../src/git/tree.ts';
import type { NotesOnPath } from '../../src/ledger/notestree.ts';
import type { Sandbox } from '../helpers/sandbox.ts';

/** What git says of the notes on one commit in a notes tree. */
export async function notesOnPath({ git }: Sandbox, root: Oid, commit: Oid): Promise<NotesOnPath> {
  const list = async (tree: string) =>
    (await git(['ls-tree', tree])).split('\n').flatMap((line): TreeEntry[] => {
      const [, mode, oid, name] = /^0?(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [];
      return mode === undefined || oid === undefined || name === undefined
        ? []
        : [{ mode, oid: oid as Oid, name }];
    });
  const top = await list(root);
  const folder = top.find(({ name }) => name === commit.slice(0, 2));
  const subtree = folder && (await list(folder.oid));
  const note = subtree?.find(({ name }) => name === commit.slice(2));
  return { root: top, subtree, note: note && Buffer.from(await git(['cat-file', 'blob', note.oid])) };
}
