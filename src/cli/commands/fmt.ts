import { Failure } from '../../failure.ts';
import { formatPrompt } from '../../prompts/format.ts';
import { jsonDocument } from '../../report/json.ts';
import { span, wrap } from '../../report/layout.ts';
import { count } from '../../report/time.ts';
import type { Run } from '../command.ts';
import { type PromptFile, readPromptFiles } from '../promptfiles.ts';

export const run: Run<'fmt'> = async (context, [named], { check }) => {
  const files = await readPromptFiles(context, named);
  const changed = files.flatMap((file) => {
    const formatted = format(file);
    return formatted === undefined ? [] : [{ path: file.path, formatted }];
  });
  const { workTree } = await context.openStore();
  if (!check)
    for (const { path, formatted } of changed) await workTree?.writeFile(path, Buffer.from(formatted));
  const paths = changed.map(({ path }) => path);
  const verb = check ? 'would change' : 'changed';
  await context.answer(
    () => jsonDocument({ schema: 'promptaudit/fmt@1', check, files: files.length, changed: paths }),
    ({ width }) =>
      [
        ...paths.flatMap((path) => wrap([span(`${verb} ${path}`)], width)),
        `${count(files.length, 'file')} read, ${paths.length} ${verb}`,
      ]
        .map((line) => `${line}\n`)
        .join(''),
  );
  return check && paths.length > 0 ? 1 : 0;
};

/** The canonical text, `undefined` where the file has it already. @throws Failure naming the file */
function format({ path, bytes }: PromptFile): string | undefined {
  const text = Buffer.from(bytes).toString('utf8');
  try {
    const formatted = formatPrompt(text);
    return formatted === text ? undefined : formatted;
  } catch (error) {
    if (error instanceof Failure) throw new Failure(`${path}: ${error.message}`);
    throw error;
  }
}
