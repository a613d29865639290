import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isAbsent } from '../../git/files.ts';
import { storeFailure } from '../store/folder.ts';
import { contentPath, PLACES } from '../store/names.ts';
import { contentItems } from './contents.ts';
import type { ToDestroy } from './destroy.ts';
import { Needles } from './windows.ts';

/** Needles for so many items are kept in memory: some 60 MB. */
const MOST = 100_000;

/** What must be found nowhere once it was destroyed. */
export interface Traces {
  /** Salts, and the beginnings of what is encrypted: each there is once. */
  readonly salts: Needles;
  /** Texts that can be read. Somebody else may have said the same, so they are not looked for in what others said. */
  readonly texts: Needles;
}

/** Notes, before it is destroyed, by what it would be known again; of more than 100,000 texts, the first so many. */
export async function tracesOf(store: string, content: ToDestroy): Promise<Traces> {
  const traces = { salts: new Needles(), texts: new Needles() };
  let noted = 0;
  for (const [segment, ids] of content) {
    for await (const { item } of contentItems(store, segment)) {
      if (!ids.has(item.id)) continue;
      noted += 1;
      if (noted > MOST) return traces;
      if (item.kind === 'sealed') {
        traces.salts.add(Buffer.from(item.sealed.toString('base64')));
      } else {
        traces.salts.add(Buffer.from(item.salt.toString('base64')));
        traces.texts.add(Buffer.from(item.text));
        traces.texts.add(Buffer.from(JSON.stringify(item.text).slice(1, -1)));
      }
    }
  }
  return traces;
}

/**
 * The files of a store, by their paths in it, in which something of that is. Sealed segments are left out, whose digests tell
 * that they are as they were, and so are content files that it was never in.
 * @throws Failure where a file cannot be read
 */
export async function leftovers(
  store: string,
  content: ToDestroy,
  traces: Traces,
): Promise<readonly string[]> {
  const found: string[] = [];
  const reached = [...content.keys()].map((segment) => contentPath(store, segment));
  for (const path of reached) if (await isIn(traces.salts, path)) found.push(path);
  for (const path of await otherFiles(store))
    if ((await isIn(traces.salts, path)) || (await isIn(traces.texts, path))) found.push(path);
  return found.map((path) => relative(store, path)).sort();
}

async function otherFiles(store: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(store, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !/^(?:date=|content[/\\])/.test(relative(store, path)));
  } catch (error) {
    throw storeFailure(error, join(store, PLACES.temporary), 'be read');
  }
}

async function isIn(needles: Needles, path: string): Promise<boolean> {
  try {
    return await needles.isIn(createReadStream(path, { highWaterMark: 1 << 20 }));
  } catch (error) {
    if (isAbsent(error)) return false;
    throw storeFailure(error, path, 'be read');
  }
}
