import { datedAhead } from './datedahead.ts';
import type { RegistryRule } from './evidence.ts';

const HINT =
  'nobody can sign behind it before that time, not even to acknowledge it: set right the clock of the machine that signed it, and if it was not sent yet, run promptaudit sync there, which signs it again';

/** No event that took effect is dated after now. */
export const nothingIsDatedAhead: RegistryRule = ({ latest, now }) => datedAhead(latest, now, HINT);
