import type { Period, Point } from '../../calls/search/stats.ts';

const LEVELS = '▁▂▃▄▅▆▇█';
const HOUR = 3_600_000;
const LENGTHS: Readonly<Record<Exclude<Period, 'month'>, number>> = {
  hour: HOUR,
  day: 24 * HOUR,
  week: 168 * HOUR,
};

/** From the first to the last period that anything is shown of, both canonical times. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

/**
 * A series as one line of at most `width` bars, of which each stands for the same number of periods; a blank is none at all.
 * The highest bar is the series' own greatest.
 */
export function sparkline(
  series: readonly Point[],
  over: Period,
  { from, to }: Range,
  width: number,
): string {
  const first = place(from, over);
  const periods = place(to, over) - first + 1;
  const together = Math.max(1, Math.ceil(periods / Math.max(1, width)));
  const sums: number[] = new Array(Math.ceil(periods / together)).fill(0);
  for (const { at, calls } of series) {
    const bar = Math.floor((place(at, over) - first) / together);
    sums[bar] = (sums[bar] ?? 0) + calls;
  }
  const most = sums.reduce((greatest, sum) => Math.max(greatest, sum), 0);
  return sums.map((sum) => bar(sum, most)).join('');
}

function bar(sum: number, most: number): string {
  if (sum === 0) return ' ';
  return LEVELS.charAt(Math.min(LEVELS.length - 1, Math.floor((sum / most) * LEVELS.length)));
}

/** The number of a period, counted from the epoch. */
function place(time: string, over: Period): number {
  const date = new Date(time);
  if (over === 'month') return date.getUTCFullYear() * 12 + date.getUTCMonth();
  return Math.floor(date.getTime() / LENGTHS[over]);
}
