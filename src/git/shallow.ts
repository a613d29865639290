import { join } from 'node:path';
import { readIfThere } from './files.ts';
import { type Oid, parseOid } from './object.ts';
import { damaged } from './packedlines.ts';

/**
 * The commits behind which `shallow` says that there is no history here. Reading through this port goes on behind them where it
 * can; a reader whose git is asked sees none. Source: gitrepository-layout(5), `shallow`.
 *
 * @param commonDir absolute path of the git directory that all worktrees share
 * @throws Failure where a line is none of git's
 */
export async function shallowCommits(commonDir: string): Promise<ReadonlySet<Oid>> {
  const path = join(commonDir, 'shallow');
  const text = (await readIfThere(path))?.toString('latin1') ?? '';
  const oids = text.split('\n').flatMap((line, index) => {
    const oid = parseOid(line);
    if (oid === undefined && line !== '') throw damaged(path, index + 1);
    return oid ?? [];
  });
  return new Set(oids);
}
