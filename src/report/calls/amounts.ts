import { amount } from '../time.ts';

/** `812 ms`, `2.41 s`, `1 min 5 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${digits(milliseconds / 1000)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${amount(Math.floor(seconds / 60))} min ${seconds % 60} s`;
}

/** `$0.0045`, `$12.30`, `$10,043`: two digits that say something, cents, or whole dollars. */
export function dollars(value: number): string {
  const size = Math.abs(value);
  const sign = value < 0 ? '-' : '';
  if (size >= 999.995) return `${sign}$${amount(Math.round(size))}`;
  if (size >= 0.995 || size === 0) return `${sign}$${size.toFixed(2)}`;
  const places = Math.min(8, 1 - Math.floor(Math.log10(size)));
  return `${sign}$${size.toFixed(places)}`;
}

/** `812`, `12.3k`, `925M`, `3.06G`: three digits. */
export function compact(value: number): string {
  if (value < 999.5) return String(Math.round(value));
  if (value < 999_500) return `${digits(value / 1e3)}k`;
  if (value < 999_500_000) return `${digits(value / 1e6)}M`;
  return value < 1e12 ? `${digits(value / 1e9)}G` : `${amount(Math.round(value / 1e9))}G`;
}

/** `0%`, `<0.1%`, `2.5%`, `100%`. */
export function share(part: number, whole: number): string {
  if (part === 0 || whole === 0) return '0%';
  const percent = (100 * part) / whole;
  if (percent < 0.1) return '<0.1%';
  return percent < 10 ? `${percent.toFixed(1)}%` : `${Math.floor(percent)}%`;
}

/** Three digits of a number from 1 to below 1000. */
function digits(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
