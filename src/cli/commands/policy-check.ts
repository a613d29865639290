import { POLICY_PATH } from '../../policy/names.ts';
import { parsePolicy } from '../../policy/parse.ts';
import { problemsJson, problemsText } from '../../report/problems.ts';
import type { Run } from '../command.ts';
import { readGiven } from '../input.ts';
import { demandPolicyDraft } from '../policystanding.ts';

export const run: Run<'policy check'> = async (context, [file]) => {
  const path = file ?? POLICY_PATH;
  const { problems } =
    file === undefined
      ? (await demandPolicyDraft(context)).parse
      : parsePolicy(await readGiven(context, file), new Map(), file);
  const located = problems.map((problem) => ({ ...problem, path, code: 'policy/invalid' }));
  await context.answer(
    () => problemsJson(1, located),
    (page) => problemsText(1, located, page),
  );
  return problems.some((problem) => problem.severity === 'error') ? 1 : 0;
};
