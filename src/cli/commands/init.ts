import { basename } from 'node:path';
import { Failure } from '../../failure.ts';
import type { GitStore } from '../../git/store.ts';
import type { RegistryId, Sha256 } from '../../ledger/event.ts';
import { found } from '../../registry/init.ts';
import { Trail } from '../../trail/trail.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { identityToSign } from '../identity.ts';
import { joinRegistry, remoteToJoin } from '../joining.ts';
import { tellUnkept } from '../opentrail.ts';
import { afterwards, openSigner } from '../session.ts';
import { setUpGit } from '../syncing.ts';
import { tellDone } from '../written.ts';

const ENVIRONMENTS = ['staging', 'production'];

export const run: Run<'init'> = async (context, _arguments, options) => {
  const store = await context.openStore();
  if (store.layout.workTree === undefined)
    throw new Failure(
      'this repository is bare: run init in a clone that has a working tree, then promptaudit sync',
    );
  const remote = await remoteToJoin(context, store);
  if (remote !== undefined) return joinRegistry(context, store, remote, options.dryRun);
  const signer = await openSigner(context, store);
  const bar = context.progress('Signing');
  const founded = await found(
    {
      store,
      signer,
      identity: identityToSign(context, store),
      registry: context.random.uuid() as RegistryId,
      progress: (done, total) => bar.update(done, total),
    },
    {
      name: options.name ?? registryName(store.layout.workTree),
      prompts: options.prompts ?? 'prompts',
      environments: options.environments.length > 0 ? options.environments : ENVIRONMENTS,
      dryRun: options.dryRun,
    },
  );
  bar.end();
  let root: Sha256 | undefined;
  if (!options.dryRun)
    await afterwards(context, async () => {
      root = await settle(context, store);
    });
  for (const { path, why } of founded.left) {
    const told = why.startsWith(`${path}:`) ? why : `${path}: ${why}`;
    await context.note(() => `left as a draft: ${told}\n`);
  }
  await tellDone(context, founded.done, 0, options.dryRun, root);
  return 0;
};

/** @returns the root, which is said too */
async function settle(context: Context, store: GitStore): Promise<Sha256> {
  await setUpGit(context, store);
  const { root } = await Trail.open({ store, unkept: tellUnkept(context) });
  await context.note(() => `the root, for whoever clones this registry:\n${root.digest}\n`);
  return root.digest;
}

/** The folder's name, in the letters that a registry's name may have. */
function registryName(folder: string): string {
  return (
    basename(folder)
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '') || 'prompts'
  );
}
