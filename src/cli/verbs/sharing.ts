import { argument, flag, text, verb } from '../declare.ts';
import { DRY_RUN } from './shared.ts';

export const sharing = {
  sync: verb({
    summary: 'take what others did, verify it, and send what you did',
    arguments: [argument('remote', 'at-most-one', 'otherwise the one that the branch follows, or origin')],
    options: {
      pull: flag('--pull', 'only take what the remote has'),
      push: flag('--push', 'only send what is only here'),
      noBranch: flag('--no-branch', 'leave the branch alone: the ledger and its tags only'),
      acceptFindings: flag(
        '--accept-findings',
        'take events that break a rule too; they have no effect, and an admin can acknowledge them',
      ),
      setAside: flag('--set-aside', 'keep what is only here aside instead of making it again'),
      root: text('--root <digest>', 'what genesis must be: sha256:… from a source you trust'),
      ...DRY_RUN,
    },
    examples: ['promptaudit sync', 'promptaudit sync upstream --pull --root sha256:6b1f…'],
  }),
  'hook install': verb({
    summary: 'have git check prompts, commits and pushes by itself',
    arguments: [],
    options: DRY_RUN,
  }),
  'hook uninstall': verb({
    summary: 'take the hooks out, and put back those that were there before',
    arguments: [],
    options: DRY_RUN,
  }),
  'hook run': verb({
    summary: 'check what git is about to do; the hooks call it',
    arguments: [
      argument('hook', 'one', 'pre-commit, pre-push or pre-receive'),
      argument('args', 'any-number', 'what git gives to the hook'),
    ],
    options: { after: text('--after <file>', 'a hook to run first, which has to agree') },
    examples: ['promptaudit hook run pre-commit'],
  }),
  'ci init': verb({
    summary: 'write a pipeline that verifies the registry, and deploys from it',
    arguments: [argument('host', 'one', 'github or gitlab')],
    options: {
      env: text('-e, --env <name>', 'the one to deploy to unless another is chosen; otherwise the last'),
      force: flag('--force', 'write over a pipeline that promptaudit did not write, or that was changed'),
      ...DRY_RUN,
    },
    examples: ['promptaudit ci init github -e production'],
  }),
};
