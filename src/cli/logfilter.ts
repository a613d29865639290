import { Failure } from '../failure.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import { nearest } from '../prompts/nearest.ts';
import { parsePolicyReference, parseReference } from '../prompts/reference.ts';
import { filterEvents, type LogFilter } from '../trail/queries.ts';
import { environmentOf, policyVersion, resolvePoint, resolvePrompt } from '../trail/resolve.ts';
import type { Trail } from '../trail/trail.ts';
import type { VerbOptions } from './verbs.ts';

const EVERYTHING: LogFilter = {
  prompt: undefined,
  version: undefined,
  events: [],
  actors: [],
  environment: undefined,
  since: undefined,
  until: undefined,
};

/** What `log` was asked for. @throws Failure for a prompt, an environment or a person that the registry does not know */
export async function logFilter(
  trail: Trail,
  subject: string | undefined,
  { event, actor, env, since, until }: VerbOptions<'log'>,
): Promise<LogFilter> {
  if (actor !== undefined) await expectActor(trail, actor);
  return {
    ...(await subjectOf(trail, subject)),
    events: event,
    actors: actor === undefined ? [] : [actor],
    environment: env === undefined ? undefined : environmentOf(trail.policy.policy, env),
    since: seconds(since),
    until: seconds(until),
  };
}

/** @throws Failure for a name that nobody in the registry has or had: one that is misspelt is not somebody who did nothing */
async function expectActor(trail: Trail, actor: string): Promise<void> {
  const people = [...trail.policy.policy.principals.values()].flatMap(({ id, name }) => [id, name]);
  if (people.includes(actor)) return;
  for await (const _ of filterEvents(trail, { ...EVERYTHING, actors: [actor] })) return;
  const near = nearest(actor, people);
  const hint = near === undefined ? 'see them with promptaudit policy show' : `did you mean ${near}?`;
  throw new Failure(`nobody in the registry is called ${JSON.stringify(actor)}: ${hint}`);
}

async function subjectOf(
  trail: Trail,
  text: string | undefined,
): Promise<Pick<LogFilter, 'prompt' | 'version'>> {
  if (text === undefined) return { prompt: undefined, version: undefined };
  const policy = parsePolicyReference(text);
  if (policy !== undefined) {
    if (policy.version !== undefined) await policyVersion(trail, policy.version);
    return { prompt: POLICY_NAME, version: policy.version };
  }
  const reference = parseReference(text);
  const history = await resolvePrompt(trail, reference.name);
  if (reference.kind === 'draft') throw new Failure(`the draft of ${history.name} has no events yet`);
  if (reference.kind === 'latest' && reference.implied) return { prompt: history.name, version: undefined };
  return { prompt: history.name, version: resolvePoint(trail, history, reference).number };
}

function seconds(date: Date | undefined): number | undefined {
  return date === undefined ? undefined : Math.floor(date.getTime() / 1000);
}
