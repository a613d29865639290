import { quote } from '../ledger/text.ts';
import { nearest } from '../prompts/nearest.ts';
import { parseDuration } from './duration.ts';
import type { EnvironmentName, EnvironmentRules } from './model.ts';
import { environmentNameProblem } from './names.ts';
import type { Path, Report } from './problem.ts';
import { pathText, type Salvaged } from './salvage.ts';
import type { PolicyFile } from './schema.ts';

type EnvironmentEntries = Salvaged<NonNullable<PolicyFile['environments']>>;

/** A misspelt name is compared with no more than these. */
const MAX_CANDIDATES = 200;

export function readEnvironments(
  entries: EnvironmentEntries,
  report: Report,
): ReadonlyMap<EnvironmentName, EnvironmentRules> {
  const environments = new Map<EnvironmentName, EnvironmentRules>();
  for (const [name, entry] of Object.entries(entries)) {
    const path = ['environments', name];
    const problem = environmentNameProblem(name);
    if (problem !== undefined) report(path, `the environment ${quote(name)} ${problem}`, 'key');
    if (entry?.soak !== undefined && entry.promoteFrom === undefined) {
      report([...path, 'soak'], `${pathText(path)} asks for a soak, but not where: say promoteFrom`, 'key');
    }
    environments.set(name as EnvironmentName, {
      approvals: entry?.approvals ?? 0,
      promoteFrom: entry?.promoteFrom as EnvironmentName | undefined,
      separateDeployer: entry?.separateDeployer ?? false,
      soak: parseDuration(entry?.soak ?? '') ?? 0,
    });
  }
  for (const [name, { promoteFrom }] of environments) {
    if (promoteFrom !== undefined)
      checkKnown(promoteFrom, environments, 'environment', ['environments', name, 'promoteFrom'], report);
  }
  checkPromotion(environments, report);
  return environments;
}

/** Following `promoteFrom` must come to an end. A circle is reported once, where it is met first. */
function checkPromotion(environments: ReadonlyMap<EnvironmentName, EnvironmentRules>, report: Report): void {
  const done = new Set<EnvironmentName>();
  for (const start of environments.keys()) {
    const way: EnvironmentName[] = [];
    let here: EnvironmentName | undefined = start;
    while (here !== undefined && !done.has(here)) {
      done.add(here);
      way.push(here);
      here = environments.get(here)?.promoteFrom;
    }
    const at = here === undefined ? -1 : way.indexOf(here);
    const [first, ...others] = at < 0 ? [] : way.slice(at);
    if (first === undefined) continue;
    const around = [first, ...others, first].map((name) => quote(name)).join(' from ');
    report(['environments', first, 'promoteFrom'], `promotion goes in a circle: ${around}`);
  }
}

/** Reports a name that is none of the known ones. Where those are not known themselves, all names are taken as they are. */
export function checkKnown(
  name: string,
  known: ReadonlyMap<string, unknown> | undefined,
  what: 'environment' | 'principal',
  path: Path,
  report: Report,
): boolean {
  if (known === undefined || known.has(name)) return true;
  // What a quotation would not show as it is, is no name to be recommended.
  const plain = [...known.keys()].slice(0, MAX_CANDIDATES).filter((one) => quote(one) === `"${one}"`);
  const meant = nearest(name, plain);
  report(
    path,
    `the policy has no ${what} ${quote(name)}${meant === undefined ? '' : `: did you mean ${meant}?`}`,
  );
  return false;
}
