import { addPrincipal } from '../../policy/edit.ts';
import type { Run } from '../command.ts';
import { type GivenKey, givenKey } from '../keytext.ts';
import { editPolicy } from '../policyedit.ts';

export const run: Run<'policy add'> = async (context, [id], { name, kind, role: roles, key, dryRun }) => {
  const given: GivenKey[] = [];
  for (const text of key) given.push(await givenKey(context, text));
  const addition = {
    id,
    roles,
    keys: given.map(({ text }) => text),
    ...(name === undefined ? {} : { name }),
    ...(kind === undefined ? {} : { kind }),
  };
  const files = given.flatMap(({ file }) => file ?? []);
  return editPolicy(context, dryRun, (text) => addPrincipal(text, addition), files);
};
