import { parseCommit } from '../git/commit.ts';
import { hashObject, type NewObject, type Oid } from '../git/object.ts';
import { type GitStore, ObjectCorrupt, ObjectMissing } from '../git/store.ts';
import { decodeEvent } from '../ledger/codec.ts';
import { annotatedCommit, NotesTree, noteEntry } from '../ledger/notestree.ts';
import { ledgerCommits } from './load.ts';

/**
 * The objects of the notes tree that the ledger's messages up to `head` amount to. Whoever puts an event with another tree
 * at the end of the ledger leaves the right one unwritten: the next writer makes it from the messages.
 * @throws ObjectMissing, ObjectCorrupt when a ledger commit itself cannot be read
 */
export async function remakeNotes(store: GitStore, head: Oid): Promise<ReadonlyMap<Oid, NewObject>> {
  const { objectFormat } = store.layout;
  const notes = NotesTree.empty(objectFormat);
  const { oids } = await ledgerCommits(store, head);
  for await (const result of store.readMany(oids)) {
    if (result.state === 'missing') throw new ObjectMissing(result.oid);
    if (result.state === 'corrupt') throw new ObjectCorrupt(result.oid);
    const parsed = parseCommit(result.object.bytes);
    const decoded = parsed.ok ? decodeEvent(parsed.commit.messageBytes, objectFormat) : undefined;
    if (!parsed.ok || !decoded?.ok) continue;
    const { time, email } = parsed.commit.committer;
    const about = annotatedCommit(decoded.event.detail);
    if (about !== undefined) notes.append(about, noteEntry(decoded.text, time, email));
  }
  return new Map(
    notes.objects.map(({ kind, bytes }) => {
      const object: NewObject = { kind, bytes: Buffer.from(bytes) };
      return [hashObject(objectFormat, object), object];
    }),
  );
}
