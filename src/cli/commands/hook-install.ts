import { isAbsolute, relative } from 'node:path';
import type { GitStore } from '../../git/store.ts';
import { type HookChange, hooksFolder, hooksOf, installHook } from '../../hooks/files.ts';
import { LEDGER_REF } from '../../ledger/event.ts';
import { hooksJson, hooksText } from '../../report/hooks.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { openTrail } from '../opentrail.ts';

export const run: Run<'hook install'> = async (context, _arguments, { dryRun }) => {
  const store = await context.openStore();
  const folder = await hooksFolder(store);
  const root = await heldRoot(context, store);
  const hooks: HookChange[] = [];
  for (const hook of hooksOf(store)) hooks.push(await installHook(folder, hook, context.program, dryRun));
  const change = { action: 'install', dryRun, hooks, root } as const;
  await context.answer(
    () => hooksJson(change),
    (page) => hooksText(change, page),
  );
  if (!isOwnFolder(store, folder))
    await context.note(() => `core.hooksPath is ${folder}: every repository that names it has these hooks\n`);
  return 0;
};

/** A repository that receives pushes judges what it has once, so that it need only judge what is pushed. */
async function heldRoot(context: Context, store: GitStore): Promise<string | undefined> {
  if (store.layout.workTree !== undefined || (await store.resolveRef(LEDGER_REF)) === undefined)
    return undefined;
  return (await openTrail(context)).trail.root.digest;
}

function isOwnFolder({ layout }: GitStore, folder: string): boolean {
  return [layout.commonDir, layout.workTree].some((own) => {
    const path = own === undefined ? '..' : relative(own, folder);
    return path !== '..' && !path.startsWith('../') && !isAbsolute(path);
  });
}
