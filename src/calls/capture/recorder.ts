import { hostname } from 'node:os';
import { Failure } from '../../failure.ts';
import type { RecordKind } from '../record/fields.ts';
import type { AccessInput, CallInput, ReadyRecord } from '../record/model.ts';
import { type Incoming, readRecord, takeApart } from '../record/read.ts';
import { parseRecorderName, type RecorderName } from '../store/names.ts';
import type { ContentKeeper, Submission } from './intake.ts';
import { type OpenedIntake, openIntake } from './openintake.ts';

export interface RecorderOptions {
  /** The store's folder, e.g. `.promptaudit/calls`; made where it is not there. */
  readonly store: string;
  /** Who writes: `[a-z0-9-]`, at most 40 characters; the machine's name where it is left out. */
  readonly recorder?: string | undefined;
  /** Fields that every record has unless it says otherwise, e.g. `service.name`. */
  readonly defaults?: CallInput | undefined;
  /** Keeps what was said; without one it is left out. */
  readonly content?: ContentKeeper | undefined;
  /** Called when records are lost, at most once a second; may not throw. */
  readonly onProblem?: ((problem: string) => void) | undefined;
  /** Milliseconds between writes: as much is lost at most when the process is killed. 100 unless said otherwise. */
  readonly every?: number | undefined;
}

/** How many records were given and what became of them. */
export interface RecorderStats {
  readonly recorded: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly lost: number;
}

/** What an application records with. No method but `flush` and `close` can fail, and none waits. */
export interface Recorder {
  recordCall(call: CallInput): void;
  recordAccess(access: AccessInput): void;
  /** Resolves once everything that was recorded before is on the disk. @throws Failure where it cannot be written */
  flush(): Promise<void>;
  close(): Promise<void>;
  stats(): RecorderStats;
}

/** Characters that wait to be written before an application is made to wait for the system to take them. */
const SMALL_QUEUE = 1 << 20;
/** Characters that are kept while they cannot be written; beyond them records are lost, and counted. */
const LARGEST_QUEUE = 64 << 20;
/** Calls whose content waits to be kept. */
const LARGEST_UNREAD = 10_000;
const A_SECOND = 1000;

/** Opens a recorder for this process. @throws Failure where the store cannot be written */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const recorder = recorderName(options.recorder);
  const now = (): Date => new Date();
  const opened = await openIntake({ store: options.store, recorder, now, content: options.content });
  return new BackgroundRecorder(options, opened);
}

/** @throws Failure where it is none */
export function recorderName(text: string | undefined): RecorderName {
  const machine = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  const name = parseRecorderName(text ?? (machine === '' ? 'recorder' : machine));
  if (name !== undefined) return name;
  throw new Failure(
    `${JSON.stringify(text)} is no name for a recorder: it has at most 40 of a-z, 0-9 and -, and neither begins nor ends with -`,
  );
}

class BackgroundRecorder implements Recorder {
  private readonly options: RecorderOptions;
  private readonly opened: OpenedIntake;
  private readonly timer: NodeJS.Timeout;
  private queue: ReadyRecord[] = [];
  private queued = 0;
  /** Calls whose content has to be kept first. */
  private unread: Submission[] = [];
  private working: Promise<void> | undefined;
  private told = 0;
  private readonly counts = { recorded: 0, rejected: 0, duplicates: 0, lost: 0 };

  constructor(options: RecorderOptions, opened: OpenedIntake) {
    this.options = options;
    this.opened = opened;
    this.timer = setInterval(() => void this.work().catch(() => {}), options.every ?? 100);
    this.timer.unref();
    process.once('beforeExit', this.onExit);
  }

  recordCall = (call: CallInput): void => this.take('call', call);

  recordAccess = (access: AccessInput): void => this.take('access', access);

  private take(kind: RecordKind, given: unknown): void {
    try {
      const incoming = takeApart(given);
      if (incoming === undefined) {
        this.reject(['it is no object']);
        return;
      }
      const whole = this.withDefaults(kind, incoming);
      if (this.options.content !== undefined && incoming.content.size > 0) {
        this.unread.push({ kind, incoming: whole });
        return;
      }
      const read = readRecord(whole.fields, kind, { now: Date.now(), mint: this.opened.mint });
      if (!read.ok) {
        this.reject(read.problems);
        return;
      }
      this.queue.push(read.record);
      this.queued += read.record.line.length;
      this.counts.recorded += 1;
      if (this.queued >= SMALL_QUEUE) this.write();
    } catch (error) {
      this.reject([String(error)]);
    }
  }

  private withDefaults(kind: RecordKind, incoming: Incoming): Incoming {
    const { defaults } = this.options;
    if (defaults === undefined || kind === 'access') return incoming;
    return { fields: { ...defaults, ...incoming.fields }, content: incoming.content };
  }

  private reject(problems: readonly string[]): void {
    this.opened.losses.add('invalid_record', 1);
    this.tellRejected(problems);
  }

  private tellRejected(problems: readonly string[]): void {
    this.counts.rejected += 1;
    this.tell(`a record was not kept: ${problems.join('; ')}`);
  }

  private tell(problem: string): void {
    const now = Date.now();
    if (now - this.told < A_SECOND) return;
    this.told = now;
    try {
      this.options.onProblem?.(problem);
    } catch {
      // Whoever listens must not break the application either.
    }
  }

  /** Hands the queue to the system; where that fails it stays, up to a limit. */
  private write(): boolean {
    if (this.queue.length === 0) return true;
    try {
      const { duplicates } = this.opened.log.append(this.queue);
      this.counts.duplicates += duplicates.length;
    } catch (error) {
      if (this.queued > LARGEST_QUEUE) this.lose(this.queue.length);
      this.tell(`records cannot be written: ${error instanceof Error ? error.message : String(error)}`);
      return false;
    }
    this.queue = [];
    this.queued = 0;
    return true;
  }

  private lose(count: number): void {
    this.queue = [];
    this.queued = 0;
    this.counts.lost += count;
    this.opened.losses.add('queue_full', count);
  }

  private work(): Promise<void> {
    this.working ??= this.workOnce().finally(() => {
      this.working = undefined;
    });
    return this.working;
  }

  private async workOnce(): Promise<void> {
    const { intake, log } = this.opened;
    if (this.unread.length > 0) {
      const batch = this.unread;
      this.unread = [];
      const { accepted, duplicates, rejected } = await intake.submit(batch).catch((error: unknown) => {
        this.unread = [...batch, ...this.unread].slice(0, LARGEST_UNREAD);
        throw error;
      });
      this.counts.recorded += accepted;
      this.counts.duplicates += duplicates;
      for (const { problems } of rejected) this.tellRejected(problems);
    }
    const wrote = this.queue.length > 0;
    if (!this.write()) return;
    if (wrote) await log.sync();
    await intake.tend();
  }

  async flush(): Promise<void> {
    await this.working?.catch(() => {});
    await this.work();
    if (this.queue.length > 0 || this.unread.length > 0)
      throw new Failure(
        `${this.queue.length} records cannot be written to ${this.options.store}: see whether it is full or read only`,
      );
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    process.removeListener('beforeExit', this.onExit);
    await this.flush().finally(() => this.opened.intake.close());
  }

  stats(): RecorderStats {
    return { ...this.counts };
  }

  private readonly onExit = (): void => void this.close().catch(() => {});
}
