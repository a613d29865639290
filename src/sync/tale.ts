import type { AsideRow, BranchState, ReplayedRow, SyncReport } from '../report/sync.ts';
import type { Finding } from '../trail/model.ts';
import type { BranchStanding } from './branch.ts';
import type { Meeting } from './meet.ts';
import type { ReplayedEvent } from './replay.ts';
import { isSendable, type Parcel, tagsToSend } from './send.ts';
import { asideEventRef, SET_ASIDE, type Settled } from './settle.ts';
import type { SyncRequest } from './shop.ts';

/** What happened over the rounds of a sync, as its report tells it. */
export class Tale {
  readonly #request: SyncRequest;
  #events = 0;
  #tags = 0;
  /** By the number that an event has now. */
  #replayed = new Map<number, ReplayedRow>();
  readonly #aside: AsideRow[] = [];
  readonly #findings = new Map<string, Finding>();
  #branch: BranchState | undefined;

  constructor(request: SyncRequest) {
    this.#request = request;
  }

  /** What the remote has was taken. */
  took({ incoming, findings }: Meeting, { replayed, refused, branch, taken }: Settled): void {
    this.#events += incoming.length;
    this.#tags += taken;
    this.#note(findings);
    if (replayed.length > 0 || refused.length > 0) this.#renumber(replayed);
    for (const { event, ref, message, reasons } of refused)
      this.#aside.push({ sequence: event.sequence, detail: event.detail, ref, message, reasons });
    if (branch?.state === 'forwarded' || branch?.state === 'rebuilt') this.#branch = branch.state;
  }

  /** Nothing was taken, because of what is wrong with it or because nothing is to be done. */
  untold(meeting: Meeting): SyncReport {
    const { incoming, tags, fork, branch, findings, unsynced, blocked } = meeting;
    this.#note(findings);
    this.#events = fork.theirs.length;
    this.#tags = tags.take.size;
    const { dryRun, push } = this.#request;
    const sends = dryRun && push && !blocked;
    const again = dryRun && !blocked && meeting.ledger !== undefined;
    const setAside = again && this.#request.setAside;
    if (setAside) this.#foretellAside(unsynced);
    else if (again) this.#foretell(meeting);
    const then = (one: BranchStanding) => (dryRun && !setAside ? foreseen(one) : one.relation);
    return {
      ...this.#common(meeting),
      head: meeting.head,
      branch: branch && { name: nameOf(branch.ref), state: then(branch), why: undefined },
      sent: {
        events: sends && !setAside ? unsynced.length : 0,
        tags: sends ? tagsToSend(meeting, setAside) : 0,
        branch: sends && branch !== undefined && isSendable(then(branch)),
      },
      refused: undefined,
      ahead: unsynced.length,
      behind: Math.max(incoming.length, fork.theirs.length),
      blocked,
    };
  }

  /** There was nothing to send, or nothing was to be sent. */
  end(meeting: Meeting, settled: Settled): SyncReport {
    return this.#ended(meeting, settled, undefined, undefined);
  }

  delivered(meeting: Meeting, settled: Settled, parcel: Parcel): SyncReport {
    return this.#ended(meeting, settled, parcel, undefined);
  }

  refused(meeting: Meeting, settled: Settled, why: string): SyncReport {
    return this.#ended(meeting, settled, undefined, why);
  }

  #ended(
    meeting: Meeting,
    settled: Settled,
    parcel: Parcel | undefined,
    refused: string | undefined,
  ): SyncReport {
    const { unsynced } = meeting;
    const unsent = unsynced.length - settled.refused.length;
    const { branch } = settled;
    const state = branch === undefined ? undefined : (this.#branch ?? branch.state);
    return {
      ...this.#common(meeting),
      head: settled.head,
      branch:
        branch === undefined || state === undefined
          ? undefined
          : {
              name: nameOf(branch.ref),
              state: parcel?.branch && state !== 'rebuilt' ? 'sent' : state,
              why: branch.why,
            },
      sent:
        parcel === undefined
          ? { events: 0, tags: 0, branch: false }
          : { events: unsent, tags: parcel.tags, branch: parcel.branch },
      refused,
      ahead: parcel === undefined ? unsent : 0,
      behind: 0,
      blocked: false,
    };
  }

  #common({
    trail,
  }: Meeting): Pick<
    SyncReport,
    'remote' | 'root' | 'received' | 'replayed' | 'aside' | 'findings' | 'dryRun'
  > {
    const { remote, dryRun } = this.#request;
    return {
      ...{ remote, dryRun, root: trail.root },
      received: { events: this.#events, tags: this.#tags },
      replayed: [...this.#replayed.values()],
      aside: this.#aside,
      findings: [...this.#findings.values()],
    };
  }

  /** What a dry run signs is not known: that it would be, and where each event would stand if none is refused. */
  #foretell({ unsynced, trail }: Meeting): void {
    for (const [index, { sequence, detail }] of unsynced.entries()) {
      const to = trail.head.sequence + index + 1;
      if (detail !== undefined) this.#replayed.set(to, { detail, from: sequence, to, version: undefined });
    }
  }

  #foretellAside(unsynced: Meeting['unsynced']): void {
    for (const { sequence, oid, detail } of unsynced)
      this.#aside.push({ sequence, detail, ref: asideEventRef(oid), message: SET_ASIDE, reasons: [] });
  }

  #note(findings: readonly Finding[]): void {
    for (const found of findings)
      this.#findings.set(`${found.code} ${found.sequence} ${found.ref} ${found.object}`, found);
  }

  /** An event that was overtaken twice was made again twice: told are its first number and its last. */
  #renumber(replayed: readonly ReplayedEvent[]): void {
    const now = new Map<number, ReplayedRow>();
    for (const { before, after } of replayed) {
      const earlier = this.#replayed.get(before.sequence);
      const from = before.detail?.event === 'version' ? before.detail.version : undefined;
      const to = after.detail?.event === 'version' ? after.detail.version : undefined;
      if (after.detail === undefined) continue;
      now.set(after.sequence, {
        detail: after.detail,
        from: earlier?.from ?? before.sequence,
        to: after.sequence,
        version:
          from === undefined || to === undefined ? undefined : { from: earlier?.version?.from ?? from, to },
      });
    }
    this.#replayed = now;
  }
}

/** What becomes of a branch where nothing is in the way. */
function foreseen({ relation, remade }: BranchStanding): BranchState {
  if (relation === 'behind') return 'forwarded';
  return relation === 'diverged' && remade.size > 0 ? 'rebuilt' : relation;
}

function nameOf(ref: string): string {
  return ref.replace(/^refs\/heads\//, '');
}
