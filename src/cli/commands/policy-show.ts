import { policyToJson } from '../../policy/serialise.ts';
import { policyJson, policyText } from '../../report/policy.ts';
import { fingerprint } from '../../signing/sshkey.ts';
import { policyVersion } from '../../trail/resolve.ts';
import type { Run } from '../command.ts';
import { versionNumber } from '../declare.ts';
import { openTrail } from '../opentrail.ts';
import { UsageError } from '../usage.ts';

export const run: Run<'policy show'> = async (context, [text]) => {
  const asked = text === undefined ? undefined : versionNumber(text);
  if (text !== undefined && asked === undefined)
    throw new UsageError(`${JSON.stringify(text)} is no version of the policy: write 3 or v3`);
  const { trail } = await openTrail(context);
  const version = await policyVersion(trail, asked ?? trail.policy.number);
  const state =
    version.number === trail.policy.number
      ? 'in force'
      : version.inForceFrom === undefined
        ? 'not in force'
        : 'superseded';
  await context.answer(
    () => policyJson(version, state, policyToJson(version.policy)),
    (page) => policyText(version, state, fingerprint, page),
  );
  return 0;
};
