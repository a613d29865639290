import { ableTo } from './holders.ts';
import type { Policy, PrincipalId } from './model.ts';
import type { Path } from './problem.ts';

/** The demands of a valid policy that nobody can meet, because too few approvers can sign. */
export function unmeetable(policy: Policy): readonly { readonly at: Path; readonly message: string }[] {
  const able = ableTo(policy, 'approver');
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

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
