import type { DeploymentFacts, PipelineFacts, PipelineFile } from './facts.ts';
import { sealed } from './seal.ts';
import { deploy, FETCH, gate, sync, tool } from './shell.ts';
import { block, list, quoted } from './yaml.ts';

const PATH = '.github/workflows/promptaudit.yml';

/** The workflow for GitHub Actions. Nothing that an expression gives stands within a `run`. */
export function githubFiles(facts: PipelineFacts): readonly PipelineFile[] {
  const { deployment } = facts;
  const jobs = [verifyJob(facts), ...(deployment === undefined ? [] : [deployJob(facts, deployment)])];
  return [{ path: PATH, text: sealed(`${head(facts)}\njobs:\n${jobs.join('\n')}`) }];
}

function head({ root, deployment }: PipelineFacts): string {
  return `# The prompt registry's pipeline. promptaudit ci init github wrote it, and renews it while nobody else changes it.
name: promptaudit

on:
  push:
    branches: ['**']
  pull_request:
  schedule:
    # Approvals and deployments come without a push to a branch.
    - cron: '23 4 * * *'
${deployment === undefined ? '' : dispatch(deployment)}
permissions:
  contents: read

env:
  # Which registry this is. It comes from here, and not from the server that is checked.
  PROMPTAUDIT_ROOT: ${root}
`;
}

function dispatch({ environments, environment }: DeploymentFacts): string {
  return `  workflow_dispatch:
    inputs:
      prompt:
        description: What to deploy, e.g. clinical-intake@12
        type: string
        required: true
      environment:
        description: Where to
        type: choice
        required: true
        options: ${list(environments)}
        default: ${quoted(environment)}
      reason:
        description: Why, for the record
        type: string
      reference:
        description: A change ticket or the like, kept with the event
        type: string
`;
}

/** What both jobs begin with. */
const START = `      - uses: actions/checkout@v6
        with:
          fetch-depth: 0
      - uses: actions/setup-node@v6
        with:
          node-version: 24
          package-manager-cache: false
      - name: Fetch the ledger and the tags of decisions
        run: ${block(FETCH, '        ')}
`;

function verifyJob(facts: PipelineFacts): string {
  return `  verify:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
${START}      - name: Let the target branch be what this pull request makes of it
        if: github.event_name == 'pull_request'
        env:
          TARGET: \${{ github.base_ref }}
        run: git update-ref "refs/heads/$TARGET" HEAD
      - name: Verify
        run: ${tool(facts)} verify --format github
      - name: Lint
        if: \${{ !cancelled() }}
        run: ${tool(facts)} lint
`;
}

function deployJob(facts: PipelineFacts, { service }: DeploymentFacts): string {
  const name = quoted(literal(service.name));
  const key = '"$RUNNER_TEMP/promptaudit-signing-key"';
  const writeKey = [
    'umask 077',
    `printf '%s\\n' "\${KEY:?set this secret to the private key of ${service.id}}" > ${key}`,
    'echo "PROMPTAUDIT_SIGNING_KEY=$RUNNER_TEMP/promptaudit-signing-key" >> "$GITHUB_ENV"',
  ];
  return `  deploy:
    if: github.event_name == 'workflow_dispatch'
    needs: verify
    runs-on: ubuntu-latest
    timeout-minutes: 30
    environment: \${{ inputs.environment }}
    concurrency:
      group: promptaudit-deploy
      cancel-in-progress: false
    permissions:
      # Pushes the ledger.
      contents: write
    env:
      GIT_AUTHOR_NAME: ${name}
      GIT_AUTHOR_EMAIL: ${quoted(service.id)}
      GIT_COMMITTER_NAME: ${name}
      GIT_COMMITTER_EMAIL: ${quoted(service.id)}
      DEPLOY_PROMPT: \${{ inputs.prompt }}
      DEPLOY_ENVIRONMENT: \${{ inputs.environment }}
      DEPLOY_REASON: \${{ inputs.reason }}
      DEPLOY_REFERENCE: \${{ inputs.reference }}
    steps:
${START}      - name: Put the signing key in a file
        env:
          KEY: \${{ secrets.PROMPTAUDIT_SIGNING_KEY_FILE }}
        run: ${block(writeKey, '        ')}
      - name: Ask whether it may be deployed
        run: ${gate(facts)}
      - name: Deploy
        run: ${block(deploy(facts), '        ')}
      - name: Put it to the server's ledger
        run: ${sync(facts)}
      # It is on the record now: steps of your own that roll it out go here.
      - name: Remove the signing key
        if: always()
        run: rm -f ${key}
`;
}

/** A text in which GitHub sees no expression. */
function literal(text: string): string {
  return text.replaceAll('${{', `\${{ '$\{{' }}`);
}
