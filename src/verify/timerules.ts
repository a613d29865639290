import { formatTime } from '../report/time.ts';
import { CLOCK_TOLERANCE } from '../trail/clock.ts';
import { finding } from '../trail/findings.ts';
import type { RegistryRule } from './evidence.ts';

/**
 * No event that took effect is dated after now. Such a date makes waiting times look served, and every event behind it, dated
 * as it should be, seems to run backwards.
 */
export const nothingIsDatedAhead: RegistryRule = ({ latest, now }) => {
  if (latest === undefined || latest.time <= now + CLOCK_TOLERANCE) return [];
  const message = `event ${latest.sequence} is dated ${formatTime(latest.time)}, which is still to come`;
  return [finding('ledger/time', { sequence: latest.sequence }, message)];
};
