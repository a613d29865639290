import type { Policy, PrincipalId, Role } from './model.ts';

/** Everybody who holds a role, in the policy's order. */
export function holdersOf(policy: Policy, role: Role): readonly PrincipalId[] {
  return [...policy.principals.values()].filter((one) => one.roles.has(role)).map((one) => one.id);
}

/** Whether one of the principal's keys can be trusted from now on. */
export function canSign(policy: Policy, id: PrincipalId): boolean {
  return (policy.principals.get(id)?.keys ?? []).some((key) => {
    const grant = policy.keys.get(key);
    const absent = grant?.key.format === 'openpgp' && grant.key.armored === '';
    return grant !== undefined && grant.revokedFrom === undefined && !absent;
  });
}

/** Whom to ask: those who hold a role and have a key to use it with. */
export function ableTo(policy: Policy, role: Role): readonly PrincipalId[] {
  return holdersOf(policy, role).filter((id) => canSign(policy, id));
}

const MAX_NAMED = 8;

/** Names in a row for a sentence: `a`, `a and b`, `a, b or c`; long rows are cut short. */
export function inARow(names: readonly string[], last: 'and' | 'or' = 'and'): string {
  const shown =
    names.length > MAX_NAMED ? [...names.slice(0, MAX_NAMED), `${names.length - MAX_NAMED} others`] : names;
  const [end, ...before] = shown.toReversed();
  return before.length === 0 ? (end ?? 'nobody') : `${before.toReversed().join(', ')} ${last} ${end}`;
}
