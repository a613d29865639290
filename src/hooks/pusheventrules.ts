import { datedAhead } from '../verify/datedahead.ts';
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

/** No new event is dated after now. */
export const nothingNewIsDatedAhead: PushRule = ({ latest, now }) =>
  datedAhead(latest, now, 'set the clock right that it was signed by, and do it again');
