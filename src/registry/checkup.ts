import { readIdentity } from '../git/identity.ts';
import type { Oid } from '../git/object.ts';
import type { GitStore, RefUpdate } from '../git/store.ts';
import { TAG_PREFIX } from '../ledger/event.ts';
import type { Check } from '../report/rows.ts';
import type { Signer } from '../signing/model.ts';
import { fingerprint } from '../signing/sshkey.ts';
import type { Trail } from '../trail/trail.ts';
import type { GitSetting } from './gitsetup.ts';
import { principalOf } from './session.ts';

/** Runs one check; what it throws is what is wrong, in its own words. */
export async function check(name: string, look: () => Promise<Omit<Check, 'name'>>): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, state: 'wrong', message: error instanceof Error ? error.message : String(error) };
  }
}

/** Signs a few bytes for nobody, so that a locked agent or a missing key shows now and not in the middle of a release. */
export async function checkSigning(open: () => Promise<Signer>): Promise<Omit<Check, 'name'>> {
  const signer = await open();
  await signer.sign(Buffer.from('promptaudit doctor\n'));
  return { state: 'good', message: `signs with ${fingerprint(signer.key.id)}` };
}

/** Who this clone writes as, by the policy. */
export async function checkPrincipal(
  store: GitStore,
  trail: Trail,
  signer: Signer,
  env: Readonly<Record<string, string | undefined>>,
  now: Date,
): Promise<Omit<Check, 'name'>> {
  const identity = readIdentity(store.config, env, now);
  const { id, roles } = principalOf(trail.policy.policy, signer, identity, trail.head.sequence + 1);
  return { state: 'good', message: `you are ${id} (${[...roles].join(', ')})` };
}

export function checkSettings(missing: readonly GitSetting[]): Omit<Check, 'name'> {
  if (missing.length === 0)
    return { state: 'good', message: 'stock git shows, fetches and checks the ledger' };
  return {
    state: 'wrong',
    message: `git is not set up so that ${missing.map(({ purpose }) => purpose).join(', nor so that ')}`,
    remedy: 'promptaudit doctor --repair',
  };
}

/** Tags that the ledger recorded and that are gone, while their objects are still here. */
export async function deletedTags(store: GitStore, trail: Trail): Promise<readonly RefUpdate[]> {
  const standing = new Set((await store.listRefs(TAG_PREFIX)).map((ref) => ref.name));
  const gone = new Map<string, Oid>();
  for await (const { effective, detail } of trail.events()) {
    if (effective && detail && 'tagObject' in detail && !standing.has(detail.tag))
      gone.set(detail.tag, detail.tagObject);
  }
  const updates: RefUpdate[] = [];
  for await (const result of store.readMany(gone.values())) {
    if (result.state !== 'present') continue;
    for (const [ref, oid] of gone) {
      if (oid === result.object.oid)
        updates.push({ ref, expected: undefined, next: oid, message: 'promptaudit: doctor --repair' });
    }
  }
  return updates;
}

export async function checkTags(store: GitStore, trail: Trail): Promise<Omit<Check, 'name'>> {
  const gone = await deletedTags(store, trail);
  if (gone.length === 0) return { state: 'good', message: 'every decision that can be restored has its tag' };
  return {
    state: 'wrong',
    message: `${gone.length} decision tag${gone.length === 1 ? ' was' : 's were'} deleted: ${gone.map(({ ref }) => ref).join(', ')}`,
    remedy: 'promptaudit doctor --repair, and find out who deleted them',
  };
}
