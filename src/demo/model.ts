/** A part of the story: what it is about, and what is done. */
export interface Scene {
  readonly title: string;
  readonly prose: string;
  readonly steps: readonly Step[];
}

export type Step = CommandStep | EditStep | GitStep;

interface Doing {
  /** `alice` for alice@acme.example; anybody else has no key. */
  readonly who: string;
  readonly at: Moment;
}

/** A command line of promptaudit. */
export interface CommandStep extends Doing {
  readonly step: 'command';
  /** What follows `promptaudit`, as one would type it. */
  readonly line: string;
  /** With which code it must end. */
  readonly exit: 0 | 1;
  /** Run in the demo's folder; otherwise in the registry. */
  readonly outside: boolean;
  /** How many lines of its answer are shown, from its beginning and from its end; without it, all. */
  readonly cut: Cut | undefined;
}

/** A file of the registry is written by an editor. */
interface EditStep extends Doing {
  readonly step: 'edit';
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether it is shown. */
  readonly told: boolean;
}

export type Cut = readonly [head: number, tail: number];

/** Something that anybody can do with stock git. */
export interface GitStep extends Doing {
  readonly step: 'git';
  readonly deed: Deed;
}

/** Folders are named from the demo's folder. */
export type Deed =
  | { readonly deed: 'init'; readonly repo: string }
  | { readonly deed: 'clone'; readonly repo: string; readonly to: string }
  | { readonly deed: 'fetch-ledger'; readonly repo: string }
  /** `back`: how many commits before the newest of `main` the note stands on. */
  | { readonly deed: 'note'; readonly repo: string; readonly back: number; readonly text: string }
  | { readonly deed: 'delete-tag'; readonly repo: string; readonly tag: string };

/** Days before today, and a time of that day in UTC; or the present. */
export type Moment = 'now' | readonly [daysAgo: number, time: `${number}:${number}`];

const DAY = 86_400_000;

/** Seconds are whole, as in git. */
export function dateOf(moment: Moment, now: Date): Date {
  if (moment === 'now') return now;
  const [daysAgo, time] = moment;
  const midnight = Math.floor(now.getTime() / DAY) * DAY - daysAgo * DAY;
  const [hours, minutes] = time.split(':').map(Number);
  return new Date(midnight + ((hours ?? 0) * 60 + (minutes ?? 0)) * 60_000);
}

/** How a command line ended, and all that it said. */
export interface Ran {
  readonly code: number;
  readonly output: string;
}
