import type { Activation, PromptHistory, PromptVersion } from '../../trail/model.ts';

/** Milliseconds since the epoch at the year 10000, where no record's time reaches. */
export const END_OF_TIME = 253_402_300_800_000;

/** One version's time as the active one of its prompt in one environment. */
export interface Stay {
  readonly prompt: string;
  readonly environment: string;
  readonly version: PromptVersion;
  readonly activation: Activation;
  /** Milliseconds since the epoch; the ledger's times are whole seconds. */
  readonly from: number;
  /** Exclusive; `END_OF_TIME` while it lasts. */
  readonly to: number;
  /** What ended it; `undefined` while it lasts. */
  readonly end: Activation | undefined;
  /** What was active there before; `undefined` where nothing was. */
  readonly replaces: number | undefined;
}

/**
 * Every stay of a prompt's versions, in ledger order. The ledger's order decides, not the clocks of those who deployed: where
 * the next event is dated before, a stay has no length.
 */
export function staysOf({ name, versions, activations }: PromptHistory): readonly Stay[] {
  const stays: Stay[] = [];
  /** By environment: what was said last, and where the stay stands that it began. */
  const latest = new Map<string, { readonly activation: Activation; readonly at: number | undefined }>();
  for (const activation of activations) {
    const { environment, time } = activation;
    const before = latest.get(environment);
    const ended = before?.at === undefined ? undefined : stays[before.at];
    if (before?.at !== undefined && ended !== undefined)
      stays[before.at] = { ...ended, to: Math.max(ended.from, time * 1000), end: activation };
    const version = activation.version === undefined ? undefined : versions[activation.version - 1];
    latest.set(environment, { activation, at: version === undefined ? undefined : stays.length });
    if (version === undefined) continue;
    stays.push({
      prompt: name,
      environment,
      version,
      activation,
      from: time * 1000,
      to: END_OF_TIME,
      end: undefined,
      replaces: before?.activation.version,
    });
  }
  return stays;
}

/** What was active in an environment at a moment (milliseconds since the epoch). */
export function stayAt(stays: readonly Stay[], environment: string, at: number): Stay | undefined {
  return stays.findLast((stay) => stay.environment === environment && stay.from <= at && at < stay.to);
}
