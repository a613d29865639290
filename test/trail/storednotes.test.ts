import { expect, test } from 'vitest';
import { emptyTree, type Oid } from '../../src/git/object.ts';
import type { GitStore } from '../../src/git/store.ts';
import { NotesTree } from '../../src/ledger/notestree.ts';
import { StoredNotes } from '../../src/trail/storednotes.ts';

test('of a note that grows while it is read, only what it is now is kept', async () => {
  const about = 'ab'.repeat(20) as Oid;
  const run = Array.from({ length: 50 }, (_, time) => {
    return { about, message: `subject\n\nEvent: ${time}\n`, time, email: 'dee@acme.example' };
  });
  const store = { layout: { objectFormat: 'sha1' } } as unknown as GitStore;
  const notes = new StoredNotes(store, emptyTree('sha1'));
  expect(await notes.treesAfter(run)).toEqual(NotesTree.empty('sha1').appendAll(run));
  expect(notes.made.size).toBe(3);
});
