import { type FileHandle, open } from 'node:fs/promises';
import { lineId } from '../record/lineid.ts';
import { isPlainFile } from '../store/folder.ts';
import { openPath, type SegmentParts, sealedPath } from '../store/names.ts';
import { type Erased, eraseContent } from './erase.ts';
import { linesOf } from './lines.ts';
import { contentOf } from './walk.ts';

/** Longer than any record's line in UTF-8. */
const LONGEST = 1 << 20;

const NOTHING: Erased = { items: 0, parts: 0, damaged: 0 };

/**
 * Takes away what was said in calls that a segment which waits to be sealed has no record of: content is written first, so a
 * writer that is killed in between leaves some, and no hold, search or erasure by user would ever find it. What was torn goes
 * too. Where a line does not tell its id, or the segment is sealed, everything stays.
 *
 * The caller holds the lock of the segment.
 * @throws Failure where the content cannot be read or erased; a system error
 */
export async function dropOrphans(store: string, segment: SegmentParts): Promise<Erased> {
  if (isPlainFile(sealedPath(store, segment))) return NOTHING;
  const ids = new Set<string>();
  for await (const entries of contentOf(store, segment))
    for (const entry of entries) if (entry.kind === 'item') ids.add(entry.item.id);
  const lines = await open(openPath(store, segment.name), 'r');
  try {
    if (!(await strike(ids, lines))) return NOTHING;
  } finally {
    await lines.close();
  }
  return eraseContent({ store, segment, ids });
}

/** Takes the ids of the records in these lines out of the set. @returns false where some line does not tell its id */
async function strike(ids: Set<string>, file: FileHandle): Promise<boolean> {
  for await (const lines of linesOf(file, LONGEST)) {
    for (const { bytes } of lines) {
      const id = lineId(bytes?.toString('latin1') ?? '');
      if (id === undefined) return false;
      ids.delete(id);
    }
  }
  return true;
}
