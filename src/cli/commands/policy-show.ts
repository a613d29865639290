import { Failure } from '../../failure.ts';
import { policyToJson } from '../../policy/serialise.ts';
import { policyJson, policyText } from '../../report/policy.ts';
import { fingerprint } from '../../signing/sshkey.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';

export const run: Run<'policy show'> = async (context, [text]) => {
  const { trail } = await openTrail(context);
  const number = text === undefined ? trail.policy.number : Number(/^v?([1-9]\d{0,8})$/.exec(text)?.[1]);
  const versions = await trail.policies();
  const version = versions[number - 1];
  if (version === undefined)
    throw new Failure(`there is no policy v${text ?? number}: the newest is v${versions.length}`);
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
