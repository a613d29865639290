import { Refusal } from '../failure.ts';
import { graftedCommits } from '../git/grafts.ts';
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
    return { name, state: 'wrong', message: wordsOf(error) };
  }
}

/** A refusal says in its reasons what to do. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const remedies = error instanceof Refusal ? error.reasons.map(({ remedy }) => remedy) : [];
  return [error.message, ...remedies].join(': ');
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

/** Tags that the ledger recorded and that are deleted or moved, or never came here. */
export interface MisplacedTags {
  /** What puts those back whose objects are still here. */
  readonly updates: readonly RefUpdate[];
  /** Refs of those whose objects are gone. */
  readonly lost: readonly string[];
}

export async function misplacedTags(store: GitStore, trail: Trail): Promise<MisplacedTags> {
  const standing = new Map((await store.listRefs(TAG_PREFIX)).map(({ name, oid }) => [name, oid]));
  const wanted = new Map<string, Oid>();
  // A decision whose tag was never here has no effect, for that reason alone.
  const unread = new Set(trail.findings.filter((found) => found.unread).map(({ sequence }) => sequence));
  for await (const { effective, sequence, detail } of trail.events()) {
    if (!effective && !unread.has(sequence)) continue;
    if (detail && 'tagObject' in detail && standing.get(detail.tag) !== detail.tagObject)
      wanted.set(detail.tag, detail.tagObject);
  }
  const here = new Set<Oid>();
  for await (const result of store.readMany(new Set(wanted.values())))
    if (result.state === 'present') here.add(result.object.oid);
  const message = 'promptaudit: doctor --repair';
  const updates = [...wanted]
    .filter(([, oid]) => here.has(oid))
    .map(([ref, oid]): RefUpdate => ({ ref, expected: standing.get(ref), next: oid, message }));
  const lost = [...wanted].filter(([, oid]) => !here.has(oid)).map(([ref]) => ref);
  return { updates, lost };
}

export async function checkTags(store: GitStore, trail: Trail): Promise<Omit<Check, 'name'>> {
  const { updates, lost } = await misplacedTags(store, trail);
  const refs = [...updates.map(({ ref }) => ref), ...lost];
  if (refs.length === 0) return { state: 'good', message: 'every decision has its tag' };
  const message = `${refs.length} decision tag${refs.length === 1 ? ' was' : 's were'} deleted or moved, or never fetched: ${refs.join(', ')}`;
  const remedy =
    updates.length === 0
      ? 'git fetch --tags <a remote that has them>'
      : 'promptaudit doctor --repair, and find out who did it';
  return { state: 'wrong', message, remedy };
}

/** Nothing in the repository shows git's users other objects or another history than promptaudit reads. */
export async function checkSubstitutes(store: GitStore): Promise<Omit<Check, 'name'>> {
  const replaced = (await store.listRefs('refs/replace/')).map(({ name }) => name);
  const grafted = (await graftedCommits(store.layout.commonDir)).length > 0 ? ['info/grafts'] : [];
  const found = [...replaced, ...grafted];
  if (found.length === 0) return { state: 'good', message: 'git shows the objects as they are' };
  const message = `git shows others than what was signed, because of ${found.join(', ')}`;
  return { state: 'wrong', message, remedy: 'promptaudit verify, which says what to delete' };
}
