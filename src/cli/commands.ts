import type { Run } from './command.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import type { Request } from './program.ts';
import type { VerbName } from './verbs.ts';

/** Where each verb's command is. Only the one that runs is loaded. */
type Commands = { readonly [N in VerbName]: () => Promise<{ readonly run: Run<N> }> };

const COMMANDS: Commands = {
  init: () => import('./commands/init.ts'),
  demo: () => import('./commands/demo.ts'),
  doctor: () => import('./commands/doctor.ts'),
  whoami: () => import('./commands/whoami.ts'),
  completion: () => import('./commands/completion.ts'),
  'policy show': () => import('./commands/policy-show.ts'),
  'policy check': () => import('./commands/policy-check.ts'),
  'policy add': () => import('./commands/policy-add.ts'),
  'policy revoke-key': () => import('./commands/policy-revoke-key.ts'),
  'policy commit': () => import('./commands/policy-commit.ts'),
  new: () => import('./commands/new.ts'),
  lint: () => import('./commands/lint.ts'),
  fmt: () => import('./commands/fmt.ts'),
  status: () => import('./commands/status.ts'),
  diff: () => import('./commands/diff.ts'),
  render: () => import('./commands/render.ts'),
  commit: () => import('./commands/commit.ts'),
  retire: () => import('./commands/retire.ts'),
  review: () => import('./commands/review.ts'),
  approve: () => import('./commands/approve.ts'),
  reject: () => import('./commands/reject.ts'),
  revoke: () => import('./commands/revoke.ts'),
  deploy: () => import('./commands/deploy.ts'),
  promote: () => import('./commands/promote.ts'),
  rollback: () => import('./commands/rollback.ts'),
  withdraw: () => import('./commands/withdraw.ts'),
  list: () => import('./commands/list.ts'),
  show: () => import('./commands/show.ts'),
  log: () => import('./commands/log.ts'),
  active: () => import('./commands/active.ts'),
  blame: () => import('./commands/blame.ts'),
  search: () => import('./commands/search.ts'),
  acknowledge: () => import('./commands/acknowledge.ts'),
  verify: () => import('./commands/verify.ts'),
  'hook install': () => import('./commands/hook-install.ts'),
  'hook uninstall': () => import('./commands/hook-uninstall.ts'),
  'hook run': () => import('./commands/hook-run.ts'),
  sync: () => import('./commands/sync.ts'),
  'ci init': () => import('./commands/ci-init.ts'),
  'calls record': () => import('./commands/calls-record.ts'),
  'calls import': () => import('./commands/calls-import.ts'),
  'calls collect': () => import('./commands/calls-collect.ts'),
  'calls seal': () => import('./commands/calls-seal.ts'),
  'calls search': () => import('./commands/calls-search.ts'),
  'calls show': () => import('./commands/calls-show.ts'),
  'calls reconcile': () => import('./commands/calls-reconcile.ts'),
  trace: () => import('./commands/trace.ts'),
  'calls verify': () => import('./commands/calls-verify.ts'),
  'calls export': () => import('./commands/calls-export.ts'),
  'calls stats': () => import('./commands/calls-stats.ts'),
  'calls hold': () => import('./commands/calls-hold.ts'),
  'calls erase': () => import('./commands/calls-erase.ts'),
  'calls purge': () => import('./commands/calls-purge.ts'),
  'calls release': () => import('./commands/calls-release.ts'),
};

/** Those that look into the repository before they do anything: git is asked where it is while they are loaded. */
const LOOK_AT_ONCE: ReadonlySet<VerbName> = new Set<VerbName>([
  ...(['status', 'diff', 'commit', 'retire', 'review', 'approve', 'reject', 'revoke', 'deploy'] as const),
  ...(['promote', 'rollback', 'withdraw', 'list', 'show', 'log', 'active', 'blame', 'search'] as const),
  ...(['acknowledge', 'verify', 'sync', 'whoami'] as const),
]);

export async function runCommand<N extends VerbName>(
  context: Context,
  request: Request<N>,
): Promise<ExitCode> {
  // Whoever awaits it is told why it failed.
  if (LOOK_AT_ONCE.has(request.verb)) context.openStore().catch(() => {});
  const load: Commands[N] = COMMANDS[request.verb];
  const { run } = await load();
  return run(context, request.arguments, request.options);
}
