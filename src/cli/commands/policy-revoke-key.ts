import { revokeKey } from '../../policy/edit.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { editPolicy } from '../policyedit.ts';

export const run: Run<'policy revoke-key'> = async (context, [key], { from, dryRun }) => {
  const { trail } = await openTrail(context);
  const sequence = from ?? trail.head.sequence + 1;
  return editPolicy(context, dryRun, (text) => revokeKey(text, key, sequence));
};
