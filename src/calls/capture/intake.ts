import { errorCode } from '../../git/files.ts';
import type { RecordKind } from '../record/fields.ts';
import type { ContentDigest, Part, ReadyRecord } from '../record/model.ts';
import { type Incoming, type Reading, readRecord } from '../record/read.ts';
import type { SegmentName } from '../store/names.ts';
import type { RecordLog } from '../store/recordlog.ts';
import type { Losses } from './losses.ts';

/** One record as it came in. */
export interface Submission {
  readonly kind: RecordKind;
  readonly incoming: Incoming;
}

/** What became of a batch. */
export interface Submitted {
  readonly accepted: number;
  /** Records whose id the open segment has already: kept once. */
  readonly duplicates: number;
  /** By their position in the batch. */
  readonly rejected: readonly { readonly index: number; readonly problems: readonly string[] }[];
}

/** Keeps what was said, apart from the record. */
export interface ContentKeeper {
  /** Redacts and digests; what is kept is on disk once `commit` resolves. */
  keep(segment: SegmentName, id: string, parts: ReadonlyMap<Part, string>): Promise<readonly ContentDigest[]>;
  commit(): Promise<void>;
  close(): Promise<void>;
}

export interface IntakeOptions {
  readonly log: RecordLog;
  readonly losses: Losses;
  /** Makes a UUID of version 7. */
  readonly mint: (milliseconds: number) => string;
  readonly now: () => Date;
  /** Where it is absent, what was said is not kept. */
  readonly content?: ContentKeeper | undefined;
}

const NO_CONTENT: ReadonlyMap<Part, string> = new Map();

type Rejected = Submitted['rejected'][number];
type Handed = Pick<Submitted, 'accepted' | 'duplicates'>;

/** Takes in records for good: what it accepts is on disk when it answers. */
export class Intake {
  private readonly options: IntakeOptions;
  /** The batch with content that is being kept. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: IntakeOptions) {
    this.options = options;
  }

  /** @throws a system error, after which nothing of the batch need be there: it may be sent again */
  submit(batch: readonly Submission[]): Promise<Submitted> {
    const { content } = this.options;
    if (content !== undefined) return this.submitInTurn(batch, content);
    try {
      const rejected: Rejected[] = [];
      const ready: ReadyRecord[] = [];
      const stamp = this.stamp();
      for (const [index, submission] of batch.entries()) {
        const read = readRecord(submission.incoming.fields, submission.kind, stamp);
        if (read.ok) ready.push(read.record);
        else rejected.push({ index, problems: read.problems });
      }
      return this.settle(ready.length, this.hand(ready, rejected), rejected);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Hands records to the system. @throws a system error, after which none is kept */
  private hand(ready: readonly ReadyRecord[], rejected: readonly Rejected[]): Handed {
    const { log, losses } = this.options;
    losses.add('invalid_record', rejected.length);
    try {
      const { kept, duplicates } = log.append(ready);
      return { accepted: kept.length, duplicates: duplicates.length };
    } catch (error) {
      if (errorCode(error) !== '') losses.add('write_failed', ready.length);
      throw error;
    }
  }

  /** Waits until they are on the disk. The records themselves are let go before that: many batches may wait at a time. */
  private async settle(count: number, handed: Handed, rejected: readonly Rejected[]): Promise<Submitted> {
    const { log, losses } = this.options;
    try {
      // What was there already may still be on its way to the disk.
      if (count > 0) await log.sync();
      return { ...handed, rejected };
    } catch (error) {
      if (errorCode(error) !== '') losses.add('write_failed', count);
      throw error;
    }
  }

  /** One batch after the other, so that between two of them a segment that is full can be closed. */
  private async submitInTurn(batch: readonly Submission[], content: ContentKeeper): Promise<Submitted> {
    const mine = this.last.then(() => this.handWhole(batch, content));
    this.last = mine.catch(() => {});
    const { count, handed, rejected } = await mine;
    return this.settle(count, handed, rejected);
  }

  /** Content is on the disk before the records that name it. */
  private async handWhole(
    batch: readonly Submission[],
    content: ContentKeeper,
  ): Promise<{ count: number; handed: Handed; rejected: readonly Rejected[] }> {
    const { log } = this.options;
    const rejected: Rejected[] = [];
    const ready: ReadyRecord[] = [];
    const unpin = log.pin();
    try {
      for (const [index, submission] of batch.entries()) {
        const read = await this.readWhole(submission, content);
        if (read.ok) ready.push(read.record);
        else rejected.push({ index, problems: read.problems });
      }
      await content.commit();
      return { count: ready.length, handed: this.hand(ready, rejected), rejected };
    } finally {
      unpin();
    }
  }

  /** Records what was lost before, and lets the log do what is due. @throws a system error */
  async tend(): Promise<void> {
    const { log, losses } = this.options;
    let told = false;
    losses.tell((accesses) => {
      log.append(
        accesses.flatMap((fields) =>
          this.ready({ kind: 'access', incoming: { fields, content: NO_CONTENT } }),
        ),
      );
      told = true;
    });
    if (told) await log.sync();
    await log.tend();
  }

  async close(): Promise<void> {
    await this.tend().finally(async () => {
      await this.options.content?.close();
      await this.options.log.close();
    });
  }

  private ready({ kind, incoming }: Submission): ReadyRecord[] {
    const read = readRecord(incoming.fields, kind, this.stamp());
    return read.ok ? [read.record] : [];
  }

  private async readWhole({ kind, incoming }: Submission, keeper: ContentKeeper): Promise<Reading> {
    const { log } = this.options;
    const { fields, content } = incoming;
    const bare = readRecord(fields, kind, this.stamp());
    if (!bare.ok || content.size === 0 || kind !== 'call') return bare;
    // Opened first: of a segment that another process began, the log knows no ids before that.
    const { name } = log.segment('calls');
    if (log.has(bare.record)) return bare;
    const { id } = bare.record;
    const kept = await keeper.keep(name, id, content);
    return readRecord({ ...fields, id }, kind, this.stamp(), kept);
  }

  private stamp(): { now: number; mint: (milliseconds: number) => string } {
    return { now: this.options.now().getTime(), mint: this.options.mint };
  }
}
