import { Failure } from '../../failure.ts';
import type { RecordKind } from '../record/fields.ts';
import type { AccessInput, CallInput, ReadyRecord } from '../record/model.ts';
import { type Incoming, readRecord, takeApart } from '../record/read.ts';
import { type Leaving, notUntilExit, untilExit } from './leaving.ts';
import type { Recorder, RecorderOptions, RecorderStats } from './model.ts';
import { type OpenedIntake, orStoreFailure } from './openintake.ts';
import { Unread } from './unread.ts';

/** Characters that wait to be written before an application is made to wait for the system to take them. */
const SMALL_QUEUE = 1 << 20;
/** Characters that are kept while they cannot be written; beyond them records are lost, and counted. */
const LARGEST_QUEUE = 64 << 20;
const A_SECOND = 1000;

type Fields = Incoming['fields'];

/** What every record of a kind has unless it says otherwise. */
export type Defaults = Readonly<Record<RecordKind, Fields>>;

/** Takes records at once and writes them behind the application's back. */
export class BackgroundRecorder implements Recorder, Leaving {
  private readonly options: RecorderOptions;
  private readonly opened: OpenedIntake;
  private readonly defaults: Defaults;
  private readonly timer: NodeJS.Timeout;
  private queue: ReadyRecord[] = [];
  private queued = 0;
  /** Calls whose content has to be kept first. */
  private readonly unread = new Unread(LARGEST_QUEUE);
  /** Something was handed to the system that may not be on the disk. */
  private dirty = false;
  /** The last try to write failed: only the timer tries again, not every call. */
  private failing = false;
  private working: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private told = 0;
  /** Since the last `flush`. */
  private lostUntold = 0;
  private readonly counts = { recorded: 0, rejected: 0, duplicates: 0, lost: 0 };

  constructor(options: RecorderOptions, opened: OpenedIntake, defaults: Defaults) {
    this.options = options;
    this.opened = opened;
    this.defaults = defaults;
    this.timer = setInterval(() => void this.work().catch(() => {}), options.every ?? 100);
    this.timer.unref();
    untilExit(this);
  }

  recordCall = (call: CallInput): void => this.take('call', call);

  recordAccess = (access: AccessInput): void => this.take('access', access);

  private take(kind: RecordKind, given: unknown): void {
    try {
      const incoming = takeApart(given, this.options.content !== undefined);
      if (incoming === undefined) this.reject(['it is no object']);
      else if (this.closing !== undefined) this.lose('the recorder is closed');
      else if (incoming.content.size > 0) this.hold(kind, this.completed(kind, incoming));
      else this.enqueue(kind, this.completed(kind, incoming).fields);
    } catch (error) {
      this.reject([wordsOf(error)]);
    }
  }

  private enqueue(kind: RecordKind, fields: Fields): void {
    const read = readRecord(fields, kind, { now: Date.now(), mint: this.opened.mint });
    if (!read.ok) {
      this.reject(read.problems);
      return;
    }
    const { length } = read.record.line;
    if (this.queued + length > LARGEST_QUEUE) {
      this.lose('too many wait to be written');
      return;
    }
    this.queue.push(read.record);
    this.queued += length;
    this.counts.recorded += 1;
    if (this.queued >= SMALL_QUEUE && !this.failing) this.tryWrite();
  }

  /** With an id from now on: by it the record is known again, should it have to be written without its content. */
  private hold(kind: RecordKind, { fields, content }: Incoming): void {
    const id = fields.id ?? this.opened.mint(Date.now());
    if (!this.unread.add({ kind, incoming: { fields: { ...fields, id }, content } }))
      this.lose('too many wait to be written');
  }

  private completed(kind: RecordKind, { fields, content }: Incoming): Incoming {
    const defaults = this.defaults[kind];
    const names = Object.keys(defaults);
    if (names.length === 0) return { fields, content };
    const all: Record<string, unknown> = { ...defaults, ...fields };
    for (const name of names) all[name] ??= defaults[name];
    return { fields: all, content };
  }

  private reject(problems: readonly string[]): void {
    this.opened.losses.add('invalid_record', 1);
    this.tellRejected(problems);
  }

  private tellRejected(problems: readonly string[]): void {
    this.counts.rejected += 1;
    this.tell(`a record was not kept: ${problems.join('; ')}`);
  }

  private lose(why: string): void {
    this.counts.lost += 1;
    this.lostUntold += 1;
    this.opened.losses.add('queue_full', 1);
    this.tell(`a record is lost: ${why}`);
  }

  private tell(problem: string): void {
    const now = Date.now();
    if (Math.abs(now - this.told) < A_SECOND) return;
    this.told = now;
    try {
      this.options.onProblem?.(problem);
    } catch {
      // Whoever listens must not break the application either.
    }
  }

  private tryWrite(): void {
    try {
      this.write();
    } catch (error) {
      this.failing = true;
      this.tell(`records cannot be written: ${wordsOf(error)}`);
    }
  }

  /** Hands the queue to the system; where that fails it stays. @throws a system error */
  private write(): void {
    if (this.queue.length === 0) return;
    const { duplicates } = this.opened.log.append(this.queue);
    this.counts.duplicates += duplicates.length;
    this.queue = [];
    this.queued = 0;
    this.dirty = true;
  }

  private work(): Promise<void> {
    this.working ??= this.workOnce()
      .then(
        () => {
          this.failing = false;
        },
        (error: unknown) => {
          this.failing = true;
          this.tell(`records cannot be written: ${wordsOf(error)}`);
          throw error;
        },
      )
      .finally(() => {
        this.working = undefined;
      });
    return this.working;
  }

  private async workOnce(): Promise<void> {
    const { intake, log } = this.opened;
    if (!this.unread.isEmpty) await this.submitUnread();
    this.write();
    if (this.dirty) {
      this.dirty = false;
      await log.sync().catch((error: unknown) => {
        this.dirty = true;
        throw error;
      });
    }
    await intake.tend();
  }

  private async submitUnread(): Promise<void> {
    const { accepted, duplicates, rejected } = await this.unread.hand((batch) =>
      this.opened.intake.submit(batch),
    );
    this.counts.recorded += accepted;
    this.counts.duplicates += duplicates;
    for (const { problems } of rejected) this.tellRejected(problems);
  }

  async flush(): Promise<void> {
    // What is under way may have begun before the last record.
    await this.working?.catch(() => {});
    await orStoreFailure(this.options.store, () => this.work());
    const lost = this.lostUntold;
    this.lostUntold = 0;
    if (lost > 0)
      throw new Failure(`${lost} records are lost: they could not be written to ${this.options.store}`);
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    clearInterval(this.timer);
    notUntilExit(this);
    try {
      await this.flush();
    } finally {
      await orStoreFailure(this.options.store, () => this.opened.intake.close());
    }
  }

  beforeExit(): void {
    const waits = this.queue.length > 0 || !this.unread.isEmpty || this.dirty || this.opened.losses.untold;
    if (waits && !this.failing) void this.flush().catch(() => {});
  }

  leave(): void {
    try {
      this.leaveContent();
      this.write();
    } finally {
      this.opened.log.closeNow();
    }
  }

  /** To redact and to encrypt takes waiting, and there is no more of that. Of those that have a record already this is none. */
  private leaveContent(): void {
    const without = this.unread.all;
    if (without.length === 0) return;
    for (const { kind, incoming } of without) this.enqueue(kind, incoming.fields);
    this.told = 0;
    this.tell(
      `the process ends before what was said in ${without.length} calls is kept: close the recorder first`,
    );
  }

  stats(): RecorderStats {
    return { ...this.counts };
  }
}

/** What anything that was thrown says; to ask it can throw too. */
function wordsOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return 'it cannot be read';
  }
}
