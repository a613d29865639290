import { lintPrompt } from '../../prompts/lint.ts';
import { problemsJson, problemsText } from '../../report/problems.ts';
import type { Run } from '../command.ts';
import { readPromptFiles } from '../promptfiles.ts';

export const run: Run<'lint'> = async (context, [named]) => {
  const files = await readPromptFiles(context, named);
  const problems = files.flatMap(({ bytes, path, name }) => lintPrompt(bytes, path, name).problems);
  await context.answer(
    () => problemsJson(files.length, problems),
    (page) => problemsText(files.length, problems, page),
  );
  return problems.some((problem) => problem.severity === 'error') ? 1 : 0;
};
