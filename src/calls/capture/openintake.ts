import { randomBytes, randomFillSync } from 'node:crypto';
import { uuidMinter } from '../record/uuid.ts';
import { makeStore, storeFailure } from '../store/folder.ts';
import type { RecorderName } from '../store/names.ts';
import { RecordLog, type SegmentLimits } from '../store/recordlog.ts';
import { type Recovered, recover } from '../store/recover.ts';
import { type ContentKeeper, Intake } from './intake.ts';
import { Losses } from './losses.ts';

export interface OpenIntakeOptions {
  /** The store's folder; made where it is not there. */
  readonly store: string;
  readonly recorder: RecorderName;
  readonly now: () => Date;
  readonly limits?: Partial<SegmentLimits> | undefined;
  readonly content?: ContentKeeper | undefined;
}

export interface OpenedIntake {
  readonly intake: Intake;
  readonly log: RecordLog;
  readonly losses: Losses;
  readonly mint: (milliseconds: number) => string;
  /** What was put right of what killed writers left. */
  readonly recovered: readonly Recovered[];
}

/** Opens a store for writing. @throws Failure where it cannot be written */
export async function openIntake(options: OpenIntakeOptions): Promise<OpenedIntake> {
  const { store, recorder, now, limits, content } = options;
  await makeStore(store);
  const recovered = await recover(store, now());
  const losses = new Losses(recorder);
  losses.add('torn_line', recovered.filter(({ tornBytes }) => tornBytes > 0).length);
  const random = (): string => randomBytes(3).toString('hex');
  const log = new RecordLog({ store, recorder, limits, now, random });
  const mint = uuidMinter(randomFillSync);
  const intake = new Intake({ log, losses, mint, now, content });
  return { intake, log, losses, mint, recovered };
}

/** As `Intake.submit` and `tend`, with a store's errors put for a person. */
export async function orStoreFailure<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(error, store, 'be written');
  }
}
