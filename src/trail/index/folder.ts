import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { GitStore } from '../../git/store.ts';

/** Where this clone keeps its index. */
export function indexFolder({ layout }: GitStore): string {
  return join(layout.commonDir, 'promptaudit', 'index');
}

/** Deletes an index, or a generation of one, as far as that can be done: what cannot be written is done without. */
export function deleteIndex(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It is read-only, or another process is at the same work.
  }
}
