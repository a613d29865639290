import type { EnvironmentName } from '../policy/model.ts';
import type { ActiveVersion, PromptHistory, PromptSummary } from './model.ts';
import { activeIn } from './standing.ts';

export function summarise(history: PromptHistory): PromptSummary {
  const environments = new Set<EnvironmentName>(
    history.activations.map((activation) => activation.environment),
  );
  return {
    name: history.name,
    versions: history.versions.length,
    latest: history.versions.at(-1),
    active: [...environments].flatMap((environment) => activeVersion(history, environment) ?? []),
    retired: history.retired,
  };
}

/** What is active in `environment`, with its version. */
export function activeVersion(
  history: PromptHistory,
  environment: EnvironmentName,
): ActiveVersion | undefined {
  const activation = activeIn(history.activations, environment);
  const version = activation?.version === undefined ? undefined : history.versions[activation.version - 1];
  return activation && version && { activation, version };
}
