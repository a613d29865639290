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
  const { repaired, failed } = await repairAll(store, repair ? trail : undefined, dryRun);
  const signing = await check('signing', () => checkSigning(() => openSigner(context, store)));
  const mended = repair && !dryRun && failed.length === 0;
  const checks: Check[] = [
    {
      name: 'repository',
      state: 'good',
      message: `${store.layout.commonDir}, read by the ${store.adapter} adapter`,
    },
    ledger,
    ...failed,
    signing,
    // Without a signer it would be the same sentence again.
    ...(trail === undefined || signing.state !== 'good' ? [] : [await checkIdentity(context, store, trail)]),
    ...(trail === undefined ? [] : await checkRegistry(store, trail, mended)),
  ];
  await context.answer(
    () => checksJson(checks, repaired),
    (page) => checksText(checks, repaired, page),
  );
  return checks.every(({ state }) => state === 'good') ? 0 : 1;
};

function checkIdentity(context: Context, store: GitStore, trail: Trail): Promise<Check> {
  return check('identity', async () =>
    checkPrincipal(store, trail, await openSigner(context, store), context.env, context.now()),
  );
}

/** @param mended git's settings were put right just now: what the store read of them is old */
async function checkRegistry(store: GitStore, trail: Trail, mended: boolean): Promise<readonly Check[]> {
  return [
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

/** What a repair did, or would do, and, as a check, why it could not. */
interface Repair {
  readonly repaired: readonly string[];
  readonly failed: readonly Check[];
}

async function repairAll(store: GitStore, trail: Trail | undefined, dryRun: boolean): Promise<Repair> {
  let repaired: readonly string[] = [];
  const repair = await check('repair', async () => {
    if (trail !== undefined) repaired = await putRight(store, trail, dryRun);
    return { state: 'good', message: '' };
  });
  return { repaired, failed: repair.state === 'good' ? [] : [repair] };
}

/** Puts right what can be put right without losing anything; answers what it did, or would do. */
async function putRight(store: GitStore, trail: Trail, dryRun: boolean): Promise<readonly string[]> {
  const { updates: tags } = await misplacedTags(store, trail);
  const settings = missingSettings(store, remotesOf(store));
  if (!dryRun) {
    if (tags.length > 0) await store.updateRefs(tags);
    await applySettings(store, settings);
    await writeAllowedSigners(store, trail.policy.policy);
  }
  const said = dryRun ? 'would ' : '';
  const restored = dryRun ? 'restore' : 'restored';
  return [
    ...tags.map(({ ref, expected }) => `${said}${expected === undefined ? restored : 'put back'} ${ref}`),
    ...settings.map(({ key, purpose }) => `${said}set ${key}, so that ${purpose}`),
  ];
}
