import { RETENTION_CLASSES } from '../ledger/event.ts';
import { formatDuration } from '../policy/duration.ts';
import type { EnvironmentRules, NarrowRule, Policy } from '../policy/model.ts';
import type { KeyId } from '../signing/model.ts';
import type { PolicyVersion } from '../trail/model.ts';
import { jsonDocument } from './json.ts';
import { hang, span, wrap } from './layout.ts';
import type { Page } from './style.ts';
import { count } from './time.ts';

/** `{schema: "promptaudit/policy-version@1", version, state, sequence, commit, contentDigest, inForceFrom, supporters, policy}` */
export function policyJson(version: PolicyVersion, state: string, policy: unknown): string {
  const { number, sequence, commit, contentDigest, inForceFrom, supporters } = version;
  return jsonDocument({
    schema: 'promptaudit/policy-version@1',
    version: number,
    state,
    sequence,
    commit,
    contentDigest,
    inForceFrom: inForceFrom ?? null,
    supporters,
    policy,
  });
}

/** People with their roles and keys, then what each environment demands, the narrower rules, and what holds for all. */
export function policyText(
  { number, sequence, inForceFrom, policy }: PolicyVersion,
  state: string,
  print: (key: KeyId) => string,
  page: Page,
): string {
  const { style, width } = page;
  const alone = inForceFrom === undefined || inForceFrom === sequence;
  const events = alone
    ? `event ${sequence}`
    : `put forward by event ${sequence}, accepted by event ${inForceFrom}`;
  const title = ` of ${policy.registry}, ${state}, ${events}`;
  const lines = [...wrap([span(`policy v${number}`, style.strong), span(title)], width), ''];
  for (const { id, name, kind, roles, keys } of policy.principals.values()) {
    const what = kind === 'service' ? ' (service)' : '';
    lines.push(...wrap([span(`${name} <${id}>`, style.strong), span(what, style.dim)], width));
    lines.push(...hang([span('  roles  ', style.dim)], [span([...roles].join(', '))], width));
    for (const key of keys) {
      const from = policy.keys.get(key)?.revokedFrom;
      const revoked = from === undefined ? [] : [span(`  revoked from event ${from} on`, style.caution)];
      lines.push(...hang([span('  key    ', style.dim)], [span(print(key)), ...revoked], width));
    }
  }
  lines.push('');
  const longest = Math.max(0, ...[...policy.environments.keys()].map((name) => name.length));
  for (const [name, rules] of policy.environments)
    lines.push(...hang([span(`${name.padEnd(longest)}  `, style.strong)], [span(demands(rules))], width));
  for (const rule of policy.rules) {
    const where = rule.environments === undefined ? 'every environment' : rule.environments.join(', ');
    const only = rule.approvers === undefined ? '' : `, only by ${rule.approvers.join(', ')}`;
    lines.push(
      ...hang(
        [span(`${rule.prompts.join(', ')}  `, style.strong)],
        [span(`in ${where}: ${demands(rule)}${only}`)],
        width,
      ),
    );
  }
  lines.push(...terms(policy).flatMap((term) => wrap([span(term)], width)));
  return lines.map((line) => `${line}\n`).join('');
}

/** What holds for all prompts and people alike. */
function terms({ emergency, adminThreshold, protectedBranches, ledgerBranch, retention }: Policy): string[] {
  const roles = emergency.roles.size === 0 ? 'nobody' : [...emergency.roles].join(', ');
  const periods = RETENTION_CLASSES.flatMap((kind) => {
    const period = retention[kind];
    return period === undefined ? [] : [`${kind} for ${formatDuration(period)}`];
  });
  const rest = periods.length === RETENTION_CLASSES.length ? '' : ', the rest for ever';
  const branches = protectedBranches.length === 0 ? 'none' : protectedBranches.join(', ');
  return [
    `emergencies by ${roles}, to be reviewed within ${formatDuration(emergency.reviewWithin)}`,
    `a new policy needs ${count(adminThreshold, 'admin')}`,
    `protected branches: ${branches}`,
    ...(ledgerBranch === undefined ? [] : [`the ledger is mirrored to ${ledgerBranch}`]),
    ...(periods.length === 0 ? [] : [`records are kept: ${periods.join(', ')}${rest}`]),
  ];
}

function demands(rules: EnvironmentRules | NarrowRule): string {
  const parts = [
    ...(rules.approvals > 0 ? [count(rules.approvals, 'approval')] : []),
    ...('promoteFrom' in rules && rules.promoteFrom !== undefined
      ? [`promoted from ${rules.promoteFrom}`]
      : []),
    ...(rules.soak > 0 ? [`after ${formatDuration(rules.soak)} there`] : []),
    ...(rules.separateDeployer ? ['the deployer neither author nor approver'] : []),
  ];
  return parts.length === 0 ? 'no demands' : parts.join(', ');
}
