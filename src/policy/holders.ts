import type { Policy, PrincipalId, Role } from './model.ts';

/** Everybody who holds a role, in the policy's order. */
export function holdersOf(policy: Policy, role: Role): readonly PrincipalId[] {
  return [...policy.principals.values()].filter((one) => one.roles.has(role)).map((one) => one.id);
}

const MAX_NAMED = 8;

/** Names in a row for a sentence: `a`, `a and b`, `a, b or c`; long rows are cut short. */
export function inARow(names: readonly string[], last: 'and' | 'or' = 'and'): string {
  const shown =
    names.length > MAX_NAMED ? [...names.slice(0, MAX_NAMED), `${names.length - MAX_NAMED} others`] : names;
  const [end, ...before] = shown.toReversed();
  return before.length === 0 ? (end ?? 'nobody') : `${before.toReversed().join(', ')} ${last} ${end}`;
}
