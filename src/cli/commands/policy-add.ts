import { addPrincipal } from '../../policy/edit.ts';
import type { Run } from '../command.ts';
import { keyText } from '../keytext.ts';
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
