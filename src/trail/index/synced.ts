import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Oid } from '../../git/object.ts';
import { type IndexCore, readCore, writeCore } from './core.ts';
import { EventRows } from './eventrows.ts';
import { IndexedTrail } from './indexedtrail.ts';

/** Remembers the trail of a ledger that this clone and a remote have in common, as far as that can be done. */
export function writeSynced(index: string, core: IndexCore): void {
  try {
    writeCore(index, core, 'synced');
  } catch {
    // Without it the next replay begins at genesis.
  }
}

/** As `writeSynced`, where the registry's own ledger is what both have. */
export function keepSynced(index: string, head: Oid): void {
  const core = readCore(index);
  if (core?.head.commit === head) writeSynced(index, core);
}

/**
 * The trail that was last in common with a remote, in files of its own: events that come instead of those behind it must
 * not be written over them, which others may be reading. `undefined` where its files are gone.
 */
export function openSynced(index: string): IndexedTrail | undefined {
  const core = readCore(index, 'synced');
  if (core === undefined) return undefined;
  const generation = `rows-${core.head.commit.slice(0, 12)}-${process.pid}-synced`;
  try {
    cpSync(join(index, core.generation), join(index, generation), { recursive: true });
  } catch {
    return undefined;
  }
  const rows = new EventRows(join(index, generation), core.extent);
  return new IndexedTrail(index, { ...core, generation }, rows);
}
