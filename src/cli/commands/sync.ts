import { type SyncReport, syncJson, syncText } from '../../report/sync.ts';
import { chooseRemote } from '../../sync/chooseremote.ts';
import type { Run } from '../command.ts';
import { chosenRoot } from '../opentrail.ts';
import { runSync } from '../syncing.ts';
import { UsageError } from '../usage.ts';

export const run: Run<'sync'> = async (context, [named], options) => {
  const { pull, push, noBranch, acceptFindings, setAside, dryRun } = options;
  if (pull && push) throw new UsageError('--pull and --push are the two halves of a sync: leave both away');
  const root = chosenRoot(context, options.root);
  const store = await context.openStore();
  const remote = await chooseRemote(store, named);
  const request = {
    ...{ remote, pull: !push, push: !pull, branch: !noBranch },
    ...{ acceptFindings, setAside, dryRun },
  };
  const report = await runSync(context, store, root, request);
  await context.answer(
    () => syncJson(report),
    (page) => syncText(report, page),
  );
  return isDone(report) ? 0 : 1;
};

/** Both sides have the same, and nothing was wrong or left over. */
function isDone({ findings, aside, refused, branch }: SyncReport): boolean {
  const isApart = branch?.state === 'diverged';
  return findings.length === 0 && aside.length === 0 && refused === undefined && !isApart;
}
