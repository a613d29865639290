import { formatTime } from '../report/time.ts';
import { CLOCK_TOLERANCE } from '../trail/clock.ts';
import { finding } from '../trail/findings.ts';
import type { Finding, TrailEvent } from '../trail/model.ts';

/**
 * What is wrong where events that took effect, the latest of which is given, are dated after now. Such a date makes waiting
 * times look served, and every event behind it, dated as it should be, seems to run backwards.
 */
export function datedAhead(
  latest: Pick<TrailEvent, 'sequence' | 'time'> | undefined,
  now: number,
  hint?: string,
): readonly Finding[] {
  if (latest === undefined || latest.time <= now + CLOCK_TOLERANCE) return [];
  const { sequence, time } = latest;
  const message = `event ${sequence} is dated ${formatTime(time)}, which is still to come`;
  return [finding('ledger/time', { sequence }, message, hint)];
}
