import { Refusal } from '../failure.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { readPolicyDraft } from '../registry/planpolicy.ts';
import { workTreeOf } from '../registry/worktree.ts';
import { jsonDocument } from '../report/json.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';

/** Edits the policy file of the working tree; nothing holds before `policy commit` puts it to the ledger. */
export async function editPolicy(
  context: Context,
  dryRun: boolean,
  edit: (text: string) => string,
): Promise<ExitCode> {
  const store = await context.openStore();
  const draft = await readPolicyDraft(store);
  const before = Buffer.from(draft.bytes).toString('utf8');
  const after = edit(before);
  if (after === before) throw new Refusal(`${POLICY_PATH} says that already`);
  if (!dryRun) await workTreeOf(store).writeFile(POLICY_PATH, Buffer.from(after));
  await context.answer(
    () => jsonDocument({ schema: 'promptaudit/policy-edit@1', dryRun, path: POLICY_PATH }),
    () =>
      dryRun
        ? `would change ${POLICY_PATH}\n`
        : `changed ${POLICY_PATH}: look it over, then run promptaudit policy commit -m "…"\n`,
  );
  return 0;
}
