import { RETENTION_CLASSES } from '../ledger/event.ts';
import { formatDuration } from './duration.ts';
import type { EnvironmentRules, NarrowRule, Policy, Principal } from './model.ts';

/** One thing that differs between two policies, under its name in the file. `undefined`: the policy does not have it. */
export interface PolicyDifference {
  /** E.g. `principals.alice@acme.example.roles`, `rules[0].approvals`. */
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What differs between two policies, in the file's order; every setting of `after` where there is no policy before. */
export function diffPolicies(before: Policy | undefined, after: Policy): readonly PolicyDifference[] {
  const old = before === undefined ? new Map<string, string>() : settings(before);
  const now = settings(after);
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((path) => ({ path, before: old.get(path), after: now.get(path) }))
    .filter((row) => row.before !== row.after);
}

type Setting = readonly [path: string, value: string | undefined];

/** A policy as rows. */
function settings(policy: Policy): ReadonlyMap<string, string> {
  const rows: Setting[] = [
    ['registry', policy.registry],
    ['prompts', policy.prompts],
    ['protectedBranches', joined(policy.protectedBranches)],
    ...[...policy.principals.values()].flatMap((one) => principalSettings(one, policy)),
    ...[...policy.environments].flatMap(([name, rules]) =>
      environmentSettings(`environments.${name}`, rules),
    ),
    ...policy.rules.flatMap((rule, index) => ruleSettings(`rules[${index}]`, rule)),
    ['adminThreshold', String(policy.adminThreshold)],
    ['emergency.roles', joined([...policy.emergency.roles])],
    ['emergency.reviewWithin', formatDuration(policy.emergency.reviewWithin)],
    ...RETENTION_CLASSES.map((kind): Setting => {
      const period = policy.retention[kind];
      return [`retention.${kind}`, period === undefined ? undefined : formatDuration(period)];
    }),
    ['ledgerBranch', policy.ledgerBranch],
    ['checkpointKeys', joined(policy.checkpointKeys)],
  ];
  return new Map(rows.filter((row): row is [string, string] => row[1] !== undefined));
}

function principalSettings({ id, name, kind, roles, keys }: Principal, policy: Policy): readonly Setting[] {
  const path = `principals.${id}`;
  const shown = keys.map((key) => {
    const revokedFrom = policy.keys.get(key)?.revokedFrom;
    return [
      `${path}.keys.${key}`,
      revokedFrom === undefined ? 'trusted' : `revoked from event ${revokedFrom}`,
    ] as const;
  });
  return [
    [`${path}.name`, name],
    [`${path}.kind`, kind],
    [`${path}.roles`, joined([...roles].sort())],
    ...shown,
  ];
}

function environmentSettings(path: string, rules: EnvironmentRules): readonly Setting[] {
  return [
    [`${path}.approvals`, String(rules.approvals)],
    [`${path}.promoteFrom`, rules.promoteFrom],
    [`${path}.separateDeployer`, String(rules.separateDeployer)],
    [`${path}.soak`, rules.soak === 0 ? undefined : formatDuration(rules.soak)],
  ];
}

function ruleSettings(path: string, rule: NarrowRule): readonly Setting[] {
  return [
    [`${path}.prompts`, joined(rule.prompts)],
    [`${path}.environments`, rule.environments && joined(rule.environments)],
    [`${path}.approvals`, String(rule.approvals)],
    [`${path}.approvers`, rule.approvers && joined(rule.approvers)],
    [`${path}.separateDeployer`, rule.separateDeployer ? 'true' : undefined],
    [`${path}.soak`, rule.soak === 0 ? undefined : formatDuration(rule.soak)],
  ];
}

function joined(items: readonly string[]): string | undefined {
  return items.length === 0 ? undefined : items.join(', ');
}
