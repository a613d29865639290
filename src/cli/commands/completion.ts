import type { GitStore } from '../../git/store.ts';
import { promptNameAt } from '../../prompts/name.ts';
import { readPolicyDraft } from '../../registry/planpolicy.ts';
import { workTreeOf } from '../../registry/worktree.ts';
import { jsonDocument } from '../../report/json.ts';
import type { Run } from '../command.ts';
import { SHELLS, wantedAt } from '../completion.ts';
import { SCRIPTS } from '../completionscripts.ts';
import type { Context } from '../context.ts';
import { oneOf } from '../usage.ts';

export const run: Run<'completion'> = async (context, [shell, line]) => {
  const known = oneOf(shell, SHELLS);
  const lines = line.length === 0 ? SCRIPTS[known].split('\n') : await wordsFor(context, line);
  await context.answer(
    () => jsonDocument({ schema: 'promptaudit/completion@1', shell, lines }),
    () => lines.map((one) => `${one}\n`).join(''),
  );
  return 0;
};

/** What the last word of the line may be, of that which begins as it does. */
async function wordsFor(context: Context, line: readonly string[]): Promise<readonly string[]> {
  const current = line.at(-1) ?? '';
  const wanted = wantedAt(line);
  const begins = (words: readonly string[]) => words.filter((word) => word.startsWith(current));
  if (wanted.kind === 'words') return begins(wanted.words);
  const { prompts, environments, people } = await known(await context.openStore());
  const [name = ''] = current.split('@', 1);
  if (wanted.kind === 'environments') return begins(environments);
  if (wanted.kind === 'people') return begins(people);
  if (wanted.kind === 'prompts' || !current.includes('@')) return begins(prompts);
  return begins([...environments, 'latest', 'draft'].map((point) => `${name}@${point}`));
}

/**
 * What the working tree has: nobody is asked to believe it, and it is there at once. To open the ledger would be to hold it to a
 * root that nobody was told.
 */
async function known(store: GitStore) {
  const policy = await readPolicyDraft(store)
    .then((draft) => draft?.parse.policy)
    .catch(() => undefined);
  const folder = policy?.prompts ?? 'prompts';
  const paths = await workTreeOf(store).listFiles(folder);
  return {
    prompts: paths.flatMap((path) => promptNameAt(folder, path) ?? []),
    environments: [...(policy?.environments.keys() ?? [])],
    people: [...(policy?.principals.keys() ?? [])],
  };
}
