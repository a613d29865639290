import { parentPort, workerData } from 'node:worker_threads';
import { type Noted, NotesTree } from '../ledger/notestree.ts';
import { giveWayToMainThread } from '../threadpriority.ts';

/** What the thread of `ReckonedNotes` runs: the trees of one run of events after the other. */

giveWayToMainThread();

const notes = NotesTree.empty(workerData === 'sha256' ? 'sha256' : 'sha1');

parentPort?.on('message', (run: readonly (Noted | undefined)[]) => {
  parentPort?.postMessage(notes.appendAll(run));
});
