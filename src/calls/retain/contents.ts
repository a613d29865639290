import { join } from 'node:path';
import { contentOf, type ItemEntry } from '../content/walk.ts';
import { isPlainFile, namesIn } from '../store/folder.ts';
import { contentPath, PLACES, parseSegmentName, type SegmentParts } from '../store/names.ts';

const SUFFIX = '.content';

/** The segments that have a content file, whether or not there are records to it. @throws Failure */
export async function segmentsWithContent(store: string): Promise<readonly SegmentParts[]> {
  const found: SegmentParts[] = [];
  const folder = join(store, PLACES.content);
  for (const date of await namesIn(folder)) {
    if (!date.startsWith('date=')) continue;
    for (const name of await namesIn(join(folder, date))) {
      const segment = name.endsWith(SUFFIX) ? parseSegmentName(name.slice(0, -SUFFIX.length)) : undefined;
      if (segment === undefined || date !== `date=${segment.date}`) continue;
      if (isPlainFile(contentPath(store, segment))) found.push(segment);
    }
  }
  return found;
}

/** The items of a segment's content file, one by one. @throws Failure where it cannot be read */
export async function* contentItems(store: string, segment: SegmentParts): AsyncGenerator<ItemEntry> {
  for await (const entries of contentOf(store, segment))
    for (const entry of entries) if (entry.kind === 'item') yield entry;
}
