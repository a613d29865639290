import type { PromptName } from '../../prompts/name.ts';
import { emptyCallsLedger, foldCalls, type OpenCallsLedger } from '../callsledger.ts';
import { emptyHistory, foldPrompt, type OpenHistory } from '../fold.ts';
import { CALLS_PAGE } from '../page.ts';
import type { IndexedTrail } from './indexedtrail.ts';

/** What the ledger says of the records of calls; `undefined` where it says nothing. @throws IndexDamaged */
export function callsOf(trail: IndexedTrail): OpenCallsLedger | undefined {
  if (trail.calls !== undefined || !trail.core.extent.pages.has(CALLS_PAGE)) return trail.calls;
  const calls = emptyCallsLedger();
  for (const event of trail.rows.rowsOf(CALLS_PAGE)) foldCalls(calls, event);
  return calls;
}

/** What a command plans with is what its event is judged with: so many are not read twice, and not all are kept. */
const RECENT = 16;

/** One prompt's whole history, folded from its events; `undefined` where none changed it. @throws IndexDamaged */
export function historyOf(trail: IndexedTrail, name: PromptName): OpenHistory | undefined {
  const known = trail.histories.get(name) ?? trail.recent.get(name);
  if (known !== undefined || !trail.core.extent.pages.has(name)) return known;
  const history = emptyHistory(name);
  for (const event of trail.rows.rowsOf(name)) foldPrompt(history, event);
  const [oldest] = trail.recent.keys();
  if (oldest !== undefined && trail.recent.size >= RECENT) trail.recent.delete(oldest);
  trail.recent.set(name, history);
  return history;
}
