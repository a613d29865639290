import type { EnvironmentName } from '../policy/model.ts';
import { POLICY_NAME, type PromptName } from '../prompts/name.ts';
import { CLOCK_TOLERANCE } from './clock.ts';
import type { ActiveVersion, PromptSummary, TrailEvent } from './model.ts';
import { standingDecisions } from './standing.ts';
import { activeVersion } from './summary.ts';
import type { Trail } from './trail.ts';

/** One version that is, or was, active in an environment. Times are seconds since the epoch. */
export interface ActiveAt extends ActiveVersion {
  readonly prompt: PromptName;
  readonly environment: EnvironmentName;
  /** Who had approved it for this environment when it was deployed; of an emergency, who has since. */
  readonly approvedBy: readonly string[];
}

export interface ActiveFilter {
  readonly prompt: PromptName | undefined;
  readonly environment: EnvironmentName | undefined;
  /** Seconds since the epoch; `undefined` asks for what is active at the head. */
  readonly at: number | undefined;
}

/** What is active, by prompt and environment; at a time in the past what was. */
export async function activeAt(trail: Trail, filter: ActiveFilter): Promise<readonly ActiveAt[]> {
  const rows: ActiveAt[] = [];
  const until = filter.at === undefined ? undefined : await sequenceAt(trail, filter.at);
  for (const summary of await trail.summaries()) {
    if (filter.prompt !== undefined && summary.name !== filter.prompt) continue;
    const active = until === undefined ? summary.active : await activeUntil(trail, summary, until);
    for (const one of active) {
      const { environment } = one.activation;
      if (filter.environment !== undefined && environment !== filter.environment) continue;
      const end =
        one.activation.kind === 'emergency' ? (until ?? Number.POSITIVE_INFINITY) : one.activation.sequence;
      const decisions = one.version.decisions.filter((decision) => decision.sequence <= end);
      const approvedBy = standingDecisions(decisions, environment).approvals;
      rows.push({ ...one, prompt: summary.name, environment, approvedBy });
    }
  }
  return rows;
}

/** The last event of the longest run from genesis whose events are all dated at or before `time`; 0 before genesis. */
async function sequenceAt(trail: Trail, time: number): Promise<number> {
  let until = trail.head.sequence;
  for await (const event of trail.events()) {
    if (!event.effective) continue;
    if (event.time > time) until = event.sequence - 1;
    else if (event.time < time - CLOCK_TOLERANCE) break;
  }
  return until;
}

async function activeUntil(
  trail: Trail,
  summary: PromptSummary,
  until: number,
): Promise<readonly ActiveVersion[]> {
  const history = await trail.prompt(summary.name);
  if (history === undefined) return [];
  const activations = history.activations.filter((activation) => activation.sequence <= until);
  const environments = new Set(activations.map((activation) => activation.environment));
  return [...environments].flatMap(
    (environment) => activeVersion({ ...history, activations }, environment) ?? [],
  );
}

/** Which events `log` shows. Times are seconds since the epoch. */
export interface LogFilter {
  readonly prompt: string | undefined;
  readonly version: number | undefined;
  readonly events: readonly string[];
  readonly actors: readonly string[];
  readonly environment: string | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/** Events that pass the filter, newest first. */
export async function* filterEvents(trail: Trail, filter: LogFilter): AsyncGenerator<TrailEvent> {
  for await (const event of trail.events()) if (passes(event, filter)) yield event;
}

function passes(event: TrailEvent, filter: LogFilter): boolean {
  const { detail } = event;
  if (filter.since !== undefined && event.time < filter.since) return false;
  if (filter.until !== undefined && event.time > filter.until) return false;
  if (filter.events.length > 0 && !filter.events.includes(detail?.event ?? 'malformed')) return false;
  if (filter.actors.length > 0 && !filter.actors.some((actor) => isBy(event, actor))) return false;
  if (filter.prompt !== undefined && subjectOf(detail) !== filter.prompt) return false;
  if (filter.version !== undefined && !(detail && 'version' in detail && detail.version === filter.version))
    return false;
  return filter.environment === undefined || touches(event, filter.environment);
}

function subjectOf(detail: TrailEvent['detail']): string | undefined {
  if (detail?.event === 'policy') return POLICY_NAME;
  return detail && 'prompt' in detail ? detail.prompt : undefined;
}

/** By principal id, or by its name as the policy had it. */
function isBy({ actor, claimedBy }: TrailEvent, who: string): boolean {
  return actor === undefined ? claimedBy === who : actor.principal === who || actor.name === who;
}

function touches({ detail }: TrailEvent, environment: string): boolean {
  if (detail === undefined) return false;
  if ('environment' in detail) return detail.environment === environment;
  if ('environments' in detail)
    return detail.environments === '*' || detail.environments.includes(environment);
  return false;
}
