import { Failure, Refusal } from '../../failure.ts';
import { isPromptPath, PROMPT_SUFFIXES, promptNameAt } from '../../prompts/name.ts';
import { parseName } from '../../prompts/reference.ts';
import { newPrompt } from '../../prompts/skeleton.ts';
import { workTreeOf } from '../../registry/worktree.ts';
import { jsonDocument } from '../../report/json.ts';
import type { Run } from '../command.ts';
import { namedFromTop, promptsFolder } from '../promptfiles.ts';

export const run: Run<'new'> = async (context, [text], { dryRun }) => {
  const { store, folder, isRegistry } = await promptsFolder(context);
  if (isPromptPath(text)) {
    const meant = promptNameAt(folder, namedFromTop(context, store, [text]).join());
    throw new Failure(
      `${JSON.stringify(text)} is the path of a file: give the prompt's name, ${meant ?? `its path in ${folder}/ without the suffix`}`,
    );
  }
  const name = parseName(text);
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
