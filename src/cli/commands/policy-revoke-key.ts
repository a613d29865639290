import { revokeKey } from '../../policy/edit.ts';
import type { Run } from '../command.ts';
import { keyOrFingerprint } from '../keytext.ts';
import { openTrail } from '../opentrail.ts';
import { editPolicy } from '../policyedit.ts';

export const run: Run<'policy revoke-key'> = async (context, [text], { from, dryRun }) => {
  const key = await keyOrFingerprint(context, text);
  const { trail } = await openTrail(context);
  const sequence = from ?? trail.head.sequence + 1;
  return editPolicy(context, dryRun, (policy) => revokeKey(policy, key, sequence));
};
