import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { lineId } from '../record/lineid.ts';
import type { ReadyRecord } from '../record/model.ts';
import { isWanted } from './handover.ts';
import { HEARTBEAT } from './lock.ts';
import {
  CLASS_OF,
  lockPath,
  openPath,
  PLACES,
  parseSegmentName,
  RECORD_CLASSES,
  type RecordClass,
  type RecorderName,
  segmentName,
} from './names.ts';
import { OpenSegment } from './opensegment.ts';

/** When a segment is full. */
export interface SegmentLimits {
  /** Milliseconds after it was opened. */
  readonly age: number;
  readonly records: number;
}

const SEGMENT_LIMITS: SegmentLimits = { age: 3_600_000, records: 1_000_000 };

export interface RecordLogOptions {
  /** A store that is there (`makeStore`). */
  readonly store: string;
  readonly recorder: RecorderName;
  readonly limits?: Partial<SegmentLimits> | undefined;
  readonly now: () => Date;
  /** Six random hex digits. */
  readonly random: () => string;
}

/** Bytes: a larger segment is left to be sealed. */
const LARGEST_REOPENED = 32 << 20;

/** What of some records was new. */
export interface Appended {
  readonly kept: readonly ReadyRecord[];
  /** Ids that the open segment has already. */
  readonly duplicates: readonly string[];
}

/**
 * Where one process writes records: a segment for calls and one for accesses, each opened with its first record and closed
 * when it is full. Any number of processes write to one store, each to segments of its own.
 */
export class RecordLog {
  private readonly options: RecordLogOptions;
  private readonly limits: SegmentLimits;
  private readonly segments = new Map<RecordClass, OpenSegment>();
  /** The ids in the open segments that came from outside, and may come again: 16 bytes each, as text. */
  private readonly ids = new Map<RecordClass, Set<string>>();
  /** Full, and closed once they are on the disk. */
  private readonly retired = new Set<OpenSegment>();
  private syncing: Promise<void> | undefined;
  private waiting: Promise<void> | undefined;
  private touched = 0;
  private pins = 0;

  constructor(options: RecordLogOptions) {
    this.options = options;
    this.limits = { ...SEGMENT_LIMITS, ...options.limits };
  }

  /** The segment that records of this class go to next. @throws a system error */
  segment(kind: RecordClass): OpenSegment {
    this.closeFull();
    const open = this.segments.get(kind);
    if (open !== undefined) return open;
    const { store, recorder, now, random } = this.options;
    const again = this.unfinished(kind);
    const opened = now();
    const name = segmentName(recorder, kind, opened, random());
    const made = again?.segment ?? OpenSegment.open(store, name, opened.getTime());
    this.segments.set(kind, made);
    this.ids.set(kind, new Set(again?.lines.flatMap(idOf)));
    return made;
  }

  /** A segment that this recorder left before it was full: commands that write a record each share one. */
  private unfinished(kind: RecordClass): ReturnType<typeof OpenSegment.reopen> {
    const { store, recorder, now } = this.options;
    for (const file of readdirSync(join(store, PLACES.open)).sort().reverse()) {
      const parts = file.endsWith('.jsonl') ? parseSegmentName(file.slice(0, -'.jsonl'.length)) : undefined;
      if (parts?.recorder !== recorder || parts.class !== kind) continue;
      const age = now().getTime() - parts.opened;
      if (!(age >= 0 && age < this.limits.age) || existsSync(lockPath(store, parts.name))) continue;
      const found = lstatSync(openPath(store, parts.name), { throwIfNoEntry: false });
      if (found?.isFile() !== true || found.size > LARGEST_REOPENED) continue;
      const again = OpenSegment.reopen(store, parts);
      if (again !== undefined && again.lines.length < this.limits.records) return again;
      again?.segment.close();
    }
    return undefined;
  }

  /** Whether the open segment has a record of this id that somebody gave. */
  has({ kind, id, given }: Pick<ReadyRecord, 'kind' | 'id' | 'given'>): boolean {
    return given && this.ids.get(CLASS_OF[kind])?.has(packed(id)) === true;
  }

  /** Keeps the open segments open until the answer is called: what belongs to their records is being written elsewhere. */
  pin(): () => void {
    this.closeFull();
    let pinned = 1;
    this.pins += pinned;
    return () => {
      this.pins -= pinned;
      pinned = 0;
    };
  }

  /**
   * Hands records to the system; `sync` makes them durable. Of one id only the first is kept.
   * @throws a system error, after which none is kept
   */
  append(records: readonly ReadyRecord[]): Appended {
    const duplicates: string[] = [];
    const taken: { ids: Set<string>; fresh: readonly ReadyRecord[]; undo: () => void }[] = [];
    try {
      for (const kind of RECORD_CLASSES) {
        const ours = records.filter((record) => CLASS_OF[record.kind] === kind);
        if (ours.length === 0) continue;
        const segment = this.wholeSegment(kind);
        const ids = this.ids.get(kind) ?? new Set();
        const part = { ids, fresh: freshOf(ours, ids, duplicates), undo: (): void => {} };
        taken.push(part);
        if (part.fresh.length > 0) part.undo = segment.append(part.fresh.map(({ line }) => line));
      }
    } catch (error) {
      for (const { ids, fresh, undo } of taken) {
        undo();
        for (const { id, given } of fresh) if (given) ids.delete(packed(id));
      }
      throw error;
    }
    return { kept: taken.flatMap(({ fresh }) => fresh), duplicates };
  }

  /** @throws a system error; Failure where it is gone, and cannot be left while it is pinned */
  private wholeSegment(kind: RecordClass): OpenSegment {
    const segment = this.segment(kind);
    if (segment.isWhole()) return segment;
    throw new Failure(`somebody took away or cut the open segment ${segment.name}: record again`);
  }

  /** Resolves once all that was appended before is on the disk; callers who wait at the same time share one wait. @throws a system error */
  sync(): Promise<void> {
    if (this.syncing === undefined) return this.startSync();
    this.waiting ??= this.syncing.then(
      () => this.startSync(),
      () => this.startSync(),
    );
    return this.waiting;
  }

  private startSync(): Promise<void> {
    this.waiting = undefined;
    const retired = [...this.retired];
    const segments = [...this.segments.values(), ...retired];
    const done = Promise.all(segments.map((segment) => segment.sync())).then(() => {});
    const settled = (): void => {
      if (this.syncing !== done) return;
      this.syncing = undefined;
      for (const segment of retired) this.closeRetired(segment);
    };
    this.syncing = done;
    done.then(settled, settled);
    return done;
  }

  /** To be called about once a second: keeps the locks fresh, and closes what is full or wanted. */
  async tend(): Promise<void> {
    const now = this.options.now();
    if (Math.abs(now.getTime() - this.touched) >= HEARTBEAT / 2) {
      this.touched = now.getTime();
      for (const segment of this.segments.values()) segment.touch(now);
    }
    const { store } = this.options;
    this.closeFull(new Set([...this.segments.values()].filter(({ name }) => isWanted(store, name))));
    if (this.retired.size > 0) await this.sync();
  }

  async close(): Promise<void> {
    await this.syncing?.catch(() => {});
    await this.waiting?.catch(() => {});
    this.closeNow();
  }

  /** For a process that cannot wait any more. @throws a system error */
  closeNow(): void {
    this.syncing = undefined;
    for (const segment of this.retired) this.closeRetired(segment);
    for (const kind of this.segments.keys()) this.closeSegment(kind);
  }

  private closeFull(wanted: ReadonlySet<OpenSegment> = new Set()): void {
    if (this.pins > 0) return;
    const now = this.options.now().getTime();
    for (const [kind, segment] of this.segments) {
      const age = now - segment.opened;
      // One that was opened while the clock ran ahead would be open until it is as late again.
      const full = segment.records >= this.limits.records || age >= this.limits.age || age < -HEARTBEAT;
      if (full || wanted.has(segment) || !segment.isWhole()) this.closeSegment(kind);
    }
  }

  /** One that is being synced is closed behind that: under load there is always one under way. */
  private closeSegment(kind: RecordClass): void {
    const segment = this.segments.get(kind);
    this.segments.delete(kind);
    this.ids.delete(kind);
    if (segment === undefined) return;
    if (this.syncing === undefined) segment.close();
    else this.retired.add(segment);
  }

  private closeRetired(segment: OpenSegment): void {
    this.retired.delete(segment);
    try {
      segment.close();
    } catch {
      // Whoever waited for the disk was told by `sync` already.
    }
  }
}

/** What has no id that is there already; the others' ids go to `duplicates`. */
function freshOf(
  records: readonly ReadyRecord[],
  ids: Set<string>,
  duplicates: string[],
): readonly ReadyRecord[] {
  return records.filter(({ id, given }) => {
    const isFresh = !given || isNew(ids, packed(id));
    if (!isFresh) duplicates.push(id);
    return isFresh;
  });
}

function isNew(ids: Set<string>, id: string): boolean {
  const before = ids.size;
  return ids.add(id).size > before;
}

function idOf(line: string): string[] {
  const id = lineId(line);
  return id === undefined ? [] : [packed(id)];
}

const ID = Buffer.alloc(16);

function packed(id: string): string {
  // Groups of hex digits (RFC 9562, section 4): to look for what parts them takes twice the time.
  const [a, b, c, d, e] = [id.slice(0, 8), id.slice(9, 13), id.slice(14, 18), id.slice(19, 23), id.slice(24)];
  ID.write(a + b + c + d + e, 'hex');
  return ID.toString('latin1');
}
