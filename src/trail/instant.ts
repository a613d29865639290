/** Milliseconds at the beginning of the year 0, and at the end of 9999. */
const FIRST_TIME = -62_167_219_200_000;
const LAST_TIME = 253_402_300_799_999;

/** Seconds as a trailer writes a time. A commit may claim any, and a period may be longer than there are dates: the nearest that can be written. */
export function timeText(seconds: number): string {
  return new Date(Math.min(Math.max(seconds * 1000, FIRST_TIME), LAST_TIME)).toISOString();
}
