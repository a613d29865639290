import { formatTime } from '../report/time.ts';
import { CLOCK_TOLERANCE } from '../trail/clock.ts';
import { finding } from '../trail/findings.ts';
import type { PushRule } from './pushevidence.ts';
import { isAbsenceOf } from './pushtagrules.ts';

/** Every new event holds, or was acknowledged. */
export const newEventsHold: PushRule = ({ trail, base, decisions }) => {
  const owed = [...decisions.values()];
  return trail.openFindings.filter(
    (found) =>
      found.severity === 'error' &&
      (found.sequence ?? Infinity) > base &&
      !owed.some(({ sequence, tagObject }) => isAbsenceOf(found, sequence, tagObject)),
  );
};

/** No new event is dated after now: every event behind it would seem to run backwards. */
export const nothingNewIsDatedAhead: PushRule = ({ latest, now }) => {
  if (latest === undefined || latest.time <= now + CLOCK_TOLERANCE) return [];
  const { sequence, time } = latest;
  const message = `event ${sequence} is dated ${formatTime(time)}, which is still to come`;
  return [
    finding(
      'ledger/time',
      { sequence },
      message,
      'set the clock right that it was signed by, and do it again',
    ),
  ];
};
