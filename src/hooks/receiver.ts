import type { Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { trackingRef } from '../trail/tracking.ts';
import { REMOTES } from '../verify/branches.ts';

/** The repository that receives a push, as it is before it. */
export interface Receiver {
  /** Where these refs stand, by full name; those that are not there, or not known, are left out. */
  standing(refs: readonly string[]): Promise<ReadonlyMap<string, Oid>>;
  /** The full names of all that passes in it for what a remote has, as far as that can be looked into from here. */
  fetched(): Promise<readonly string[]>;
}

/** This repository. */
export function receivingHere(store: GitStore): Receiver {
  return {
    standing: (refs) => resolved(store, new Map(refs.map((ref) => [ref, ref]))),
    fetched: async () => (await store.listRefs(REMOTES)).map(({ name }) => name),
  };
}

/**
 * A remote, as far as this clone can tell: its branches and its ledger by what was fetched of them; of tags nothing is kept,
 * so it is asked. What passes there for another remote's is not fetched: its own hook judges that.
 * @param remote its name, or a URL
 */
export function receivingAt(store: GitStore, remote: string): Receiver {
  const HEADS = 'refs/heads/';
  return {
    standing: async (refs) => {
      const kept = new Map<string, string>();
      const asked: string[] = [];
      for (const ref of refs) {
        if (ref.startsWith(HEADS)) kept.set(ref, `refs/remotes/${remote}/${ref.slice(HEADS.length)}`);
        else if (ref === LEDGER_REF) kept.set(ref, trackingRef(remote));
        else asked.push(ref);
      }
      const found = new Map(await resolved(store, kept));
      if (asked.length === 0) return found;
      const remotes = await store.remotes(false);
      for (const { name, oid } of (await remotes?.list(remote, asked)) ?? []) found.set(name, oid);
      return found;
    },
    fetched: async () => [],
  };
}

/** @param places where each ref is to be looked for */
async function resolved(
  store: GitStore,
  places: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Oid>> {
  const found = await Promise.all(
    [...places].map(async ([ref, place]) => [ref, await store.resolveRef(place)] as const),
  );
  return new Map(found.flatMap(([ref, oid]) => (oid === undefined ? [] : [[ref, oid] as const])));
}
