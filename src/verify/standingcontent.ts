import type { Oid } from '../git/object.ts';
import type { GitStore, Ref } from '../git/store.ts';
import { parsePromptName } from '../prompts/name.ts';
import { acknowledgementOf } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import { SeenHistory } from '../trail/seenhistory.ts';
import type { Trail } from '../trail/trail.ts';
import type { BranchSearch } from './branchcontent.ts';
import { readBranches } from './branches.ts';
import { protectedContentIsRegistered, protectedHistoryIsWhole } from './branchrules.ts';
import { blobDigests } from './broughtcontent.ts';

/** What verify tells of branches that stand here, once this is their ledger: from where the registry began, by the same rules. */
export async function standingUnregistered(
  store: GitStore,
  trail: Trail,
  branches: readonly Ref[],
): Promise<readonly Finding[]> {
  const [first] = await trail.policies();
  if (first === undefined || branches.length === 0) return [];
  const { layout } = store;
  const search = {
    store,
    folder: trail.policy.policy.prompts,
    seen: new SeenHistory(layout.objectFormat),
    founding: first.commit,
  };
  const registered = await registeredOn(trail, search, branches);
  const evidence = {
    branches: await readBranches({ ...search, registered }, branches),
    shallow: layout.shallow,
  };
  return [...protectedContentIsRegistered(evidence), ...protectedHistoryIsWhole(evidence)].filter(
    (one) => acknowledgementOf(one, trail.acknowledgements) === undefined,
  );
}

/** A trail that was read from an index knows versions by digests, and no blobs: so those that are met are looked up first. */
async function registeredOn(
  trail: Trail,
  search: Omit<BranchSearch, 'registered'>,
  branches: readonly Ref[],
): Promise<BranchSearch['registered']> {
  const prompts = new Set<string>();
  const blobs = new Set<Oid>();
  const has = (prompt: string, blob: Oid) => {
    prompts.add(prompt);
    blobs.add(blob);
    return true;
  };
  await readBranches({ ...search, registered: { has } }, branches);
  const digests = await blobDigests(search.store, blobs);
  const registered = new Map<string, ReadonlySet<string>>();
  for (const prompt of prompts) {
    const name = parsePromptName(prompt);
    const versions = name && (await trail.prompt(name))?.versions;
    registered.set(prompt, new Set(versions?.map(({ contentDigest }) => contentDigest)));
  }
  return { has: (prompt, blob) => registered.get(prompt)?.has(digests.get(blob) ?? '') === true };
}
