import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import type { IndexCore } from './index/core.ts';

/**
 * Whether what was judged once would be judged so again. Of two things it would not: genesis alone, which the policy behind it
 * has to vouch for, and what wanted an object that has come since, as when the tags are fetched after the ledger.
 */
export async function standsStill(
  store: GitStore,
  { head, findings }: Pick<IndexCore, 'head' | 'findings'>,
): Promise<boolean> {
  if (head.sequence === 1) return false;
  const lacking = new Map<string, string>();
  for (const { unread, object, code } of findings)
    if (unread && object !== undefined) lacking.set(object, code);
  if (lacking.size === 0) return true;
  for await (const result of store.readMany([...lacking.keys()] as Oid[])) {
    if (result.state === 'present' || lacking.get(result.oid) !== `object/${result.state}`) return false;
  }
  return true;
}
