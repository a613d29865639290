import { sanitize, truncate } from '../report/text.ts';
import type { Output } from './terminal.ts';

/** Tells how far long work is. */
export interface Progress {
  /** `total` is `undefined` where it is not known. May be called as often as is convenient. */
  update(done: number, total?: number): void;
  /** Takes the bar off the screen. May be called twice. */
  end(): void;
}

export interface ProgressSettings {
  readonly label: string;
  readonly quiet: boolean;
  readonly width: number;
  readonly now: () => Date;
}

/** Milliseconds before a bar first shows, and between two drawings. */
const PATIENCE = 400;
const INTERVAL = 100;

const BAR = 24;
const CLEAR = '\r\x1b[K';

const SILENT: Progress = { update: () => {}, end: () => {} };

/** A bar on a terminal, nothing elsewhere. */
export function progressOn(output: Output, settings: ProgressSettings): Progress {
  if (settings.quiet || !output.isTTY) return SILENT;
  const label = sanitize(settings.label);
  let due = settings.now().getTime() + PATIENCE;
  let drawn = false;
  // A terminal that is gone is no reason to stop the work.
  const draw = (text: string) => void output.write(text).catch(() => {});
  return {
    update: (done, total) => {
      const time = settings.now().getTime();
      if (time < due) return;
      due = time + INTERVAL;
      drawn = true;
      draw(CLEAR + truncate(`${label}  ${gauge(done, total)}`, settings.width - 1));
    },
    end: () => {
      if (drawn) draw(CLEAR);
      drawn = false;
      due = Number.POSITIVE_INFINITY;
    },
  };
}

function gauge(done: number, total: number | undefined): string {
  if (total === undefined || total <= 0) return done === 0 ? '…' : String(done);
  const share = Math.min(1, done / total);
  const filled = Math.floor(share * BAR);
  const bar = '#'.repeat(filled) + '.'.repeat(BAR - filled);
  return `[${bar}] ${Math.floor(share * 100)} %  ${done} of ${total}`;
}
