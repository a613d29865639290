import { stringify } from 'yaml';
import { ROLES } from './model.ts';

/** Where editors find the JSON Schema of policy files. */
const POLICY_SCHEMA_URL = 'https://unpkg.com/promptaudit/schemas/policy.schema.json';

export interface InitialPolicy {
  /** The registry's name for people. */
  readonly registry: string;
  readonly prompts: string;
  readonly protectedBranches: readonly string[];
  /** In the order of promotion. */
  readonly environments: readonly string[];
  /** Whoever starts the registry. `key` is a canonical key id. */
  readonly principal: { readonly id: string; readonly name: string; readonly key: string };
}

/**
 * The policy file that a registry starts with: whoever starts it holds every role; a version goes through the environments
 * in their order and needs one approval for the last. Does not judge what it is given: that is `parsePolicy`'s.
 */
export function initialPolicy({
  registry,
  prompts,
  protectedBranches,
  environments,
  principal,
}: InitialPolicy): string {
  return `# yaml-language-server: $schema=${POLICY_SCHEMA_URL}
# Who may do what in this registry. A change counts once it is signed and in the ledger: promptaudit policy commit -m "…"
schema: promptaudit/policy@1
registry: ${scalar(registry)}
prompts: ${scalar(prompts)}
protectedBranches: [${protectedBranches.map(listed).join(', ')}]

# By the email address that stands in their commits. Add colleagues with: promptaudit policy add
# Nobody approves what they wrote themselves, so that approvals need a second person.
principals:
  ${scalar(principal.id)}:
    name: ${scalar(principal.name)}
    roles: [${ROLES.join(', ')}]
    keys:
      - ${JSON.stringify(principal.key)}

# In the order of promotion. What each may demand of a version that is deployed there:
#   approvals: 2             distinct approvers, none of them the version's author
#   promoteFrom: staging     it must have been deployed there before
#   soak: 24h                and have stayed there for so long
#   separateDeployer: true   whoever deploys it has neither written nor approved it
${environmentsSection(environments)}
# Narrower demands for some prompts; where several apply, the strictest of each holds.
# rules:
#   - prompts: ["clinical-*"]
#     environments: [${environments.at(-1) ?? 'production'}]
#     approvals: 2

# How many admins a change of this policy needs.
adminThreshold: 1

# Who may deploy without approvals when it cannot wait. The approvals must follow in time.
emergency:
  roles: [admin]
  reviewWithin: 24h
`;
}

function environmentsSection(names: readonly string[]): string {
  if (names.length === 0) return 'environments: {}\n';
  const sections = names.map((name, index) => {
    const before = names[index - 1];
    const demands = [
      ...(before === undefined ? [] : [`    promoteFrom: ${scalar(before)}\n`]),
      ...(index === names.length - 1 ? ['    approvals: 1\n'] : []),
    ];
    return demands.length === 0 ? `  ${scalar(name)}: {}\n` : `  ${scalar(name)}:\n${demands.join('')}`;
  });
  return `environments:\n${sections.join('')}`;
}

/** A text as YAML writes it where it stands alone on its line. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

/** The same where it stands in a list on one line. */
function listed(text: string): string {
  return /^[\w./-]+$/.test(text) ? scalar(text) : JSON.stringify(text);
}
