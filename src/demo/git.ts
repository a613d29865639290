import { assertNever } from '../failure.ts';
import { runGit } from '../git/native/process.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import type { Environment } from './environment.ts';
import type { Deed, Ran } from './model.ts';

/** Carries a deed out in the demo's folder. */
export type Tool = (deed: Deed, place: { readonly cwd: string; readonly env: Environment }) => Promise<Ran>;

/** By the program itself. */
export const withGit: Tool = async (deed, place) => {
  const { code, stdout, stderr } = await runGit(place, gitArguments(deed));
  return { code, output: stdout.toString() + stderr };
};

/** What comes after `git` on the command line. */
export function gitArguments(deed: Deed): readonly string[] {
  switch (deed.deed) {
    case 'init':
      return ['init', '-q', '-b', 'main', deed.repo];
    case 'clone':
      return ['clone', '-q', deed.repo, deed.to];
    case 'fetch-ledger':
      return ['-C', deed.repo, 'fetch', '-q', 'origin', `${LEDGER_REF}:${LEDGER_REF}`];
    case 'note': {
      const ref = LEDGER_REF.replace('refs/notes/', '');
      return ['-C', deed.repo, 'notes', `--ref=${ref}`, 'add', '-f', '-m', deed.text, `main~${deed.back}`];
    }
    case 'delete-tag':
      return ['-C', deed.repo, 'tag', '-d', deed.tag];
    default:
      return assertNever(deed);
  }
}
