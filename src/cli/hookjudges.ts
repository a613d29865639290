import type { PushedRefs } from '../hooks/pushedrefs.ts';
import type { Receiver } from '../hooks/receiver.ts';
import type { HookName } from '../hooks/script.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { pushJson, refusedPushText, stagedJson, stagedText } from '../report/hooks.ts';
import type { RegistryRoot } from '../trail/model.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import { givenRoot, openTrail, tellPinned, tellUnkept } from './opentrail.ts';

/** Judges what is staged, and says what is wrong with it. */
export async function judgeCommit(context: Context): Promise<ExitCode> {
  const [store, { judgeStaged }] = await Promise.all([context.openStore(), import('../hooks/precommit.ts')]);
  const judgement = await judgeStaged(store, async () => {
    const isRegistry = (await store.resolveRef(LEDGER_REF)) !== undefined;
    return isRegistry ? (await openTrail(context)).trail : undefined;
  });
  if (context.json) await context.print(stagedJson(judgement));
  else await context.note((page) => stagedText(judgement, page));
  return judgement.problems.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** Judges a push, and says why it is refused. */
export async function judgePushed(
  context: Context,
  hook: HookName,
  refs: PushedRefs,
  receiver: Receiver,
): Promise<ExitCode> {
  const store = await context.openStore();
  const { judgePush } = await import('../hooks/judgepush.ts');
  let pinned: RegistryRoot | undefined;
  const findings = await judgePush({
    ...{ store, refs, receiver },
    reading: {
      root: givenRoot(context.env),
      pinned: (root) => {
        pinned = root;
      },
      unkept: tellUnkept(context),
    },
    now: Math.floor(context.now().getTime() / 1000),
  });
  // What a server pins is for its owner, not for whoever happens to push.
  if (pinned !== undefined && hook === 'pre-push') await tellPinned(context, pinned);
  if (context.json) await context.print(pushJson(hook, findings));
  else if (findings.length > 0) await context.note((page) => refusedPushText(findings, page));
  return findings.length > 0 ? 1 : 0;
}
