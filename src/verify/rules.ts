import { protectedContentIsRegistered, protectedHistoryIsWhole } from './branchrules.ts';
import { sealedCallsAreThere } from './callrules.ts';
import { emergenciesAreReviewed } from './emergencyrules.ts';
import type { RegistryRule } from './evidence.ts';
import { historyIsShown } from './hiddenhistory.ts';
import { mirrorsAgree } from './mirrorrules.ts';
import { decisionsHaveTheirTags, tagsHaveTheirEvents } from './tagrules.ts';
import { nothingIsDatedAhead } from './timerules.ts';

/** The claims about a registry as a whole, each on its own. */
export const REGISTRY_RULES: readonly RegistryRule[] = [
  decisionsHaveTheirTags,
  tagsHaveTheirEvents,
  emergenciesAreReviewed,
  nothingIsDatedAhead,
  mirrorsAgree,
  protectedContentIsRegistered,
  protectedHistoryIsWhole,
  historyIsShown,
  sealedCallsAreThere,
];
