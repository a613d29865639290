import { holdersOf } from './holders.ts';
import type { Policy, PrincipalId } from './model.ts';
import type { Path } from './problem.ts';

/** The demands of a valid policy that nobody can meet, because too few approvers can sign. */
export function unmeetable(policy: Policy): readonly { readonly at: Path; readonly message: string }[] {
  const able = holdersOf(policy, 'approver').filter((id) => canSign(policy, id));
  const say = (at: Path, who: string, need: number, eligible: readonly PrincipalId[]) => {
    if (need <= eligible.length) return [];
    const have =
      eligible.length === 0 ? 'nobody who could give one' : `only ${eligible.join(', ')} to give them`;
    return [
      {
        at: [...at, 'approvals'],
        message: `${who} asks for ${count(need, 'approval')}, and there is ${have}`,
      },
    ];
  };
  const environments = [...policy.environments].flatMap(([name, { approvals }]) =>
    say(['environments', name], name, approvals, able),
  );
  const rules = policy.rules.flatMap(({ approvals, approvers }, index) => {
    const eligible = able.filter((id) => approvers?.includes(id) ?? true);
    return say(['rules', index], 'this rule', approvals, eligible);
  });
  return [...environments, ...rules];
}

function canSign(policy: Policy, id: PrincipalId): boolean {
  return (policy.principals.get(id)?.keys ?? []).some((key) => {
    const grant = policy.keys.get(key);
    const absent = grant?.key.format === 'openpgp' && grant.key.armored === '';
    return grant !== undefined && grant.revokedFrom === undefined && !absent;
  });
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
