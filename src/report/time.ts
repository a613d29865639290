const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Seconds at 10000-01-01T00:00:00Z: from there on ISO 8601 needs more than four digits for a year. */
const YEAR_10000 = 253_402_300_800;

/** `2026-11-21T10:11:12Z`. A time that no calendar shows (commits may claim any) is `@` and the seconds. */
export function formatTime(seconds: number): string {
  if (!(seconds >= 0 && seconds < YEAR_10000)) return `@${seconds}`;
  return `${new Date(Math.floor(seconds) * 1000).toISOString().slice(0, 19)}Z`;
}

/** How a person would say it: `just now`, `3 days ago`, `in 2 hours`. Rounded down, in the largest fitting unit. */
export function relativeTime(seconds: number, now: Date): string {
  const age = Math.floor(now.getTime() / 1000) - seconds;
  const span = Math.abs(age);
  if (span < MINUTE) return 'just now';
  const long = largestUnit(span);
  return age > 0 ? `${long} ago` : `in ${long}`;
}

function largestUnit(span: number): string {
  if (span < HOUR) return count(Math.floor(span / MINUTE), 'minute');
  if (span < DAY) return count(Math.floor(span / HOUR), 'hour');
  if (span < 14 * DAY) return count(Math.floor(span / DAY), 'day');
  if (span < 60 * DAY) return count(Math.floor(span / (7 * DAY)), 'week');
  if (span < 730 * DAY) return count(Math.floor(span / (30 * DAY)), 'month');
  return count(Math.floor(span / (365 * DAY)), 'year');
}

/** `1 error`, `2 errors`, `100,000 errors`. */
export function count(number: number, noun: string): string {
  return `${amount(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** A whole number as a person reads it: `99,990`. */
export function amount(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
