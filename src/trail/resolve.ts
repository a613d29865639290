import { assertNever, Failure, Refusal } from '../failure.ts';
import type { EnvironmentName, Policy } from '../policy/model.ts';
import { PROMPT_SUFFIXES } from '../prompts/name.ts';
import { nearest } from '../prompts/nearest.ts';
import { parseName, parseReference, type ReferencePoint } from '../prompts/reference.ts';
import type { PolicyVersion, PromptHistory, PromptVersion } from './model.ts';
import { activeVersion } from './summary.ts';
import type { Trail } from './trail.ts';

/** A version that somebody named. */
export interface ResolvedVersion {
  readonly history: PromptHistory;
  readonly version: PromptVersion;
}

/** A prompt by its name. @throws Failure with the nearest name when there is none */
export async function resolvePrompt(trail: Trail, text: string): Promise<PromptHistory> {
  const name = parseName(text);
  const history = await trail.prompt(name);
  if (history === undefined || history.versions.length === 0) {
    const summaries = await trail.summaries();
    throw unknownPrompt(
      name,
      summaries.map((summary) => summary.name),
    );
  }
  return history;
}

/** For a word that none of the `known` prompts goes by: it may be the path of one's file, or one of its versions. */
export function unknownPrompt(word: string, known: readonly string[]): Failure {
  const [file] = known.filter((name) => isFileOf(name, word)).sort((a, b) => b.length - a.length);
  const near = file ?? nearest(word.split('@', 1).join(), known);
  const hint = near === undefined ? 'see them with promptaudit list' : `did you mean ${near}?`;
  return new Failure(`the registry has no prompt ${word === '' ? '""' : word}: ${hint}`);
}

function isFileOf(name: string, word: string): boolean {
  return PROMPT_SUFFIXES.some((suffix) => `/${word}`.endsWith(`/${name}${suffix}`));
}

/** `name@…` as a version. @throws Failure when there is none such, Refusal when nothing is active there */
export async function resolveVersion(
  { trail }: { readonly trail: Trail },
  text: string,
): Promise<ResolvedVersion> {
  const reference = parseReference(text);
  const history = await resolvePrompt(trail, reference.name);
  return { history, version: resolvePoint(trail, history, reference) };
}

/** One point of a prompt's history. The draft is no version: callers that can show it ask for it before. */
export function resolvePoint(trail: Trail, history: PromptHistory, point: ReferencePoint): PromptVersion {
  switch (point.kind) {
    case 'latest':
      return numbered(history, history.versions.length);
    case 'version':
      return numbered(history, point.version);
    case 'environment':
      return activeThere(history, environmentOf(trail.policy.policy, point.environment));
    case 'commit':
      return committed(history, point.prefix);
    case 'draft':
      throw new Failure(
        `the draft of ${history.name} is no version: commit it with promptaudit commit ${history.name} -m "…", or name its newest, ${history.name}@${history.versions.length}`,
      );
    default:
      return assertNever(point);
  }
}

export function numbered(history: PromptHistory, number: number): PromptVersion {
  const version = history.versions[number - 1];
  if (version !== undefined) return version;
  throw new Failure(`${history.name} has no version ${number}: its newest is v${history.versions.length}`);
}

/** @throws Failure when the ledger has no such policy */
export async function policyVersion(trail: Trail, number: number): Promise<PolicyVersion> {
  const versions = await trail.policies();
  const version = versions[number - 1];
  if (version !== undefined) return version;
  throw new Failure(`there is no policy v${number}: the newest is v${versions.length}`);
}

function activeThere(history: PromptHistory, environment: EnvironmentName): PromptVersion {
  const active = activeVersion(history, environment);
  if (active === undefined)
    throw new Refusal(
      `nothing of ${history.name} is active in ${environment}: see what is with promptaudit active ${history.name}`,
    );
  return active.version;
}

function committed(history: PromptHistory, prefix: string): PromptVersion {
  const [version, ...others] = history.versions.filter((one) => one.commit.startsWith(prefix));
  if (version === undefined)
    throw new Failure(
      `no version of ${history.name} is the commit ${prefix}: see them with promptaudit log ${history.name} --event version`,
    );
  if (others.length === 0) return version;
  const all = [version, ...others].map((one) => `v${one.number} ${one.commit.slice(0, prefix.length + 4)}`);
  throw new Failure(`${prefix} is ambiguous: it begins the commits of ${all.join(', ')}`);
}

/** An environment of the policy in force. @throws Failure with the nearest name */
export function environmentOf(policy: Policy, text: string): EnvironmentName {
  const unknown = unknownEnvironment(policy, text);
  if (unknown !== undefined) throw new Failure(unknown);
  return text as EnvironmentName;
}

/** What to tell of a name that no environment of the policy has; `undefined` for one that there is. */
export function unknownEnvironment({ environments }: Policy, text: string): string | undefined {
  const names: readonly string[] = [...environments.keys()];
  if (names.includes(text)) return undefined;
  const near = nearest(text, names);
  const hint = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
  return `the policy has no environment ${JSON.stringify(text)}: ${hint}`;
}

/** Where a promotion to `environment` comes from. @throws Failure when the policy does not say */
export function sourceOf(policy: Policy, environment: EnvironmentName): EnvironmentName {
  const from = policy.environments.get(environment)?.promoteFrom;
  if (from === undefined)
    throw new Failure(`the policy does not say from where ${environment} is promoted to: give --from`);
  return from;
}
