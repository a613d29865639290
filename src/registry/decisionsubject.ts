import { Failure } from '../failure.ts';
import { POLICY_NAME } from '../prompts/name.ts';
import type { PromptHistory, PromptVersion } from '../trail/model.ts';
import { policyVersion, resolvePrompt } from '../trail/resolve.ts';
import type { Trail } from '../trail/trail.ts';
import type { DecisionSubject } from './plandecision.ts';

/** What a decision on this version of a prompt, or of the policy, is about. @throws Failure when there is none such */
export async function decisionSubject(
  trail: Trail,
  prompt: string,
  number: number,
): Promise<DecisionSubject> {
  if (prompt === POLICY_NAME) return policySubject(trail, number);
  const history = await resolvePrompt(trail, prompt);
  const version = history.versions[number - 1];
  if (version === undefined) throw new Failure(`${prompt} has no version ${number}`);
  return versionSubject(history, version);
}

export function versionSubject(history: PromptHistory, version: PromptVersion): DecisionSubject {
  const emergencies = history.activations.filter(
    (one) => one.kind === 'emergency' && one.version === version.number,
  );
  return {
    ...version,
    prompt: history.name,
    version: version.number,
    emergencies: new Map(emergencies.map(({ environment, sequence }) => [environment, sequence])),
  };
}

/** @param number the newest when `undefined` */
export async function policySubject(trail: Trail, number: number | undefined): Promise<DecisionSubject> {
  const wanted = number ?? (await trail.policies()).length;
  const version = await policyVersion(trail, wanted);
  const [author] = version.supporters;
  if (author === undefined) throw new Failure(`nobody put policy v${wanted} forward`);
  return { ...version, prompt: POLICY_NAME, version: wanted, author, emergencies: new Map() };
}
