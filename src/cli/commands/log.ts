import { Failure } from '../../failure.ts';
import { POLICY_NAME } from '../../prompts/name.ts';
import { parseReference } from '../../prompts/reference.ts';
import { logCsv, logJson, logJsonLines } from '../../report/log.ts';
import { logText } from '../../report/logtext.ts';
import type { TrailEvent } from '../../trail/model.ts';
import { filterEvents, type LogFilter } from '../../trail/queries.ts';
import { environmentOf, resolvePoint, resolvePrompt } from '../../trail/resolve.ts';
import type { Trail } from '../../trail/trail.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { UsageError } from '../usage.ts';

export const run: Run<'log'> = async (context, [subject], options) => {
  if (options.since !== undefined && options.until !== undefined && options.since > options.until)
    throw new UsageError('--since is after --until: nothing can be between them');
  const { trail } = await openTrail(context);
  const filter: LogFilter = {
    ...(await subjectOf(trail, subject)),
    events: options.event,
    actors: options.actor === undefined ? [] : [options.actor],
    environment: options.env === undefined ? undefined : environmentOf(trail.policy.policy, options.env),
    since: seconds(options.since),
    until: seconds(options.until),
  };
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

async function subjectOf(
  trail: Trail,
  text: string | undefined,
): Promise<Pick<LogFilter, 'prompt' | 'version'>> {
  if (text === undefined) return { prompt: undefined, version: undefined };
  if (text === POLICY_NAME) return { prompt: POLICY_NAME, version: undefined };
  const reference = parseReference(text);
  const history = await resolvePrompt(trail, reference.name);
  if (reference.kind === 'draft') throw new Failure(`the draft of ${history.name} has no events yet`);
  if (reference.kind === 'latest' && reference.implied) return { prompt: history.name, version: undefined };
  return { prompt: history.name, version: resolvePoint(trail, history, reference).number };
}

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

function seconds(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1000);
}
