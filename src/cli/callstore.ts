import { join, resolve, sep } from 'node:path';
import { demandStore } from '../calls/store/folder.ts';
import { Failure } from '../failure.ts';
import { isCommitted } from '../git/committed.ts';
import type { GitStore } from '../git/store.ts';
import type { Context } from './context.ts';

/** Where a repository keeps its calls, unless another place is named. */
const OWN_STORE = join('.promptaudit', 'calls');

/** Where a repository's own store is, or would be; a bare one has none. */
export function ownStore({ layout }: GitStore): string | undefined {
  return layout.workTree && join(layout.workTree, OWN_STORE);
}

/**
 * The folder of the store of calls: the one that is named, or the repository's own.
 * @throws Failure where there is neither, or git brings files to its place: whoever can push could put records into it, and would
 * have them sealed by somebody else
 */
export async function storeFolder(context: Context, named: string | undefined): Promise<string> {
  const given = named ?? (context.env.PROMPTAUDIT_STORE || undefined);
  if (given !== undefined) return resolve(context.cwd, given);
  const store = await context.openStore();
  const own = ownStore(store);
  if (own !== undefined && (await isCommitted(store, OWN_STORE.split(sep).join('/')))) {
    throw new Failure(
      `${own} is in the commit that is checked out, so that whoever can push can write to it: find out who put it there, look at what it holds, take it out with git rm -r --cached and commit; or name another store with --store`,
    );
  }
  if (own !== undefined) return own;
  throw new Failure('a bare repository has no store of calls of its own: name one with --store');
}

/** As `storeFolder`, of a store that is there. @throws Failure */
export async function existingStore(context: Context, named: string | undefined): Promise<string> {
  const folder = await storeFolder(context, named);
  await demandStore(folder);
  return folder;
}
