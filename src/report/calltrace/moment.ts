/** `2026-11-21T10:11:12.345Z`, as records write their times. A time that no calendar shows is `@` and the milliseconds. */
export function formatMoment(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `@${milliseconds}` : date.toISOString();
}
