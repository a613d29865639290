import type { GitStore } from '../git/store.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { syncJson, syncText } from '../report/sync.ts';
import { chooseRemote } from '../sync/chooseremote.ts';
import type { Context } from './context.ts';
import { type ExitCode, outcomeOf } from './exit.ts';
import { givenRoot, warn } from './opentrail.ts';
import { runSync } from './syncing.ts';

/** The remote whose registry this is a clone of: a second one beside it would be nobody's intention. */
export async function remoteToJoin(context: Context, store: GitStore): Promise<string | undefined> {
  if ((await store.resolveRef(LEDGER_REF)) !== undefined) return undefined;
  const remotes = await store.remotes(context.input.isTTY);
  const remote = await chooseRemote(store, undefined).catch(() => undefined);
  if (remotes === undefined || remote === undefined) return undefined;
  try {
    const [ledger] = await remotes.list(remote, [LEDGER_REF]);
    return ledger && remote;
  } catch (error) {
    await warn(context, `whether ${remote} has a registry could not be seen: ${outcomeOf(error).message}`);
    return undefined;
  }
}

/** Takes what the remote has instead of founding a registry. */
export async function joinRegistry(
  context: Context,
  store: GitStore,
  remote: string,
  dryRun: boolean,
): Promise<ExitCode> {
  const root = givenRoot(context.env);
  const options = { acceptFindings: false, setAside: false, dryRun };
  const request = { remote, pull: true, push: false, branch: true, ...options };
  const report = await runSync(context, store, root, request);
  await context.note(() => `${remote} has a registry already: this clone joins it\n`);
  await context.answer(
    () => syncJson(report),
    (page) => syncText(report, page),
  );
  return report.findings.length === 0 ? 0 : 1;
}
