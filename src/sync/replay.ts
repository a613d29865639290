import { Failure, type Reason, Refusal } from '../failure.ts';
import type { HeldObjects } from '../git/heldobjects.ts';
import type { Identity } from '../git/identity.ts';
import type { Oid } from '../git/object.ts';
import { inARow } from '../policy/holders.ts';
import type { Policy, PrincipalId } from '../policy/model.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import { type Branch, build } from '../registry/apply.ts';
import { demandClock } from '../registry/perform.ts';
import type { Plan } from '../registry/plan.ts';
import { principalOf } from '../registry/session.ts';
import type { Signer } from '../signing/model.ts';
import type { LedgerElsewhere } from '../trail/elsewhere.ts';
import type { TrailEvent } from '../trail/model.ts';
import type { Trail } from '../trail/trail.ts';
import { planAgain } from './planagain.ts';
import { Renumbering } from './renumbering.ts';

/** An event that was made again. */
export interface ReplayedEvent {
  readonly before: TrailEvent;
  readonly after: TrailEvent;
}

/** An event that the new state refuses. */
export interface RefusedEvent {
  readonly event: TrailEvent;
  readonly message: string;
  readonly reasons: readonly Reason[];
}

export interface Replay {
  /** Where the objects are made, upon which the ledger is read. */
  readonly made: HeldObjects;
  readonly signer: Signer;
  readonly identity: () => Identity;
  /** The ledger as the remote has it; grows by what is made again. */
  readonly ledger: LedgerElsewhere;
  readonly trail: Trail;
  /** This clone's events that the remote does not have, oldest first. */
  readonly events: readonly TrailEvent[];
  /** Where commits go that are made again. */
  readonly branch: Branch | undefined;
  readonly remade: ReadonlySet<Oid>;
  /** Names that decision tags have at the remote. */
  readonly tags: readonly string[];
  readonly progress: (done: number, total: number) => void;
}

export interface ReplayOutcome {
  readonly replayed: readonly ReplayedEvent[];
  readonly refused: readonly RefusedEvent[];
  /** New decision tags, by ref. */
  readonly tags: ReadonlyMap<string, Oid>;
  readonly branchTip: Oid | undefined;
}

/**
 * Makes a clone's events again on top of a remote's: planned under the state that they meet there, numbered, signed. The
 * objects are written in one go; no ref moves.
 * @throws Refusal where they are not this signer's
 */
export async function replayEvents(replay: Replay): Promise<ReplayOutcome> {
  const { made, signer, events, trail, ledger } = replay;
  demandOwn(replay);
  const renumbering = new Renumbering((events[0]?.sequence ?? 1) - 1);
  const replayed: ReplayedEvent[] = [];
  const refused: RefusedEvent[] = [];
  const tags = new Map<string, Oid>();
  let branch = replay.branch;
  for (const [index, event] of events.entries()) {
    replay.progress(index, events.length);
    const identity = replay.identity();
    const plan = await planOrRefuse(replay, event, renumbering, identity, [...tags.keys()]);
    if (!('steps' in plan)) {
      refused.push(plan);
      note(renumbering, event, undefined);
      continue;
    }
    demandClock(identity.committer.time, trail.head.time);
    const position = { registry: trail.root.registry, head: trail.head, policy: trail.policy.number };
    const built = await build({ store: made.store, signer, identity, position, branch }, plan);
    made.hold(built.objects);
    if (built.tip !== undefined) ledger.tip = built.tip;
    await trail.refresh();
    const after = await newest(trail);
    if (!after.effective) throw notEffective(event, after);
    for (const { ref, next } of built.tags) if (next !== undefined) tags.set(ref, next);
    if (branch !== undefined) branch = { ...branch, oid: built.branchTip };
    replayed.push({ before: event, after });
    note(renumbering, event, after);
  }
  await made.write();
  replay.progress(events.length, events.length);
  return { replayed, refused, tags, branchTip: branch?.oid };
}

/** Only who signed an event can sign it again. @throws Refusal */
export function demandOwn({
  events,
  signer,
  identity,
  trail,
}: Pick<Replay, 'events' | 'signer' | 'identity' | 'trail'>): void {
  const { policy } = trail.policy;
  const id = signerOf(policy, signer, identity(), trail.head.sequence + 1, events.length);
  const others = events.filter(({ claimedBy }) => claimedBy !== id);
  const [first] = others;
  if (first === undefined) return;
  const what = others.length === 1 ? `event ${first.sequence} is` : `${others.length} events here are`;
  const owners = [...new Set(others.map(({ claimedBy }) => claimedBy))];
  // Nobody can sign those of several people again.
  const isOnes = owners.length === 1 && others.length === events.length;
  const way = isOnes ? `let ${first.claimedBy} run promptaudit sync in this clone, or ${ASIDE}` : ASIDE;
  throw new Refusal(
    `${what} ${inARow(owners)}'s, not ${id}'s, and must be signed again on top of what came in: ${way}`,
  );
}

const ASIDE = 'keep what is not sent yet aside with promptaudit sync --set-aside';

function signerOf(
  policy: Policy,
  signer: Signer,
  identity: Identity,
  sequence: number,
  events: number,
): PrincipalId {
  try {
    return principalOf(policy, signer, identity, sequence).id;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const what = events === 1 ? 'an event' : `${events} events`;
    throw new Refusal(
      `${what} of this clone must be signed again on top of what came in, but ${error.message}; if that stays so, ${ASIDE}`,
      error.reasons,
    );
  }
}

async function planOrRefuse(
  { made, trail, signer, remade, tags }: Replay,
  event: TrailEvent,
  renumbering: Renumbering,
  identity: Identity,
  newTags: readonly string[],
): Promise<Plan | RefusedEvent> {
  const { policy } = trail.policy;
  const principal = principalOf(policy, signer, identity, trail.head.sequence + 1);
  try {
    const [found] = event.findings;
    if (!event.effective) throw new Refusal(found?.message ?? 'it broke a rule when it was made');
    const asker = { policy, principal, time: identity.committer.time };
    const isRemade = (commit: Oid) => remade.has(commit);
    const scene = { store: made.store, trail, asker, key: signer.key.id, renumbering, isRemade };
    return await planAgain({ ...scene, tags: [...tags, ...newTags] }, event);
  } catch (error) {
    if (error instanceof Refusal) return { event, message: error.message, reasons: error.reasons };
    if (error instanceof Failure) return { event, message: error.message, reasons: [] };
    throw error;
  }
}

function note(renumbering: Renumbering, before: TrailEvent, after: TrailEvent | undefined): void {
  renumbering.moved(before.sequence, after?.sequence);
  const { detail } = before;
  const now = after?.detail;
  if (detail?.event === 'version')
    renumbering.movedVersion(
      detail.prompt,
      detail.version,
      now?.event === 'version' ? now.version : undefined,
    );
  if (detail?.event === 'policy')
    renumbering.movedVersion(POLICY_NAME, detail.version, now?.event === 'policy' ? now.version : undefined);
}

async function newest(trail: Trail): Promise<TrailEvent> {
  for await (const event of trail.events()) return event;
  throw new Failure('the ledger has no event');
}

function notEffective({ sequence }: TrailEvent, { findings }: TrailEvent): Failure {
  const [found] = findings;
  return new Failure(
    `event ${sequence} of this clone does not count on top of what came in: ${found?.message ?? 'it breaks a rule'}`,
  );
}
