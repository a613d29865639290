import type { EnvironmentName } from '../../policy/model.ts';
import { diffPrompts } from '../../prompts/diff.ts';
import { parsePrompt } from '../../prompts/parse.ts';
import type { PromptHistory, PromptVersion } from '../../trail/model.ts';
import { standingDecisions } from '../../trail/standing.ts';
import { approvalsOf } from './approval.ts';
import type { TraceFacts } from './facts.ts';
import type { TracedDecision, TracedDeployment, TracedDiff, TracedVersion } from './model.ts';
import type { Stay } from './stays.ts';

/** What a trace is made from: the verified trail, and the versions' files. */
export interface TraceSource {
  readonly facts: TraceFacts;
  /** The exact bytes of versions, in order. */
  readonly contents: (versions: readonly PromptVersion[]) => Promise<readonly Uint8Array[]>;
}

/** The moment at which a version is looked at. */
export interface Moment {
  /** Decisions count up to this event. */
  readonly sequence: number;
  /** Where it matters that they stood; `undefined`: anywhere. */
  readonly environment: string | undefined;
  /** What to compare with; `undefined`: the version before. */
  readonly replaces: number | undefined;
}

export const NOW: Moment = {
  sequence: Number.POSITIVE_INFINITY,
  environment: undefined,
  replaces: undefined,
};

/** A version with what it changed and who had decided what by then. */
export async function tracedVersion(
  { facts, contents }: TraceSource,
  history: PromptHistory,
  version: PromptVersion,
  { sequence, environment, replaces }: Moment,
): Promise<TracedVersion> {
  const { number, commit, path, contentDigest, author, time, reason } = version;
  const before = history.versions[(replaces ?? number - 1) - 1];
  return {
    prompt: history.name,
    version: number,
    sequence: version.sequence,
    commit,
    path,
    contentDigest,
    author,
    time,
    reason,
    newest: history.versions.length,
    decisions: tracedDecisions(version, sequence, environment ?? environmentsOf(facts)),
    diff: await tracedDiff(contents, before, version),
  };
}

function environmentsOf({ policies }: TraceFacts): readonly string[] {
  const inForce = policies.findLast(({ inForceFrom }) => inForceFrom !== undefined);
  return [...(inForce?.policy.environments.keys() ?? [])];
}

function tracedDecisions(
  version: PromptVersion,
  sequence: number,
  where: string | readonly string[],
): readonly TracedDecision[] {
  const decisions = version.decisions.filter((decision) => decision.sequence <= sequence);
  const environments = typeof where === 'string' ? [where] : where;
  const standing = new Set(
    environments.flatMap((environment) => [
      ...standingDecisions(decisions, environment as EnvironmentName).decisions.values(),
    ]),
  );
  return decisions.map((decision) => {
    const { decision: kind, principal, of, time, meaning, environments: named } = decision;
    const stood = standing.has(decision);
    return {
      sequence: decision.sequence,
      decision: kind,
      principal,
      of,
      time,
      meaning,
      environments: named,
      stood,
    };
  });
}

async function tracedDiff(
  contents: TraceSource['contents'],
  before: PromptVersion | undefined,
  version: PromptVersion,
): Promise<TracedDiff> {
  const against = before?.number;
  const files = before === undefined ? [version] : [version, before];
  const bytes = await contents(files);
  const [after, earlier] = files.map(
    ({ path }, index) => parsePrompt(bytes[index] ?? new Uint8Array(), path).prompt,
  );
  const unread =
    after === undefined ? version : before !== undefined && earlier === undefined ? before : undefined;
  if (unread !== undefined)
    return { against, changes: undefined, problem: `v${unread.number} cannot be read as a prompt` };
  return { against, changes: diffPrompts(earlier, after), problem: undefined };
}

/** A stay as a trace shows it, with the approvals that stood after the event `sequence`. */
export function tracedDeployment(
  stay: Stay,
  sequence: number,
  { policies }: Pick<TraceFacts, 'policies'>,
): TracedDeployment {
  const { activation, end } = stay;
  const progress = approvalsOf(stay, sequence, policies);
  return {
    sequence: activation.sequence,
    prompt: stay.prompt,
    version: stay.version.number,
    environment: stay.environment,
    kind: activation.kind,
    by: activation.by,
    from: activation.time,
    until: end?.time,
    endedBy: end?.sequence,
    replaces: stay.replaces,
    reference: activation.reference,
    reason: activation.reason,
    approvals: progress && { have: progress.have, need: progress.need, by: progress.counted },
  };
}

/** The newest decision on a version up to a moment (milliseconds), as the sequence of its event. */
export function decidedBy({ decisions }: PromptVersion, at: number): number {
  return Math.max(0, ...decisions.filter(({ time }) => time * 1000 <= at).map(({ sequence }) => sequence));
}
