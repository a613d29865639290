import type { Oid } from '../git/object.ts';
import type { Remotes } from '../git/remotes.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, TAG_PREFIX } from '../ledger/event.ts';

/** What a remote has of a registry, as it said in one answer. */
export interface RemoteState {
  readonly ledger: Oid | undefined;
  /** Every ref under the tag prefix. */
  readonly tags: ReadonlyMap<string, Oid>;
  /** The branch that the present one is shared as. */
  readonly branch: Oid | undefined;
  /** The branch that mirrors the ledger. */
  readonly mirror: Oid | undefined;
}

/** A remote has other refs by now than it said: look again. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';
}

/** Full names of the refs, at the remote, that a round looks at beside the registry's own. */
export interface RemoteRefs {
  readonly branch: string | undefined;
  readonly mirror: string | undefined;
}

/** Where a clone keeps what it last saw of a remote's ledger. */
export function trackingRef(remote: string): string {
  return `refs/promptaudit/remotes/${remote}/ledger`;
}

/** @throws RemoteUnreachable */
export async function readRemote(
  remotes: Remotes,
  remote: string,
  { branch, mirror }: RemoteRefs,
): Promise<RemoteState> {
  const extra = [branch, mirror].filter((ref) => ref !== undefined);
  const refs = await remotes.list(remote, [LEDGER_REF, TAG_PREFIX, ...extra]);
  const at = (name: string | undefined) => refs.find((ref) => ref.name === name)?.oid;
  const tags = refs.filter(({ name }) => name.startsWith(TAG_PREFIX));
  return {
    ledger: at(LEDGER_REF),
    tags: new Map(tags.map(({ name, oid }) => [name, oid])),
    branch: at(branch),
    mirror: at(mirror),
  };
}

/**
 * Brings what of that state is not here yet. No ref moves: what came is judged first.
 * @param standing the decision tags of this clone
 * @throws RemoteUnreachable, RemoteMoved
 */
export async function fetchState(
  store: GitStore,
  remotes: Remotes,
  remote: string,
  state: RemoteState,
  refs: RemoteRefs,
  standing: ReadonlyMap<string, Oid>,
): Promise<void> {
  const named = [
    [LEDGER_REF, state.ledger],
    [refs.branch, state.branch],
    [refs.mirror, state.mirror],
    ...[...state.tags].filter(([name, oid]) => standing.get(name) !== oid),
  ] as const;
  const wanted = new Map<string, Oid>();
  for (const [name, oid] of named) if (name !== undefined && oid !== undefined) wanted.set(name, oid);
  const lacking = await lackingOf(store, wanted);
  await remotes.fetch(remote, [...lacking.keys()]);
  const [still] = await lackingOf(store, lacking);
  if (still !== undefined) throw new RemoteMoved(`${still[0]} of ${remote} is not at ${still[1]} any more`);
}

async function lackingOf(
  store: GitStore,
  wanted: ReadonlyMap<string, Oid>,
): Promise<ReadonlyMap<string, Oid>> {
  const here = new Set<Oid>();
  for await (const result of store.readMany(new Set(wanted.values())))
    if (result.state === 'present') here.add(result.object.oid);
  return new Map([...wanted].filter(([, oid]) => !here.has(oid)));
}
