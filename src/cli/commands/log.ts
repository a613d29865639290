import { logCsv, logJson, logJsonLines } from '../../report/log.ts';
import { logText } from '../../report/logtext.ts';
import type { TrailEvent } from '../../trail/model.ts';
import { filterEvents } from '../../trail/queries.ts';
import type { Run } from '../command.ts';
import { logFilter } from '../logfilter.ts';
import { openTrail } from '../opentrail.ts';
import { UsageError } from '../usage.ts';

export const run: Run<'log'> = async (context, [subject], options) => {
  if (options.since !== undefined && options.until !== undefined && options.since > options.until)
    throw new UsageError('--since is after --until: nothing can be between them');
  const { trail } = await openTrail(context);
  const filter = await logFilter(trail, subject, options);
  const { root, head } = trail;
  let shown = 0;
  const events = async function* () {
    for await (const event of chosen(filterEvents(trail, filter), options.limit, options.reverse)) {
      shown += 1;
      yield event;
    }
  };
  switch (options.format) {
    case 'jsonl':
      await context.print(logJsonLines(events()));
      return 0;
    case 'csv':
      await context.print(logCsv(events()));
      return 0;
    case 'json':
      await context.print(logJson(root.registry, head, events()));
      return 0;
    default:
      await context.answer(
        () => logJson(root.registry, head, events()),
        (page) => logText(events(), page),
      );
      if (shown === 0) await context.note(() => 'no event matches\n');
      return 0;
  }
};

/** The newest `limit` of them; reversed, those same ones, oldest first. */
async function* chosen(
  events: AsyncIterable<TrailEvent>,
  limit: number | undefined,
  reverse: boolean,
): AsyncGenerator<TrailEvent> {
  const kept: TrailEvent[] = [];
  let count = 0;
  for await (const event of events) {
    if (reverse) kept.push(event);
    else yield event;
    count += 1;
    if (count === limit) break;
  }
  yield* kept.reverse();
}
