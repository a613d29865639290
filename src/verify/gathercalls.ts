import { kindOf } from '../git/files.ts';
import { purgeOf } from '../trail/callsledger.ts';
import type { CallsEvidence } from './evidence.ts';
import type { GatheredEvents, Progress } from './gather.ts';

/** The store of calls, where there is one at its place. */
export async function gatherCalls(
  { loaded }: GatheredEvents,
  folder: string | undefined,
  progress: Progress | undefined,
): Promise<CallsEvidence> {
  const calls = await loaded.state.calls.open();
  const sealed = calls.seals.filter((seal) => purgeOf(calls, seal) === undefined).length;
  if (folder === undefined || (await kindOf(folder)) !== 'folder') return { sealed, checked: undefined };
  // Most clones have no store: what checks one is loaded where there is one.
  const { checkStore } = await import('../calls/check/checkstore.ts');
  const checked = await checkStore({
    store: folder,
    calls,
    deep: undefined,
    progress: progress && ((done, total) => progress('calls', done, total)),
  });
  return { sealed, checked };
}
