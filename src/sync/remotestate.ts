import type { Oid } from '../git/object.ts';
import type { Remotes } from '../git/remotes.ts';
import type { GitStore } from '../git/store.ts';
import { LEDGER_REF, TAG_PREFIX } from '../ledger/event.ts';

/** What a remote has of a registry, as it said in one answer. */
export interface RemoteState {
  readonly ledger: Oid | undefined;
  /** Every ref under the tag prefix. */
  readonly tags: ReadonlyMap<string, Oid>;
  /** Every branch, by its full name. */
  readonly heads: ReadonlyMap<string, Oid>;
}

/** A remote has other refs by now than it said: look again. */
export class RemoteMoved extends Error {
  override readonly name = 'RemoteMoved';
}

/** @throws RemoteUnreachable */
export async function readRemote(remotes: Remotes, remote: string): Promise<RemoteState> {
  const tags = new Map<string, Oid>();
  const heads = new Map<string, Oid>();
  let ledger: Oid | undefined;
  for (const { name, oid } of await remotes.list(remote, [LEDGER_REF, TAG_PREFIX, HEADS])) {
    if (name.startsWith(TAG_PREFIX)) tags.set(name, oid);
    else if (name.startsWith(HEADS)) heads.set(name, oid);
    else if (name === LEDGER_REF) ledger = oid;
  }
  return { ledger, tags, heads };
}

const HEADS = 'refs/heads/';

/**
 * Brings what of that state is not here yet. No ref moves: what came is judged first.
 * @param heads full names of the branches that are wanted
 * @param here what this clone's own refs name
 * @param standing its decision tags
 * @throws RemoteUnreachable, RemoteMoved
 */
export async function fetchState(
  store: GitStore,
  remotes: Remotes,
  remote: string,
  state: RemoteState,
  heads: readonly (string | undefined)[],
  here: readonly (Oid | undefined)[],
  standing: ReadonlyMap<string, Oid>,
): Promise<void> {
  const wanted = new Map<string, Oid>();
  const want = (name: string, oid: Oid | undefined) => {
    if (oid !== undefined && !here.includes(oid)) wanted.set(name, oid);
  };
  want(LEDGER_REF, state.ledger);
  for (const name of heads) if (name !== undefined) want(name, state.heads.get(name));
  for (const [name, oid] of state.tags) if (standing.get(name) !== oid) want(name, oid);
  if (wanted.size === 0) return;
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
