import { Failure, Refusal } from '../../failure.ts';
import { PROMPT_SUFFIXES, parsePromptName, promptNameProblem } from '../../prompts/name.ts';
import { newPrompt } from '../../prompts/skeleton.ts';
import { workTreeOf } from '../../registry/worktree.ts';
import { jsonDocument } from '../../report/json.ts';
import type { Run } from '../command.ts';
import { promptsFolder } from '../promptfiles.ts';

export const run: Run<'new'> = async (context, [text], { dryRun }) => {
  const name = parsePromptName(text);
  if (name === undefined) throw new Failure(`the name ${JSON.stringify(text)} ${promptNameProblem(text)}`);
  const { store, folder, isRegistry } = await promptsFolder(context);
  const workTree = workTreeOf(store);
  const paths = PROMPT_SUFFIXES.map((suffix) => `${folder}/${name}${suffix}`);
  for (const file of await workTree.readStored(paths, 0)) {
    if (file.state !== 'absent')
      throw new Refusal(`${file.path} is there already: edit it, or choose another name`);
  }
  const [path = ''] = paths;
  if (!dryRun) await workTree.writeFile(path, Buffer.from(newPrompt(name)));
  const next = isRegistry
    ? `promptaudit commit ${name} -m "…"`
    : 'promptaudit init, which makes this a registry and registers it';
  await context.answer(
    () => jsonDocument({ schema: 'promptaudit/new@1', dryRun, prompt: name, path }),
    () => (dryRun ? `would write ${path}\n` : `wrote ${path}: edit it, then run ${next}\n`),
  );
  return 0;
};
