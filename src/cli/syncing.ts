import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../failure.ts';
import type { GitStore } from '../git/store.ts';
import type { Sha256 } from '../ledger/event.ts';
import { applySettings, missingSettings, remotesOf, writeAllowedSigners } from '../registry/gitsetup.ts';
import type { SyncReport } from '../report/sync.ts';
import type { SyncRequest, SyncShop, SyncWork } from '../sync/shop.ts';
import { Trail } from '../trail/trail.ts';
import { readTrust, type Trust } from '../trail/trust.ts';
import type { Context } from './context.ts';
import { identityToSign } from './identity.ts';
import { tellPinned, tellUnkept } from './opentrail.ts';
import type { Progress } from './progress.ts';
import { afterwards, openSigner } from './session.ts';

const LABELS: Readonly<Record<SyncWork, string>> = {
  fetch: 'Fetching',
  verify: 'Verifying the ledger',
  sign: 'Signing',
  send: 'Sending',
};

/** How often a bar is drawn while nothing is told, in milliseconds. */
const TICK = 250;

/** The most that is waited between two rounds, in milliseconds: twice as long each time, up to the greatest. */
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 3000;

/** Brings this clone and a remote together. The first time, says the root aloud and sets git up. */
export async function runSync(
  context: Context,
  store: GitStore,
  root: Sha256 | undefined,
  request: SyncRequest,
): Promise<SyncReport> {
  const [{ sync }, trust] = await Promise.all([import('../sync/sync.ts'), readTrust(store.layout.commonDir)]);
  const shop = await openSyncShop(context, store, root);
  try {
    const report = await sync(shop, request);
    shop.end();
    if (!request.dryRun && !report.blocked) await settleHere(context, store, report, trust);
    return report;
  } finally {
    shop.end();
  }
}

/** What a clone is told once, and what git checks signatures by. */
async function settleHere(
  context: Context,
  store: GitStore,
  { remote, root, received }: SyncReport,
  before: Trust | undefined,
): Promise<void> {
  if (before === undefined && root !== undefined) await tellPinned(context, root);
  if (before?.remotes.has(remote) !== true) await afterwards(context, () => setUpGit(context, store));
  else if (received.events > 0) await afterwards(context, () => keepSigners(context, store));
}

/** The policy that came in may name other people and keys. */
async function keepSigners(context: Context, store: GitStore): Promise<void> {
  const trail = await Trail.open({ store, unkept: tellUnkept(context) });
  await writeAllowedSigners(store, trail.policy.policy);
}

/** Lets stock git show, fetch and check what promptaudit writes. */
export async function setUpGit(context: Context, store: GitStore): Promise<void> {
  const settings = missingSettings(store, remotesOf(store));
  await applySettings(store, settings);
  await keepSigners(context, store);
  await context.note(() => settings.map(({ key, purpose }) => `set ${key}, so that ${purpose}\n`).join(''));
}

/**
 * What a sync works with here.
 * @throws Failure where git itself is not at hand
 */
async function openSyncShop(
  context: Context,
  store: GitStore,
  root: Sha256 | undefined,
): Promise<SyncShop & { readonly end: () => void }> {
  const remotes = await store.remotes(context.input.isTTY);
  if (remotes === undefined)
    throw new Failure(
      'promptaudit sync works through git itself: install git 2.34 or newer, and leave --git embedded away',
    );
  let at: SyncWork | undefined;
  let bar: Progress | undefined;
  let last: readonly [number, number | undefined] = [0, undefined];
  // git says nothing while it waits for the network.
  const ticking = setInterval(() => bar?.update(...last), TICK).unref();
  return {
    ...{ store, remotes, root },
    signer: () => openSigner(context, store),
    identity: () => identityToSign(context, store),
    now: () => Math.floor(context.now().getTime() / 1000),
    pause: async (round) => {
      // Anything from nothing on, so that clones which lost the same race do not meet again in the next.
      const [byte = 0] = context.random.bytes(1);
      await delay(Math.min(FIRST_PAUSE * 2 ** (round - 1), LONGEST_PAUSE) * (byte / 256));
    },
    progress: (work, done, total) => {
      if (work !== at) {
        bar?.end();
        bar = context.progress(LABELS[work]);
      }
      at = work;
      last = [done, total];
      bar?.update(done, total);
    },
    unkept: tellUnkept(context),
    end: () => {
      clearInterval(ticking);
      bar?.end();
    },
  };
}
