import type { Oid } from '../git/object.ts';
import type { PushOutcome, PushUpdate } from '../git/remotes.ts';
import { LEDGER_REF, TAG_PREFIX } from '../ledger/event.ts';
import type { BranchState } from '../report/sync.ts';
import type { Meeting } from './meet.ts';
import { readRemote } from './remotestate.ts';
import { type Settled, unsentTags } from './settle.ts';
import type { SyncRequest, SyncShop } from './shop.ts';

/** What a remote lacks. */
export interface Parcel {
  readonly updates: readonly PushUpdate[];
  /** All of whose refs go: the tags, where they are too many to be named one by one. */
  readonly prefixes: readonly string[];
  readonly tags: number;
  readonly branch: boolean;
}

export type Delivery =
  | { readonly state: 'delivered' }
  /** Somebody else was faster: meet again. */
  | { readonly state: 'overtaken' }
  | { readonly state: 'refused'; readonly why: string }
  /** Whether it took what was sent is not known. */
  | { readonly state: 'broken off'; readonly why: string };

/** So many tags fit on a command line on every system. */
const MOST_TAGS = 100;

/** The ledger, its tags, the branch and the mirror, as far as the remote lacks them. */
export function parcelOf(
  { state, standing, mirror, tags }: Meeting,
  { head, unsent, branch }: Settled,
): Parcel {
  const wanted = wantedTags(tags, unsent);
  const lacking = [...wanted].filter(([ref, oid]) => state.tags.get(ref) !== oid);
  const goes = branch !== undefined && branch.oid !== branch.remote && isSendable(branch.state);
  // A pattern takes every tag along: it will do where each is one that the remote has, or is to have.
  const isAll = () =>
    [...standing].every(([ref, oid]) => wanted.get(ref) === oid || state.tags.get(ref) === oid);
  const isMuch = lacking.length > MOST_TAGS && isAll();
  const updates = [
    ...(head.commit === state.ledger ? [] : [{ ref: LEDGER_REF, oid: head.commit }]),
    ...(isMuch ? [] : lacking.map(([ref, oid]) => ({ ref, oid }))),
    ...(goes ? [{ ref: branch.remoteRef, oid: branch.oid }] : []),
    ...(mirror === undefined || head.commit === state.heads.get(mirror)
      ? []
      : [{ ref: mirror, oid: head.commit }]),
  ];
  return { updates, prefixes: isMuch ? [TAG_PREFIX] : [], tags: lacking.length, branch: goes };
}

function wantedTags(
  { restore }: Pick<Meeting['tags'], 'restore'>,
  unsent: ReadonlyMap<string, Oid>,
): ReadonlyMap<string, Oid> {
  return new Map([...restore.map(({ ref, oid }) => [ref, oid] as const), ...unsent]);
}

/** How many tags a dry run would send: those of events that are made again get another id, and are as many. */
export function tagsToSend(meeting: Meeting, setAside: boolean): number {
  const wanted = wantedTags(meeting.tags, setAside ? new Map() : unsentTags(meeting));
  return [...wanted].filter(([ref, oid]) => meeting.state.tags.get(ref) !== oid).length;
}

export function isEmpty({ updates, prefixes }: Parcel): boolean {
  return updates.length === 0 && prefixes.length === 0;
}

export function isSendable(state: BranchState): boolean {
  return state === 'new' || state === 'ahead' || state === 'rebuilt';
}

/** @throws RemoteUnreachable */
export async function deliver(
  { remotes }: SyncShop,
  { remote }: SyncRequest,
  { state, branch, mirror }: Meeting,
  { updates, prefixes }: Parcel,
): Promise<Delivery> {
  const outcome = await remotes.push(remote, updates, prefixes);
  if (outcome.state === 'done') return { state: 'delivered' };
  if (outcome.state === 'unreachable') return { state: 'broken off', why: outcome.why };
  const now = await readRemote(remotes, remote);
  const shared = [branch?.remoteRef, mirror].filter((ref) => ref !== undefined);
  const moved =
    now.ledger !== state.ledger || shared.some((ref) => now.heads.get(ref) !== state.heads.get(ref));
  if (moved || outcome.refs.some(({ why }) => isHeld(why))) return { state: 'overtaken' };
  return { state: 'refused', why: whyNot(remote, branch?.remoteRef, outcome) };
}

/** In git's words, which are not translated here: somebody else moves the same ref at this moment. */
function isHeld(why: string): boolean {
  return /cannot lock ref|failed to update ref|unable to lock|incorrect old value|\.lock/.test(why);
}

/** Refs that are refused only because another one is. */
const ALONG = /^atomic (?:push failed|push failure|transaction failed)$|^transaction aborted$/;

function whyNot(
  remote: string,
  branch: string | undefined,
  { refs, said }: Extract<PushOutcome, { state: 'refused' }>,
): string {
  if (refs.length === 0)
    return `a pre-push hook here refuses it: ${said.join(' ').trim()}; nothing was sent, and nothing here is lost`;
  const own = refs.filter(({ why }) => !ALONG.test(why));
  const culprits = own.length === 0 ? refs : own;
  const what = culprits.map(({ ref, why }) => `${ref} (${why})`);
  const shown = what.length > 3 ? [...what.slice(0, 3), `${what.length - 3} more`] : what;
  const words = said.length === 0 ? '' : `; it says: ${said.slice(0, 12).join(' ')}`;
  const onlyBranch = culprits.every(({ ref }) => ref === branch);
  const next = onlyBranch
    ? 'send the rest with promptaudit sync --no-branch, and bring the branch by the way that the host wants, e.g. a pull request'
    : 'nothing was sent, and nothing here is lost: put right what it names, then run promptaudit sync again';
  return `${remote} refuses ${shown.join(', ')}${words}; ${next}`;
}
