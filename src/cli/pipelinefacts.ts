import type { Policy, Principal } from '../policy/model.ts';
import type { DeploymentFacts, PipelineFacts } from '../report/pipeline/facts.ts';
import { environmentOf } from '../trail/resolve.ts';
import type { Trail } from '../trail/trail.ts';

/** What a pipeline for a registry is written from. @throws Failure for an environment that the policy does not have */
export function pipelineFacts(
  { root, policy: { policy } }: Trail,
  version: string,
  environment: string | undefined,
): PipelineFacts {
  const environments = [...policy.environments.keys()];
  const chosen = environment === undefined ? environments.at(-1) : environmentOf(policy, environment);
  const deployment: DeploymentFacts | undefined =
    chosen === undefined ? undefined : { environments, environment: chosen, service: serviceOf(policy) };
  return { version, root: root.digest, deployment };
}

/** The first service that may deploy; where there is none, the one that it takes. */
function serviceOf(policy: Policy): DeploymentFacts['service'] {
  const principals = [...policy.principals.values()];
  const found = principals.find((one) => mayDeploy(policy, one));
  if (found !== undefined) return { id: found.id, name: found.name, listed: true };
  const admin = principals.find(({ roles }) => roles.has('admin'));
  const id = `deploy-bot@${admin?.id.split('@')[1] ?? 'example.com'}`;
  const name = principals.find((one) => one.id === id)?.name ?? 'Deploy pipeline';
  return { id, name, listed: false };
}

/** A pipeline signs in process: with an Ed25519 key, which must not be revoked. */
function mayDeploy(policy: Policy, { kind, roles, keys }: Principal): boolean {
  return (
    kind === 'service' &&
    roles.has('deployer') &&
    keys.some((key) => key.startsWith('ssh-ed25519 ') && policy.keys.get(key)?.revokedFrom === undefined)
  );
}
