import type { AccessInput } from '../record/model.ts';

/** Why records were not kept: the `error.type` of what is recorded of it. */
export type LossReason = 'invalid_record' | 'write_failed' | 'queue_full' | 'torn_line';

/** Counts what could not be recorded, so that the record says so itself as soon as it can be written again. */
export class Losses {
  private readonly counts = new Map<LossReason, number>();
  private readonly recorder: string;

  constructor(recorder: string) {
    this.recorder = recorder;
  }

  add(reason: LossReason, count: number): void {
    if (count > 0) this.counts.set(reason, (this.counts.get(reason) ?? 0) + count);
  }

  get untold(): boolean {
    return this.counts.size > 0;
  }

  /** Hands over one access record a reason; they count as told unless `write` throws. */
  tell(write: (told: readonly AccessInput[]) => void): void {
    if (this.counts.size === 0) return;
    write([...this.counts].map(([reason, count]) => this.access(reason, count)));
    this.counts.clear();
  }

  private access(reason: LossReason, count: number): AccessInput {
    return {
      'promptaudit.access.action': 'record',
      'promptaudit.access.actor': `recorder:${this.recorder}`,
      'promptaudit.access.object': 'calls',
      'promptaudit.access.outcome': 'failed',
      'promptaudit.access.rows': count,
      'error.type': reason,
    };
  }
}
