import { demandRemoved, type HookChange, hooksFolder, hooksOf, uninstallHook } from '../../hooks/files.ts';
import { hooksJson, hooksText } from '../../report/hooks.ts';
import type { Run } from '../command.ts';

export const run: Run<'hook uninstall'> = async (context, _arguments, { dryRun }) => {
  const store = await context.openStore();
  const folder = await hooksFolder(store);
  const hooks: HookChange[] = [];
  for (const hook of hooksOf(store)) hooks.push(await uninstallHook(folder, hook, dryRun));
  demandRemoved(hooks);
  const change = { action: 'uninstall', dryRun, hooks, root: undefined } as const;
  await context.answer(
    () => hooksJson(change),
    (page) => hooksText(change, page),
  );
  return hooks.some(({ state }) => state === 'foreign') ? 1 : 0;
};
