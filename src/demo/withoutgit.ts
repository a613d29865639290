import { Buffer } from 'node:buffer';
import fs from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import {
  commit,
  deleteTag,
  init,
  log,
  readTree,
  resolveRef,
  type TreeEntry,
  writeBlob,
  writeTree,
} from 'isomorphic-git';
import { assertNever, Failure } from '../failure.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import type { Environment } from './environment.ts';
import type { Tool } from './git.ts';
import type { Deed } from './model.ts';

/** The same deeds on a machine without git, by isomorphic-git, which knows nothing of promptaudit either. */
export const withoutGit: Tool = async (deed, { cwd, env }) => ({
  code: 0,
  output: await carryOut(deed, cwd, env),
});

async function carryOut(deed: Deed, cwd: string, env: Environment): Promise<string> {
  const dir = join(cwd, deed.repo);
  switch (deed.deed) {
    case 'init':
      await init({ fs, dir, defaultBranch: 'main' });
      return '';
    case 'clone':
      await cp(dir, join(cwd, deed.to), { recursive: true });
      return '';
    case 'fetch-ledger':
      return 'The clone was made by copying the folder, so it has the ledger.\n';
    case 'note':
      return overwriteNote({ fs, dir }, deed, env);
    case 'delete-tag':
      await deleteTag({ fs, dir, ref: deed.tag });
      return `Deleted tag '${deed.tag}'\n`;
    default:
      return assertNever(deed);
  }
}

/** isomorphic-git's own `addNote` knows no folders of notes, and would leave the note that is there beside its own. */
async function overwriteNote(
  repo: { readonly fs: typeof fs; readonly dir: string },
  { back, text }: Extract<Deed, { deed: 'note' }>,
  env: Environment,
): Promise<string> {
  const annotated = (await log({ ...repo, ref: 'main', depth: back + 1 }))[back];
  if (annotated === undefined) throw new Failure(`main has no commit ${back} before its newest`);
  const head = await resolveRef({ ...repo, ref: LEDGER_REF });
  const [folder, file] = [annotated.oid.slice(0, 2), annotated.oid.slice(2)];
  const root = (await readTree({ ...repo, oid: head })).tree;
  const notes = (await readTree({ ...repo, oid: head, filepath: folder })).tree;
  const oid = await writeBlob({ ...repo, blob: Buffer.from(`${text}\n`) });
  const sub = await writeTree({ ...repo, tree: replaced(notes, file, oid) });
  const tree = await writeTree({ ...repo, tree: replaced(root, folder, sub) });
  const author = {
    name: env.GIT_AUTHOR_NAME ?? '',
    email: env.GIT_AUTHOR_EMAIL ?? '',
    timestamp: Number(/\d+/.exec(env.GIT_AUTHOR_DATE ?? '')?.[0]),
    timezoneOffset: 0,
  };
  const message = "Notes added by 'git notes add'\n";
  await commit({ ...repo, ref: LEDGER_REF, parent: [head], tree, message, author });
  return `Overwriting existing notes for object ${annotated.oid}\n`;
}

function replaced(entries: readonly TreeEntry[], path: string, oid: string): TreeEntry[] {
  return entries.map((entry) => (entry.path === path ? { ...entry, oid } : entry));
}
