import type { EventDetail } from '../../../src/ledger/event.ts';
import { deploymentOf, forgeEvent, LEDGER } from '../../helpers/forge.ts';
import { type Hospital, type PolicyFile, policyOf, setPolicy } from '../../helpers/hospital.ts';
import type { Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { draftDecision, draftPolicy, putTag } from '../drafts.ts';
import { inLatin1, NO_DIGEST } from '../workbench.ts';

/** Ada puts a policy to the ledger, whatever the rules say. */
const put =
  (text: (h: Hospital) => string, changes: object = {}): Attack['carryOut'] =>
  async (h) => {
    const detail = await draftPolicy(h, h.ada, text(h));
    await forgeEvent(h, h.ada, { ...detail, ...changes } as EventDetail, { subject: detail.commit });
  };

const valid = (h: Hospital) => JSON.stringify(policyOf(h));

const CHANGES: readonly (readonly [what: string, change: (policy: PolicyFile, h: Hospital) => object])[] = [
  ['of a schema that there is not', (policy) => ({ ...policy, schema: 'promptaudit/policy@9' })],
  [
    'with a key that is misspelt',
    ({ adminThreshold, ...policy }) => ({ ...policy, adminTreshold: adminThreshold }),
  ],
  ['that no admin is needed for', (policy) => ({ ...policy, adminThreshold: 0 })],
  ['that more admins are needed for than there are', (policy) => ({ ...policy, adminThreshold: 2 })],
  [
    'in which two people share a key',
    (policy, { alice, bob }) => {
      policy.principals[bob.email] = { name: 'Bob', roles: ['approver'], keys: [alice.publicKey] };
      return policy;
    },
  ],
];

const INVALID: readonly Attack[] = [
  ...CHANGES.map(
    ([what, change]): Attack => ({
      code: 'policy/invalid',
      by: 'insider',
      title: `sets a policy ${what}`,
      carryOut: put((h) => JSON.stringify(change(policyOf(h), h))),
      expected: ['policy/invalid@10'],
      afterwards: stillSecond,
    }),
  ),
  {
    code: 'policy/invalid',
    by: 'insider',
    title: 'sets a policy that is no YAML',
    carryOut: put(() => '{'),
    expected: ['policy/invalid@10'],
    afterwards: stillSecond,
  },
];

async function stillSecond({ team }: Hospital): Promise<void> {
  const { version } = await team.json<{ version: number }>(undefined, ['policy', 'show']);
  if (version !== 2) throw new Error(`policy v${version} is in force`);
}

/** Event 10: policy v3, by which two of the admins Ada and Eve have to agree. Event 11: Ada's v4, which lets Dee do anything. */
const wantsDeeAdmin = async (h: Hospital) => {
  const eve = await h.team.person('Eve');
  const policy = policyOf(h, { adminThreshold: 2 });
  policy.principals[eve.email] = { name: 'Eve', roles: ['admin'], keys: [eve.publicKey] };
  await setPolicy(h, policy);
  policy.principals[h.dee.email] = { name: 'Dee', roles: ['deployer', 'admin'], keys: [h.dee.publicKey] };
  await setPolicy(h, policy);
};

/** An approval of policy v4. */
const support = async (h: Hospital, who: Person) => {
  const detail = await draftDecision(h, who, { on: 11, prompt: 'policy' });
  await forgeEvent(h, who, detail, { policy: 3, reason: 'Read it' });
  await putTag(h, detail);
};

/** Dee deploys clinical-intake v1 to staging under policy v4. */
const actUnderFourth = async (h: Hospital) =>
  forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging' }), { policy: 4 });

const THRESHOLDS: readonly Attack[] = [
  {
    code: 'policy/threshold',
    by: 'insider',
    title: 'acts under a policy that waits, as if one that asks for fewer admins had let it in',
    carryOut: async (h) => {
      const eve = await h.team.person('Eve');
      const policy = policyOf(h, { adminThreshold: 2 });
      policy.principals[eve.email] = { name: 'Eve', roles: ['admin'], keys: [eve.publicKey] };
      await setPolicy(h, policy);
      await setPolicy(h, { ...policy, adminThreshold: 1 });
      policy.principals[h.dee.email] = { name: 'Dee', roles: ['deployer', 'admin'], keys: [h.dee.publicKey] };
      await setPolicy(h, policy);
      await h.team.ok(eve, ['approve', 'policy@4', '-m', 'One is enough']);
      const staging = await deploymentOf(h, 4, { environment: 'staging' });
      await forgeEvent(h, h.dee, staging, { policy: 5 });
    },
    expected: ['policy/threshold@14'],
    unchanged: ['deployments'],
  },
  {
    code: 'policy/threshold',
    by: 'insider',
    title: 'acts under a policy that one admin of two has set',
    carryOut: async (h) => {
      await wantsDeeAdmin(h);
      await actUnderFourth(h);
    },
    expected: ['policy/threshold@12'],
    unchanged: ['deployments'],
  },
  {
    code: 'policy/threshold',
    by: 'insider',
    title: 'counts as two admins for a policy of their own',
    carryOut: async (h) => {
      await wantsDeeAdmin(h);
      await support(h, h.ada);
      await actUnderFourth(h);
    },
    expected: ['approval/self@12', 'policy/threshold@13'],
    unchanged: ['deployments'],
  },
  {
    code: 'policy/threshold',
    by: 'insider',
    title: 'supports, as no admin yet, the policy that makes them one',
    carryOut: async (h) => {
      await wantsDeeAdmin(h);
      await support(h, h.dee);
      await actUnderFourth(h);
    },
    expected: ['approval/role@12', 'policy/threshold@13'],
    unchanged: ['deployments'],
  },
  {
    code: 'policy/threshold',
    by: 'insider',
    title: 'supports a policy with an approver’s word',
    carryOut: async (h) => {
      await wantsDeeAdmin(h);
      await support(h, h.bob);
      await actUnderFourth(h);
    },
    expected: ['approval/role@12', 'policy/threshold@13'],
    unchanged: ['deployments'],
  },
];

export const POLICY_ATTACKS: readonly Attack[] = [
  ...INVALID,
  ...THRESHOLDS,
  {
    code: 'policy/number',
    by: 'insider',
    title: 'gives a number a second time',
    carryOut: put(valid, { version: 2 }),
    expected: ['policy/number@10'],
    afterwards: stillSecond,
  },
  {
    code: 'policy/number',
    by: 'insider',
    title: 'leaves a number out',
    carryOut: put(valid, { version: 4 }),
    expected: ['policy/number@10'],
    afterwards: stillSecond,
  },
  {
    code: 'policy/number',
    by: 'insider',
    title: 'brings the first policy back, in which Ada may do everything',
    carryOut: async (h) => {
      const first = `${LEDGER}~7`;
      const message = await h.team.git('log', '-1', '--format=%B', first);
      const contentDigest = /^Content-Digest: (.*)$/m.exec(message)?.[1];
      const commit = await h.team.git('rev-parse', `${first}^2`);
      const detail = { event: 'policy', version: 1, commit, contentDigest } as EventDetail;
      await forgeEvent(h, h.ada, detail, { subject: commit as never });
    },
    expected: ['policy/number@10'],
    afterwards: stillSecond,
  },
  {
    code: 'policy/number',
    by: 'insider',
    title: 'acts under a policy that is no longer in force',
    // under the first one, Ada deployed
    carryOut: async (h) =>
      forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging' }), { policy: 1 }),
    expected: ['policy/number@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'policy/number',
    by: 'insider',
    title: 'acts under a policy that is still to come',
    carryOut: async (h) =>
      forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging' }), { policy: 3 }),
    expected: ['policy/number@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'policy/content',
    by: 'insider',
    title: 'sets another policy than the one in the commit',
    carryOut: put(valid, { contentDigest: NO_DIGEST }),
    expected: ['policy/content@10'],
    afterwards: stillSecond,
  },
  {
    code: 'policy/content',
    by: 'insider',
    title: 'sets a policy with a commit that has a header which names another encoding',
    carryOut: async (h) => {
      const detail = await draftPolicy(h, h.ada, valid(h));
      const commit = await inLatin1(h, h.ada, detail.commit);
      await forgeEvent(h, h.ada, { ...detail, commit }, { subject: commit });
    },
    expected: ['policy/content@10'],
    afterwards: stillSecond,
  },
  {
    code: 'policy/content',
    by: 'insider',
    title: 'sets a policy with a commit that has none',
    carryOut: async (h) => {
      await h.team.git('rm', '-q', '-r', '--cached', '.promptaudit');
      const detail = await draftPolicy(h, h.ada, valid(h), 'policy.yml');
      await forgeEvent(h, h.ada, detail, { subject: detail.commit });
    },
    expected: ['policy/content@10'],
    afterwards: stillSecond,
  },
];
