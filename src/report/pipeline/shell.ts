import { LEDGER_REF, TAG_PREFIX } from '../../ledger/event.ts';
import type { PipelineFacts } from './facts.ts';

/** Lines of shell that both hosts run alike. What people give reaches them through the environment alone. */

/**
 * Brings every branch, the ledger and the tags of decisions as the server has them now, whatever an earlier run of the
 * same machine left behind: from a fresh clone, with HEAD on no branch, and with a token that may only read.
 */
export const FETCH: readonly string[] = [
  'rm -rf "$(git rev-parse --git-dir)/promptaudit"',
  'git fetch --prune --no-tags origin \\',
  `  '+refs/heads/*:refs/remotes/origin/*' \\`,
  `  '+${LEDGER_REF}:${LEDGER_REF}' \\`,
  `  '+${TAG_PREFIX}*:${TAG_PREFIX}*'`,
];

/** What each `promptaudit` of a pipeline is: the version that wrote it, and no other. */
export function tool({ version }: PipelineFacts): string {
  return `npx --yes promptaudit@${version}`;
}

/** Asks the policy, and does nothing. */
export function gate(facts: PipelineFacts): string {
  return `${tool(facts)} deploy --dry-run --env "$DEPLOY_ENVIRONMENT" -- "$DEPLOY_PROMPT"`;
}

export function deploy(facts: PipelineFacts): readonly string[] {
  return [
    `${tool(facts)} deploy --env "$DEPLOY_ENVIRONMENT" \\`,
    `  \${DEPLOY_REASON:+"--message=$DEPLOY_REASON"} \\`,
    `  \${DEPLOY_REFERENCE:+"--reference=$DEPLOY_REFERENCE"} \\`,
    '  -- "$DEPLOY_PROMPT"',
  ];
}

/** Takes the ledger and its tags to the server; the branch has nothing new. */
export function sync(facts: PipelineFacts): string {
  return `${tool(facts)} sync origin --no-branch`;
}
