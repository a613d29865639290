import { inARow } from '../../policy/holders.ts';
import type { Policy } from '../../policy/model.ts';
import { LEDGER_BRANCH } from '../../policy/places.ts';
import type { DeploymentFacts, Host } from './facts.ts';
import { GITLAB_ENTRY } from './gitlab.ts';

/** What the files of a pipeline do not set up by themselves. */
export interface Remaining {
  readonly host: Host;
  readonly policy: Policy;
  readonly deployment: DeploymentFacts | undefined;
  /** Files that are not in the newest commit as they are, or would be. */
  readonly uncommitted: readonly string[];
  /** Stages that the pipeline of a GitLab repository lacks. */
  readonly lackingStages: readonly string[];
}

const HOST_NAMES = { github: 'GitHub', gitlab: 'GitLab' } as const satisfies Record<Host, string>;
const SECRET = 'PROMPTAUDIT_SIGNING_KEY_FILE';

/** What is left for people to do, a sentence each, in the order in which to do it. */
export function leftToDo(remaining: Remaining): readonly string[] {
  const here = inTheClone(remaining);
  return [
    ...here,
    ...(here.length === 0 ? [] : ['take it to the server, and the ledger with it: promptaudit sync']),
    ...onTheHost(remaining),
  ];
}

function inTheClone({ host, policy, deployment, uncommitted, lackingStages }: Remaining): string[] {
  const { service } = deployment ?? {};
  return [
    ...(lackingStages.length === 0
      ? []
      : [`add to the stages of ${GITLAB_ENTRY}: ${lackingStages.join(', ')}`]),
    ...(uncommitted.length === 0 ? [] : [`commit ${inARow(uncommitted)}`]),
    ...(service === undefined || service.listed ? [] : [letDeploy(service)]),
    ...(policy.ledgerBranch === undefined
      ? [
          `have the ledger mirrored to a branch that ${HOST_NAMES[host]} guards: write ledgerBranch: ${LEDGER_BRANCH} into .promptaudit/policy.yml, then run: promptaudit policy commit -m "Mirror the ledger"`,
        ]
      : []),
  ];
}

function letDeploy({ id, name }: DeploymentFacts['service']): string {
  const key = `~/${id.split('@', 1)[0]}`;
  const add = `promptaudit policy add ${id} --name ${shellWord(name)} --kind service --role deployer --key ${key}.pub`;
  return `let the pipeline deploy: ssh-keygen -t ed25519 -N '' -f ${key} && ${add} && promptaudit policy commit -m "Let the pipeline deploy"`;
}

function onTheHost({ host, policy, deployment }: Remaining): string[] {
  const { protectedBranches, ledgerBranch = LEDGER_BRANCH } = policy;
  const tags = host === 'github' ? 'promptaudit/**/*' : 'promptaudit/*';
  return [
    ...(deployment === undefined ? [] : keySettings(host, policy, deployment)),
    `protect on ${HOST_NAMES[host]} the branches ${inARow([...protectedBranches, ledgerBranch])} from force pushes and deletion, and the tags ${tags} from changes and deletion`,
  ];
}

function keySettings(host: Host, policy: Policy, { service, environments }: DeploymentFacts): string[] {
  if (host === 'github')
    return [
      `set the secret ${SECRET} of the environments ${inARow(environments)} to the private key of ${service.id}, and let them take deployments from ${inARow(policy.protectedBranches)} only (Settings, Environments)`,
    ];
  return [
    `set the variable ${SECRET} to the private key of ${service.id}: of type File, protected (Settings, CI/CD, Variables)`,
    'let jobs push: allow Git push requests to the repository (Settings, CI/CD, Job token permissions)',
  ];
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
