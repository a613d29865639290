import type { PromptName } from '../../prompts/name.ts';
import { emptyHistory, foldPrompt, type OpenHistory } from '../fold.ts';
import type { IndexedTrail } from './indexedtrail.ts';

/** One prompt's whole history, folded from its events; `undefined` where none changed it. @throws IndexDamaged */
export function historyOf(trail: IndexedTrail, name: PromptName): OpenHistory | undefined {
  const known = trail.histories.get(name);
  if (known !== undefined || !trail.core.extent.prompts.has(name)) return known;
  const history = emptyHistory(name);
  for (const event of trail.rows.rowsOf(name)) foldPrompt(history, event);
  return history;
}
