import { quote } from '../ledger/text.ts';
import { parseDuration } from './duration.ts';
import { checkKnown } from './environments.ts';
import { globProblem } from './glob.ts';
import type { EnvironmentName, EnvironmentRules, NarrowRule, Principal, PrincipalId } from './model.ts';
import type { Path, Report } from './problem.ts';
import { pathText, type Salvaged } from './salvage.ts';
import type { PolicyFile } from './schema.ts';

type RuleEntry = Salvaged<NonNullable<PolicyFile['rules']>[number]>;

/** What rules may name; `undefined` where that section of the file was reported as a whole. */
export interface Known {
  readonly environments: ReadonlyMap<EnvironmentName, EnvironmentRules> | undefined;
  readonly principals: ReadonlyMap<PrincipalId, Principal> | undefined;
}

export function readRule(
  entry: RuleEntry | undefined,
  index: number,
  known: Known,
  report: Report,
): NarrowRule {
  const path: Path = ['rules', index];
  const rule: NarrowRule = {
    prompts: values(entry?.prompts),
    environments: entry?.environments && values(entry.environments as readonly EnvironmentName[]),
    approvals: entry?.approvals ?? 0,
    approvers: entry?.approvers && values(entry.approvers as readonly PrincipalId[]),
    separateDeployer: entry?.separateDeployer ?? false,
    soak: parseDuration(entry?.soak ?? '') ?? 0,
  };
  for (const [at, glob] of present(entry?.prompts)) {
    const problem = globProblem(glob);
    if (problem !== undefined) report([...path, 'prompts', at], `the pattern ${quote(glob)} ${problem}`);
  }
  for (const [at, name] of present(entry?.environments)) {
    checkKnown(name, known.environments, 'environment', [...path, 'environments', at], report);
  }
  if (entry !== undefined) checkEmpty(rule, entry, path, report);
  checkApprovers(rule, entry, path, known, report);
  checkSoak(rule, path, known, report);
  return rule;
}

/** A rule that demands nothing would seem to protect. What was reported already counts as a demand. */
function checkEmpty(rule: NarrowRule, entry: RuleEntry, path: Path, report: Report): void {
  const reported = (key: keyof RuleEntry) => key in entry && entry[key] === undefined;
  const counts = rule.approvals > 0 || reported('approvals');
  const more = rule.separateDeployer || rule.soak > 0 || reported('separateDeployer') || reported('soak');
  if ('approvers' in entry && !counts) {
    report(
      [...path, 'approvers'],
      `${pathText(path)} says whose approvals count, but not how many: say approvals`,
      'key',
    );
  } else if (!counts && !more) {
    report(
      path,
      `${pathText(path)} demands nothing: give it approvals, separateDeployer or soak, or remove it`,
    );
  }
}

function checkApprovers(
  rule: NarrowRule,
  entry: RuleEntry | undefined,
  path: Path,
  known: Known,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [at, id] of present(entry?.approvers)) {
    const here = [...path, 'approvers', at];
    if (seen.has(id)) report(here, `${quote(id)} is listed twice`);
    seen.add(id);
    if (!checkKnown(id, known.principals, 'principal', here, report)) continue;
    const roles = known.principals?.get(id as PrincipalId)?.roles;
    if (roles?.has('approver') === false) report(here, `${id} does not hold the role approver`);
  }
  const whole = entry?.approvers?.every((id) => id !== undefined) ?? false;
  if (whole && seen.size < rule.approvals) {
    report(
      [...path, 'approvals'],
      `${pathText(path)} asks for ${rule.approvals} approvals, but lets only ${seen.size} count`,
    );
  }
}

/** A soak is measured in the environment from which a version is promoted: there has to be one. */
function checkSoak(rule: NarrowRule, path: Path, { environments }: Known, report: Report): void {
  if (rule.soak === 0 || environments === undefined) return;
  const say = (problem: string) =>
    report([...path, 'soak'], `${pathText(path)} asks for a soak${problem}`, 'key');
  for (const name of rule.environments ?? []) {
    const rules = environments.get(name);
    if (rules && rules.promoteFrom === undefined) say(` before ${quote(name)}, which has no promoteFrom`);
  }
  const anywhere = [...environments.values()].some(({ promoteFrom }) => promoteFrom !== undefined);
  if (rule.environments === undefined && !anywhere) say(', but no environment has a promoteFrom');
}

/** The items of a list that were not reported, each with its place in the file's list. */
function present<T>(items: readonly (T | undefined)[] | undefined): readonly (readonly [number, T])[] {
  return (items ?? []).flatMap((item, at) => (item === undefined ? [] : [[at, item] as const]));
}

function values<T>(items: readonly (T | undefined)[] | undefined): readonly T[] {
  return present(items).map(([, item]) => item);
}
