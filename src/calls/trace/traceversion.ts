import type { PromptHistory, PromptVersion } from '../../trail/model.ts';
import type { DeploymentTrace, VersionTrace } from './model.ts';
import { type Stay, staysOf } from './stays.ts';
import { NO_USAGE, type Records, usageOf } from './usage.ts';
import { NOW, type TraceSource, tracedDeployment, tracedVersion } from './version.ts';

/** Until when decisions on a deployment bear on it. */
function endOf({ end }: Stay): number {
  return end === undefined ? Number.POSITIVE_INFINITY : end.sequence;
}

/** From a deployment to its version, and to the calls that were made under it. */
export async function traceDeployment(
  history: PromptHistory,
  stay: Stay,
  source: TraceSource,
  records: Records,
): Promise<DeploymentTrace> {
  const { version, environment, replaces, activation } = stay;
  // Of an emergency it matters who approved it since.
  const sequence = activation.kind === 'emergency' ? endOf(stay) : activation.sequence;
  const { stays } = await usageOf(records, history.name, version, [stay]);
  return {
    kind: 'deployment',
    deployment: tracedDeployment(stay, sequence, source.facts),
    version: await tracedVersion(source, history, version, { sequence, environment, replaces }),
    usage: stays.get(activation.sequence) ?? { used: NO_USAGE, others: NO_USAGE },
  };
}

/** From a version to where it was active, and to the calls that used it. */
export async function traceVersion(
  history: PromptHistory,
  version: PromptVersion,
  source: TraceSource,
  records: Records,
): Promise<VersionTrace> {
  const own = staysOf(history).filter((stay) => stay.version === version);
  const { environments, stays, outside } = await usageOf(records, history.name, version, own);
  return {
    kind: 'version',
    version: await tracedVersion(source, history, version, NOW),
    stays: own.map((stay) => ({
      deployment: tracedDeployment(stay, endOf(stay), source.facts),
      used: stays.get(stay.activation.sequence)?.used ?? NO_USAGE,
    })),
    environments,
    outside,
  };
}
