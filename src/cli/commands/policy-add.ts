import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../failure.ts';
import { addPrincipal } from '../../policy/edit.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { editPolicy } from '../policyedit.ts';

export const run: Run<'policy add'> = async (context, [id], { name, kind, role: roles, key, dryRun }) => {
  const keys: string[] = [];
  for (const text of key) keys.push(await keyText(context, text));
  const addition = {
    id,
    roles,
    keys,
    ...(name === undefined ? {} : { name }),
    ...(kind === undefined ? {} : { kind }),
  };
  return editPolicy(context, dryRun, (text) => addPrincipal(text, addition));
};

/** A key as it stands in a `.pub` file, or the path of one. */
async function keyText(context: Context, text: string): Promise<string> {
  if (text.includes(' ') || text.startsWith('openpgp:')) return text;
  const file = resolve(context.cwd, text);
  const found = await readFile(file, 'utf8');
  const line = found.trim();
  if (line.includes('PRIVATE KEY'))
    throw new Failure(`${text} is a private key: give the public one, ${text}.pub`);
  if (line === '' || line.includes('\n')) throw new Failure(`${text} is no file with one public key`);
  return line;
}
