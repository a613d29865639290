import { POLICY_NAME } from '../prompts/name.ts';
import type { DecisionKind, EnvironmentSet } from './event.ts';

/** What a decision's subject line is made of. */
export interface DecisionScope {
  readonly prompt: string;
  readonly version: number;
  readonly environments: EnvironmentSet;
  /** Whose decision a revocation takes back; not said of the other two. */
  readonly principal: string;
}

/** The subject line that a decision's event and its tag share. */
export function decisionSubject(decision: DecisionKind, scope: DecisionScope): string {
  const { environments } = scope;
  const where = typeof environments === 'string' ? 'every environment' : environments.join(', ');
  const what = `${scope.prompt} v${scope.version} for ${where}`;
  switch (decision) {
    case 'approval':
      return `approve ${what}`;
    case 'rejection':
      return `reject ${what}`;
    case 'revocation':
      return `revoke the decision of ${scope.principal} on ${what}`;
  }
}

/** A policy holds everywhere, so a decision on one cannot be for some environments. */
export function scopeProblems({ prompt, environments }: Omit<DecisionScope, 'principal'>): string[] {
  return prompt === POLICY_NAME && environments !== '*'
    ? ["a decision on a policy has Environments '*'"]
    : [];
}
