import { Refusal } from '../failure.ts';
import { POLICY_PATH } from '../policy/names.ts';
import { workTreeOf } from '../registry/worktree.ts';
import { jsonDocument } from '../report/json.ts';
import type { Context } from './context.ts';
import type { ExitCode } from './exit.ts';
import type { GivenKey } from './keytext.ts';
import { demandPolicyDraft } from './policystanding.ts';

/** Edits the policy file of the working tree; nothing holds before `policy commit` puts it to the ledger. */
export async function editPolicy(
  context: Context,
  dryRun: boolean,
  edit: (text: string) => string,
  keyFiles: NonNullable<GivenKey['file']>[] = [],
): Promise<ExitCode> {
  const store = await context.openStore();
  const draft = await demandPolicyDraft(context);
  const before = Buffer.from(draft.bytes).toString('utf8');
  const after = edit(before);
  if (after === before) throw new Refusal(`${POLICY_PATH} says that already`);
  const workTree = workTreeOf(store);
  // First of all what the policy will name: it never names what is not there.
  const files = [...keyFiles, { path: POLICY_PATH, bytes: Buffer.from(after) }];
  if (!dryRun) for (const { path, bytes } of files) await workTree.writeFile(path, bytes);
  await context.answer(
    () => jsonDocument({ schema: 'promptaudit/policy-edit@1', dryRun, path: POLICY_PATH }),
    () =>
      dryRun
        ? `would change ${POLICY_PATH}\n`
        : `changed ${POLICY_PATH}: look it over, then run promptaudit policy commit -m "…"\n`,
  );
  return 0;
}
