import { join } from 'node:path';
import { readIfThere } from './files.ts';

/**
 * The commits to which `info/grafts` gives other parents than their own, in the file's words. No adapter honours the file;
 * a reader whose git does sees another history. Source: gitrepository-layout(5), `info/grafts`; git's `read_graft_line`.
 *
 * @param commonDir absolute path of the git directory that all worktrees share
 */
export async function graftedCommits(commonDir: string): Promise<readonly string[]> {
  const text = (await readIfThere(join(commonDir, 'info', 'grafts')))?.toString('latin1') ?? '';
  return text.split('\n').flatMap((line) => {
    const written = line.trim();
    return written === '' || line.startsWith('#') ? [] : [written.split(/\s+/, 1)[0] ?? written];
  });
}
