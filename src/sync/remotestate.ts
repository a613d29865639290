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
  const refs = await remotes.list(remote, [LEDGER_REF, TAG_PREFIX, HEADS]);
  const below = (prefix: string) =>
    new Map(refs.filter(({ name }) => name.startsWith(prefix)).map(({ name, oid }) => [name, oid]));
  const ledger = refs.find(({ name }) => name === LEDGER_REF)?.oid;
  return { ledger, tags: below(TAG_PREFIX), heads: below(HEADS) };
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
  const named = [
    [LEDGER_REF, state.ledger],
    ...heads.map((name) => [name, name === undefined ? undefined : state.heads.get(name)] as const),
    ...[...state.tags].filter(([name, oid]) => standing.get(name) !== oid),
  ] as const;
  const wanted = new Map<string, Oid>();
  for (const [name, oid] of named)
    if (name !== undefined && oid !== undefined && !here.includes(oid)) wanted.set(name, oid);
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
