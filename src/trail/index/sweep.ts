import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What was last written so long ago, compared with the core, is nobody's work any more. */
const ABANDONED_MS = 60_000;

/**
 * Deletes what is no longer part of the index: other generations, outdated summaries of this one, and what processes that
 * died left behind. Whoever still reads one of them finds it gone and looks at the core again.
 */
export function sweep(index: string, generation: string, summaries: string): void {
  const now = statSync(join(index, 'core')).mtimeMs;
  const remove = (folder: string, isPart: (name: string) => boolean): void => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (!isPart(name) && now - lastWritten(path) > ABANDONED_MS)
        rmSync(path, { recursive: true, force: true });
    }
  };
  remove(index, (name) => name === 'core' || name === 'synced' || name === generation);
  remove(join(index, generation), (name) => name === summaries || !name.startsWith('summaries-'));
}

/** Of a generation, its events; milliseconds since the epoch. */
function lastWritten(path: string): number {
  const stats = statSync(path);
  const events = stats.isDirectory() ? statSync(join(path, 'events'), { throwIfNoEntry: false }) : undefined;
  return (events ?? stats).mtimeMs;
}
