/** A whole number and a unit: seconds, minutes, hours, days or weeks. */
export const DURATION = /^(?:0|[1-9][0-9]{0,8})[smhdw]$/;

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const SHOWN = ['d', 'h', 'm', 's'] as const;

/** A duration such as `24h`, `30m`, `7d`, `90s` or `2w` in seconds; `undefined` where it is none. */
export function parseDuration(text: string): number | undefined {
  const unit = SECONDS[text.slice(-1)];
  return DURATION.test(text) && unit !== undefined ? Number(text.slice(0, -1)) * unit : undefined;
}

/** Whole seconds for people to read, exact: `3h 12m`, `1d`, `0s`. */
export function formatDuration(seconds: number): string {
  const parts: string[] = [];
  let rest = Math.max(0, Math.floor(seconds));
  for (const unit of SHOWN) {
    const size = SECONDS[unit] ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? '0s' : parts.join(' ');
}
