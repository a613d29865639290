import { readIdentity } from '../../git/identity.ts';
import { principalOf } from '../../registry/session.ts';
import { jsonDocument } from '../../report/json.ts';
import { hang, span } from '../../report/layout.ts';
import { fingerprint } from '../../signing/sshkey.ts';
import type { Run } from '../command.ts';
import { openTrail } from '../opentrail.ts';
import { openSigner } from '../session.ts';

export const run: Run<'whoami'> = async (context) => {
  const { store, trail } = await openTrail(context);
  const signer = await openSigner(context, store);
  const identity = readIdentity(store.config, context.env, context.now());
  const { id, name, kind, roles } = principalOf(
    trail.policy.policy,
    signer,
    identity,
    trail.head.sequence + 1,
  );
  const key = fingerprint(signer.key.id);
  await context.answer(
    () =>
      jsonDocument({
        schema: 'promptaudit/whoami@1',
        registry: trail.root.registry,
        principal: id,
        name,
        kind,
        roles: [...roles],
        key: signer.key.id,
        fingerprint: key,
      }),
    ({ style, width }) => {
      const row = (label: string, text: string) =>
        hang([span(label.padEnd(10), style.dim)], [span(text)], width);
      return [
        ...row('you are', `${name} <${id}>${kind === 'service' ? ', a service' : ''}`),
        ...row('roles', [...roles].join(', ')),
        ...row('key', key),
        ...row('registry', `${trail.root.name} (${trail.root.registry})`),
      ]
        .map((line) => `${line}\n`)
        .join('');
    },
  );
  return 0;
};
