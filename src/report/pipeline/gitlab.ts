import type { DeploymentFacts, PipelineFacts, PipelineFile } from './facts.ts';
import { sealed } from './seal.ts';
import { deploy, FETCH, gate, sync, tool } from './shell.ts';
import { block, list, quoted } from './yaml.ts';

/** The file by which GitLab begins, which most repositories have already. */
export const GITLAB_ENTRY = '.gitlab-ci.yml';
export const GITLAB_PATH = '.gitlab/promptaudit.gitlab-ci.yml';

/** What makes the pipeline part of the one that a repository has. */
export const GITLAB_INCLUDE: readonly string[] = ['include:', `  - local: ${GITLAB_PATH}`];

/** The pipeline for GitLab, and the file that includes it. */
export function gitlabFiles(facts: PipelineFacts): readonly PipelineFile[] {
  const { deployment } = facts;
  const parts = [
    ...(deployment === undefined ? [] : [variables(deployment)]),
    shared(facts),
    verifyJob(facts),
    ...(deployment === undefined ? [] : [deployJob(facts, deployment)]),
  ];
  return [
    { path: GITLAB_PATH, text: sealed(`${HEAD}\n${parts.join('\n')}`) },
    { path: GITLAB_ENTRY, text: `${GITLAB_INCLUDE.join('\n')}\n` },
  ];
}

const HEAD = `# The prompt registry's pipeline. promptaudit ci init gitlab wrote it, and renews it while nobody else changes it.
# Its jobs are of the stages test and deploy.
`;

/** Filled in where a pipeline is started by hand. */
function variables({ environments, environment }: DeploymentFacts): string {
  return `variables:
  DEPLOY_PROMPT:
    description: What to deploy, e.g. clinical-intake@12; nothing, while it is empty
    value: ''
  DEPLOY_ENVIRONMENT:
    description: Where to
    value: ${quoted(environment)}
    options: ${list(environments)}
  DEPLOY_REASON:
    description: Why, for the record
    value: ''
  DEPLOY_REFERENCE:
    description: A change ticket or the like, kept with the event
    value: ''
`;
}

function shared({ root }: PipelineFacts): string {
  return `.promptaudit:
  image: node:24
  variables:
    GIT_STRATEGY: clone
    GIT_DEPTH: '0'
    # Which registry this is. It comes from here, and not from the server that is checked.
    PROMPTAUDIT_ROOT: ${root}
  before_script:
    - ${block(FETCH, '    ')}
`;
}

function verifyJob(facts: PipelineFacts): string {
  const target = 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME';
  const pretend = [
    '# Let the target branch be what this merge request makes of it.',
    `if [ -n "\${${target}:-}" ]; then`,
    `  git update-ref "refs/heads/$${target}" HEAD`,
    'fi',
  ];
  const verify = [`${tool(facts)} verify --format junit > promptaudit.xml ||`, `  ${tool(facts)} verify`];
  return `promptaudit-verify:
  extends: .promptaudit
  stage: test
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH
  script:
    - ${block(pretend, '    ')}
    - ${block(verify, '    ')}
    - ${tool(facts)} lint
  artifacts:
    when: always
    reports:
      junit: promptaudit.xml
`;
}

function deployJob(facts: PipelineFacts, { service }: DeploymentFacts): string {
  const name = quoted(service.name.replaceAll('$', '$$$$'));
  const key = `\${PROMPTAUDIT_SIGNING_KEY_FILE:?make it a File variable with the private key of ${service.id}}`;
  return `promptaudit-deploy:
  extends: .promptaudit
  stage: deploy
  needs: [promptaudit-verify]
  rules:
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $DEPLOY_PROMPT
      when: manual
  environment:
    name: $DEPLOY_ENVIRONMENT
  resource_group: promptaudit-deploy
  variables:
    GIT_AUTHOR_NAME: ${name}
    GIT_AUTHOR_EMAIL: ${quoted(service.id)}
    GIT_COMMITTER_NAME: ${name}
    GIT_COMMITTER_EMAIL: ${quoted(service.id)}
  script:
    - export PROMPTAUDIT_SIGNING_KEY="${key}"
    # Asks whether it may be deployed.
    - ${gate(facts)}
    - ${block(deploy(facts), '    ')}
    - ${sync(facts)}
    # It is on the record now: lines of your own that roll it out go here.
  after_script:
    - rm -f "$PROMPTAUDIT_SIGNING_KEY_FILE"
`;
}
