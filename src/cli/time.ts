import { Failure } from '../failure.ts';

/** Milliseconds. */
const UNITS = new Map([
  ['second', 1000],
  ['minute', 60_000],
  ['hour', 3_600_000],
  ['day', 86_400_000],
  ['week', 604_800_000],
]);

const AMOUNTS = new Map(
  ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'].map(
    (word, amount) => [word, amount] as const,
  ),
);
AMOUNTS.set('a', 1).set('an', 1).set('last', 1);

/** The greatest time that `Date` can hold, in seconds. */
const LAST_SECOND = 8.64e12;

/**
 * A moment as people write it: ISO 8601 (UTC where it names no zone; a date alone is the start of that day), `@` and
 * seconds since the epoch, or git's relative forms: `2 weeks ago`, `3.days.ago`, `yesterday`, `last month`, `noon`.
 * `today` is the start of this day. Unlike git, which takes what it does not understand for now, this refuses it.
 * @throws Failure
 */
export function parseTime(text: string, now: Date): Date {
  const trimmed = text.trim();
  const parsed = parseEpoch(trimmed) ?? parseIso(trimmed) ?? parseRelative(trimmed.toLowerCase(), now);
  if (parsed !== undefined && !Number.isNaN(parsed.getTime())) return parsed;
  throw new Failure(
    `${JSON.stringify(text)} is not a time: write for example 2026-11-21, 2026-11-21T10:11:12Z, @1795255872, "2 weeks ago" or yesterday`,
  );
}

function parseEpoch(text: string): Date | undefined {
  if (!/^@\d{1,15}$/.test(text)) return undefined;
  const seconds = Number(text.slice(1));
  return seconds <= LAST_SECOND ? new Date(seconds * 1000) : undefined;
}

const ISO =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?)?$/i;

function parseIso(text: string): Date | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const field = (index: number) => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(field) as SixNumbers;
  const millisecond = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = offsetMinutes(match[8]);
  if (hour > 23 || minute > 59 || second > 59 || offset === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute - offset, second, millisecond);
  return date;
}

type SixNumbers = [number, number, number, number, number, number];

function offsetMinutes(zone: string | undefined): number | undefined {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 0;
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

function parseRelative(text: string, now: Date): Date | undefined {
  const words = text.split(/[\s._]+/).filter((word) => word !== '');
  const [only] = words;
  if (words.length === 1 && only !== undefined) {
    const named = namedTime(only, now);
    if (named !== undefined) return named;
  }
  if (words.at(-1) === 'ago') words.pop();
  if (words.length === 0 || words.length % 2 === 1) return undefined;
  let moment: Date | undefined = now;
  for (let at = 0; at < words.length && moment !== undefined; at += 2) {
    moment = before(moment, amountOf(words[at] ?? ''), (words[at + 1] ?? '').replace(/s$/, ''));
  }
  return moment;
}

function namedTime(word: string, now: Date): Date | undefined {
  const day = 86_400_000;
  const midnight = Math.floor(now.getTime() / day) * day;
  switch (word) {
    case 'now':
      return now;
    case 'today':
    case 'midnight':
      return new Date(midnight);
    case 'yesterday':
      return new Date(now.getTime() - day);
    case 'noon': {
      const noon = midnight + day / 2;
      return new Date(noon <= now.getTime() ? noon : noon - day);
    }
    default:
      return undefined;
  }
}

function amountOf(word: string): number | undefined {
  return /^\d{1,9}$/.test(word) ? Number(word) : AMOUNTS.get(word);
}

/** Months and years go by the calendar, and overflow as git's do: a month before 31 March is 3 March. */
function before(moment: Date, amount: number | undefined, unit: string): Date | undefined {
  if (amount === undefined) return undefined;
  const length = UNITS.get(unit);
  if (length !== undefined) return new Date(moment.getTime() - amount * length);
  const date = new Date(moment);
  if (unit === 'month') date.setUTCMonth(date.getUTCMonth() - amount);
  else if (unit === 'year') date.setUTCFullYear(date.getUTCFullYear() - amount);
  else return undefined;
  return date;
}
