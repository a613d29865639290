import type { GitStore } from '../../git/store.ts';
import {
  check,
  checkPrincipal,
  checkSettings,
  checkSigning,
  checkSubstitutes,
  checkTags,
  misplacedTags,
} from '../../registry/checkup.ts';
import { applySettings, missingSettings, remotesOf, writeAllowedSigners } from '../../registry/gitsetup.ts';
import { checksJson, checksText } from '../../report/checks.ts';
import type { Check } from '../../report/rows.ts';
import type { Trail } from '../../trail/trail.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { openTrail } from '../opentrail.ts';
import { openSigner } from '../session.ts';

export const run: Run<'doctor'> = async (context, _arguments, { repair, dryRun }) => {
  const store = await context.openStore();
  let trail: Trail | undefined;
  const ledger = await check('ledger', async () => {
    ({ trail } = await openTrail(context));
    const { head, root } = trail;
    return { state: 'good', message: `registry ${root.name}, verified up to event ${head.sequence}` };
  });
  const repaired = repair && trail !== undefined ? await repairAll(store, trail, dryRun) : [];
  const checks: Check[] = [
    {
      name: 'repository',
      state: 'good',
      message: `${store.layout.commonDir}, read by the ${store.adapter} adapter`,
    },
    ledger,
    await check('signing', () => checkSigning(() => openSigner(context, store))),
    ...(trail === undefined ? [] : await checkRegistry(context, store, trail, repair && !dryRun)),
  ];
  await context.answer(
    () => checksJson(checks, repaired),
    (page) => checksText(checks, repaired, page),
  );
  return checks.every(({ state }) => state === 'good') ? 0 : 1;
};

/** @param mended git's settings were put right just now: what the store read of them is old */
async function checkRegistry(
  context: Context,
  store: GitStore,
  trail: Trail,
  mended: boolean,
): Promise<readonly Check[]> {
  return [
    await check('identity', async () =>
      checkPrincipal(store, trail, await openSigner(context, store), context.env, context.now()),
    ),
    await check('findings', async () => {
      const events = new Set(trail.openFindings.map((found) => found.sequence)).size;
      if (events === 0) return { state: 'good', message: 'no event of the ledger broke a rule' };
      const broke = events === 1 ? 'an event of the ledger broke' : `${events} events of the ledger broke`;
      return { state: 'wrong', message: `${broke} a rule`, remedy: 'promptaudit verify' };
    }),
    await check('tags', () => checkTags(store, trail)),
    await check('substitutes', () => checkSubstitutes(store)),
    await check('git settings', async () =>
      checkSettings(mended ? [] : missingSettings(store, remotesOf(store))),
    ),
  ];
}

/** Puts right what can be put right without losing anything; answers what it did, or would do. */
async function repairAll(store: GitStore, trail: Trail, dryRun: boolean): Promise<readonly string[]> {
  const { updates: tags } = await misplacedTags(store, trail);
  const settings = missingSettings(store, remotesOf(store));
  if (!dryRun) {
    if (tags.length > 0) await store.updateRefs(tags);
    await applySettings(store, settings);
    await writeAllowedSigners(store, trail.policy.policy);
  }
  const said = dryRun ? 'would ' : '';
  return [
    ...tags.map(({ ref, expected }) => `${said}${expected === undefined ? 'restore' : 'put back'} ${ref}`),
    ...settings.map(({ key, purpose }) => `${said}set ${key}, so that ${purpose}`),
  ];
}
