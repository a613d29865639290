import { wrapText } from '../report/layout.ts';
import { standing } from '../report/sync.ts';
import type { CloneStanding } from '../sync/standing.ts';
import type { Context } from './context.ts';

/** Says on standard error how far this clone is from what it last saw of its remote, and what a sync kept aside. */
export async function tellStanding(context: Context, { remote, aside }: CloneStanding): Promise<void> {
  const said = [
    ...(remote === undefined ? [] : standingWords(remote)),
    ...(aside.length === 0 ? [] : [asideWords(aside)]),
  ];
  for (const words of said)
    await context.note(({ width }) =>
      wrapText(words, width)
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

function asideWords(refs: readonly string[]): string {
  const what = refs.length === 1 ? 'an event is' : `${refs.length} events are`;
  return `${what} kept aside that a sync could not make again: see git show ${refs[0]}; when it is dealt with, git update-ref -d ${refs[0]}`;
}
