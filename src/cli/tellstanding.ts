import { wrapAdvice } from '../report/layout.ts';
import { standing } from '../report/sync.ts';
import type { CloneStanding } from '../sync/standing.ts';
import type { Context } from './context.ts';

/** Says on standard error how far this clone is from what it last saw of its remote. */
export async function tellStanding(context: Context, remote: CloneStanding['remote']): Promise<void> {
  if (remote !== undefined) await tell(context, standingWords(remote));
}

/** Names the events that a sync could not make again, until somebody has dealt with them. */
export async function tellAside(context: Context, { aside }: CloneStanding): Promise<void> {
  const each = aside.map((ref) => `kept aside by a sync, and still to be dealt with: git show ${ref}`);
  const last = 'once one is dealt with, delete its ref with git update-ref -d <ref>';
  await tell(context, aside.length === 0 ? [] : [...each, last]);
}

/** Sentences on standard error, each in lines of its own. */
export async function tell(context: Context, said: readonly string[]): Promise<void> {
  for (const words of said)
    await context.note(({ width }) =>
      wrapAdvice(words, width)
        .map((line) => `${line}\n`)
        .join(''),
    );
}

function standingWords({ remote, events }: NonNullable<CloneStanding['remote']>): readonly string[] {
  if (events === undefined) return [`${remote} has not been synced with yet: run promptaudit sync`];
  const { ahead, behind } = events;
  if (ahead === 0 && behind === 0) return [];
  return [`${standing(ahead, behind)} ${remote} as it was last seen: run promptaudit sync`];
}
