import { forgeEvent, forget } from '../../helpers/forge.ts';
import { type Hospital, policyOf } from '../../helpers/hospital.ts';
import type { Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { draftPolicy } from '../drafts.ts';

/** Nothing is left of the registry but its objects; this clone never saw it. */
const clear = async (h: Hospital) => {
  const { team } = h;
  await team.git('switch', '-q', '--orphan', 'fresh');
  await team.git('branch', '-q', '-D', 'main');
  await team.git('update-ref', '-d', 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example');
  await team.git('commit', '-q', '--allow-empty', '-m', 'Root');
  await forget(h);
};

const genesis = (h: Hospital, founder: Person) =>
  forgeEvent(h, founder, { event: 'genesis', name: 'mine' }, { policy: 0, head: 'none' });

/** A registry whose first policy is this one, signed by this key in that name. */
const found = async (h: Hospital, founder: Person, policy: string, signer: Person, as = signer) => {
  await clear(h);
  await genesis(h, founder);
  const detail = await draftPolicy(h, signer, policy, undefined, as);
  await forgeEvent(h, signer, { ...detail, version: 1 }, { policy: 0, subject: detail.commit, as });
};

export const FOUNDING_ATTACKS: readonly Attack[] = [
  {
    code: 'signature/identity',
    by: 'insider',
    title: 'puts a first policy behind the genesis of another admin',
    carryOut: async (h) => {
      const eve = await h.team.person('Eve');
      const policy = policyOf(h);
      policy.principals[eve.email] = { name: 'Eve', roles: ['admin'], keys: [eve.publicKey] };
      await found(h, h.ada, JSON.stringify(policy), eve);
    },
    expected: ['signature/identity@2'],
  },
  {
    code: 'signature/identity',
    by: 'outsider',
    title: 'puts a first policy behind the genesis of Ada that lists a key of their own as hers',
    carryOut: async (h) => {
      const mallory = await h.team.person('Mallory');
      const policy = policyOf(h);
      const keys = [h.ada.publicKey, mallory.publicKey];
      policy.principals[h.ada.email] = { name: 'Ada', roles: ['admin'], keys };
      await found(h, h.ada, JSON.stringify(policy), mallory, h.ada);
    },
    expected: ['signature/identity@2'],
  },
  {
    code: 'signature/role',
    by: 'insider',
    title: 'founds a registry of which they are no admin',
    carryOut: (h) => found(h, h.dan, JSON.stringify(policyOf(h)), h.dan),
    expected: ['signature/role@1', 'signature/role@2'],
  },
  {
    code: 'policy/invalid',
    by: 'insider',
    title: 'founds a registry with a policy that is none',
    carryOut: (h) => found(h, h.ada, '{', h.ada),
    // there is nothing by which either could be judged
    expected: ['policy/invalid@1', 'policy/invalid@2'],
  },
  {
    code: 'ledger/sequence',
    by: 'insider',
    title: 'lets something else follow genesis than a policy',
    carryOut: async (h) => {
      await clear(h);
      await genesis(h, h.ada);
      const detail = { event: 'acknowledgement', finding: 'ledger/time', target: 1 } as const;
      await forgeEvent(h, h.ada, detail, { policy: 0, reason: 'Mine' });
    },
    expected: ['ledger/sequence@2', 'policy/invalid@1', 'policy/invalid@2'],
  },
];
