import { lineProblem, quote } from '../ledger/text.ts';
import { parseDuration } from './duration.ts';
import { readEnvironments } from './environments.ts';
import { openPgpFingerprint } from './key.ts';
import type { EmergencyRules, Policy, RetentionPeriods, Role } from './model.ts';
import { POLICY_PATH } from './names.ts';
import { type People, type PolicyMaterial, readPeople } from './people.ts';
import { branchProblem, folderProblem, mirrorProblem } from './places.ts';
import type { PolicyProblem, Report } from './problem.ts';
import { readRule } from './rules.ts';
import { type Salvaged, salvage } from './salvage.ts';
import { type PolicyFile, policyFileSchema } from './schema.ts';
import { type PolicySource, readSource } from './source.ts';
import { unmeetable } from './unmeetable.ts';

export interface PolicyParse {
  /** `undefined` where any problem is an error. */
  readonly policy: Policy | undefined;
  /** All of them, in the order of the file. */
  readonly problems: readonly PolicyProblem[];
}

/** More than anybody reads; a hostile file may have hundreds of thousands. */
const MAX_PROBLEMS = 200;
const A_DAY = 86_400;

/**
 * Reads a policy file (design 1.2) of at most 1 MiB from hostile bytes; never throws. `material` holds the OpenPGP keys
 * that the file names (`requiredKeyFiles`); a key that it lacks verifies nothing.
 */
export function parsePolicy(bytes: Uint8Array, material: PolicyMaterial, path = POLICY_PATH): PolicyParse {
  return openPolicy(bytes, path).judge(material);
}

/** A policy file that was read, and is judged when the keys that it names are at hand. */
interface OpenPolicy {
  /**
   * Fingerprints (upper-case hex) of the OpenPGP keys that the file names: what the caller reads from beside the policy. None
   * where the file cannot be read.
   */
  readonly keyFiles: readonly string[];
  /** As `parsePolicy`, without reading the file again. */
  judge(material: PolicyMaterial): PolicyParse;
}

export function openPolicy(bytes: Uint8Array, path = POLICY_PATH): OpenPolicy {
  const source = readSource(bytes, path);
  const { value } = source;
  if (value === undefined) {
    return { keyFiles: [], judge: () => ({ policy: undefined, problems: inOrder(source.problems) }) };
  }
  const misfits: Misfit[] = [];
  const file = salvage(policyFileSchema, value, (...misfit) => misfits.push(misfit)) ?? {};
  return { keyFiles: keyFilesOf(file), judge: (material) => judge(source, file, misfits, material) };
}

type Misfit = Parameters<Report>;

function judge(
  source: PolicySource,
  file: Salvaged<PolicyFile>,
  misfits: readonly Misfit[],
  material: PolicyMaterial,
): PolicyParse {
  const found: PolicyProblem[] = [...source.problems];
  const reporter = (severity: PolicyProblem['severity']): Report => {
    return (at, message, part = 'value') => found.push({ ...source.place(at, part), message, severity });
  };
  const report = reporter('error');
  const warn = reporter('warning');
  for (const misfit of misfits) report(...misfit);
  const policy = assemble(file, material, report, warn);
  const valid = found.every((problem) => problem.severity === 'warning');
  if (valid) for (const { at, message } of unmeetable(policy)) warn(at, message);
  const mirror = valid ? mirrorProblem(policy) : undefined;
  if (mirror !== undefined) warn(['ledgerBranch'], mirror);
  return { policy: valid ? policy : undefined, problems: inOrder(found) };
}

function assemble(
  file: Salvaged<PolicyFile>,
  material: PolicyMaterial,
  report: Report,
  warn: Report,
): Policy {
  checkTexts(file, report);
  const people = readPeople(file.principals ?? {}, material, { report, warn });
  const adminThreshold = file.adminThreshold ?? 1;
  if (file.principals !== undefined) checkAdmins(people, adminThreshold, report);
  const environments = readEnvironments(file.environments ?? {}, report);
  const known = {
    environments: 'environments' in file && file.environments === undefined ? undefined : environments,
    principals: file.principals && people.principals,
  };
  return {
    registry: file.registry ?? '',
    prompts: file.prompts ?? 'prompts',
    protectedBranches: texts(file.protectedBranches ?? ['main']),
    principals: people.principals,
    keys: people.keys,
    environments,
    rules: (file.rules ?? []).map((rule, index) => readRule(rule, index, known, report)),
    adminThreshold,
    emergency: readEmergency(file.emergency),
    retention: readRetention(file.retention, report),
    ledgerBranch: file.ledgerBranch,
    checkpointKeys: texts(file.checkpointKeys ?? []),
  };
}

/** What single texts of the file have to be, beyond what the schema can say. */
function checkTexts(file: Salvaged<PolicyFile>, report: Report): void {
  const check = (
    problem: string | undefined,
    what: string,
    text: string | undefined,
    path: readonly (string | number)[],
  ) => {
    if (problem !== undefined) report(path, `${what} ${quote(text ?? '')} ${problem}`);
  };
  const { registry, prompts, ledgerBranch } = file;
  if (registry !== undefined) check(lineProblem(registry), 'the name', registry, ['registry']);
  if (prompts !== undefined) check(folderProblem(prompts), 'the folder', prompts, ['prompts']);
  if (ledgerBranch !== undefined)
    check(branchProblem(ledgerBranch), 'the branch', ledgerBranch, ['ledgerBranch']);
  for (const [index, branch] of (file.protectedBranches ?? []).entries()) {
    if (branch !== undefined)
      check(branchProblem(branch), 'the branch', branch, ['protectedBranches', index]);
  }
  for (const [index, key] of (file.checkpointKeys ?? []).entries()) {
    if (key !== undefined) check(lineProblem(key), 'the verifier key', key, ['checkpointKeys', index]);
  }
}

/** Under a policy that no admin can change, nobody can ever put anything right. */
function checkAdmins({ admins }: People, threshold: number, report: Report): void {
  if (admins === 0) {
    const message =
      'this policy locks out its last admin: no principal with the role admin has a key that is not revoked';
    report(['principals'], message, 'key');
  } else if (threshold > admins) {
    const have = admins === 1 ? 'only one admin has' : `only ${admins} admins have`;
    report(['adminThreshold'], `adminThreshold is ${threshold}, but ${have} a key that is not revoked`);
  }
}

function readEmergency(entry: Salvaged<PolicyFile>['emergency']): EmergencyRules {
  return {
    roles: new Set((entry?.roles ?? []).filter((role): role is Role => role !== undefined)),
    reviewWithin: parseDuration(entry?.reviewWithin ?? '') ?? A_DAY,
  };
}

/** Six months, for which providers and deployers of high-risk systems keep logs at least (Regulation (EU) 2024/1689, articles 19 and 26). */
const LEAST_FOR_CALLS = 183 * A_DAY;

function readRetention(entry: Salvaged<PolicyFile>['retention'], report: Report): RetentionPeriods {
  const calls = parseDuration(entry?.calls ?? '');
  if (calls !== undefined && calls < LEAST_FOR_CALLS)
    report(['retention', 'calls'], 'records of calls must be kept for at least 183d');
  return {
    calls,
    content: parseDuration(entry?.content ?? ''),
    access: parseDuration(entry?.access ?? ''),
  };
}

function texts(items: readonly (string | undefined)[]): readonly string[] {
  return items.filter((item) => item !== undefined);
}

function inOrder(problems: readonly PolicyProblem[]): readonly PolicyProblem[] {
  const sorted = problems.toSorted((one, other) => one.line - other.line || one.column - other.column);
  const last = sorted[MAX_PROBLEMS];
  if (last === undefined) return sorted;
  const message = `and ${sorted.length - MAX_PROBLEMS} problems more`;
  return [...sorted.slice(0, MAX_PROBLEMS), { ...last, message, severity: 'error' }];
}

/** As `OpenPolicy` has them, of a file that is not judged. */
export function requiredKeyFiles(bytes: Uint8Array): readonly string[] {
  return openPolicy(bytes).keyFiles;
}

function keyFilesOf(file: Salvaged<PolicyFile>): readonly string[] {
  const found = new Set<string>();
  for (const principal of Object.values(file.principals ?? {})) {
    for (const entry of principal?.keys ?? []) {
      const fingerprint = openPgpFingerprint((typeof entry === 'object' ? entry.key : entry) ?? '');
      if (fingerprint !== undefined) found.add(fingerprint);
    }
  }
  return [...found];
}
