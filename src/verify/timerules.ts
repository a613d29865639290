import { datedAhead } from './datedahead.ts';
import type { RegistryRule } from './evidence.ts';

/** No event that took effect is dated after now. */
export const nothingIsDatedAhead: RegistryRule = ({ latest, now }) => datedAhead(latest, now);
