import type { Detail } from '../../../src/ledger/event.ts';
import { deploymentOf, forgeEvent } from '../../helpers/forge.ts';
import { DISCHARGE, type Hospital, policyOf, promptText, setPolicy } from '../../helpers/hospital.ts';
import type { Attack } from '../attack.ts';
import { draftRetirement } from '../drafts.ts';

const HOUR = 3600;

/** Dee deploys what the event with this number registered, whatever the rules say. */
const deploy = async (
  h: Hospital,
  on: number,
  changes: Partial<Detail<'deployment'>> = {},
  forgery: { readonly policy?: number; readonly late?: number } = {},
) => forgeEvent(h, h.dee, await deploymentOf(h, on, changes), forgery);

const approve = (h: Hospital, who: 'bob' | 'carol', ref: string, ...more: string[]) =>
  h.team.ok(h[who], ['approve', ref, '-m', 'Read it', ...more]);
const toStaging = (h: Hospital, ref: string) => h.team.ok(h.dee, ['deploy', ref, '-e', 'staging']);
const outOfProduction = (h: Hospital) => h.team.ok(h.dee, ['withdraw', 'discharge', '-e', 'production']);

/** Events 10 to 12: Alice's discharge v2, which Bob approves and Dee deploys to staging. */
const almostThere = async (h: Hospital) => {
  await h.team.write(DISCHARGE, promptText('discharge', 'Shorter.'));
  await h.team.ok(h.alice, ['commit', 'discharge', '-m', 'Shorter']);
  await approve(h, 'bob', 'discharge@2');
  await toStaging(h, 'discharge@2');
};

const production = (more: object) => ({
  staging: {},
  production: { approvals: 1, promoteFrom: 'staging', ...more },
});

/** Policy v3, at event 10, by which Dee approves as well, and whoever deploys to production is to stand apart. */
const letDeeApprove = async (h: Hospital) => {
  const policy = policyOf(h, { environments: production({ separateDeployer: true }) });
  const roles = ['deployer', 'approver'];
  policy.principals[h.dee.email] = { name: 'Dee', roles, keys: [h.dee.publicKey] };
  await setPolicy(h, policy);
};

const UNAPPROVED: readonly Attack[] = [
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys what nobody approved',
    carryOut: async (h) => {
      await toStaging(h, 'clinical-intake@2');
      await deploy(h, 5);
    },
    expected: ['deployment/unapproved@11'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys with one approval where the policy demands two',
    carryOut: async (h) => {
      await toStaging(h, 'clinical-intake@2');
      await approve(h, 'bob', 'clinical-intake@2');
      await deploy(h, 5);
    },
    expected: ['deployment/unapproved@12'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys to production what was approved for staging',
    carryOut: async (h) => {
      await toStaging(h, 'clinical-intake@2');
      await approve(h, 'bob', 'clinical-intake@2');
      await approve(h, 'carol', 'clinical-intake@2', '-e', 'staging');
      await deploy(h, 5);
    },
    expected: ['deployment/unapproved@13'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys what is rejected',
    carryOut: async (h) => {
      await almostThere(h);
      await h.team.ok(h.carol, ['reject', 'discharge@2', '-m', 'Too short']);
      await deploy(h, 10, { replaces: 1 });
    },
    expected: ['deployment/unapproved@14'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys what was approved until the approval was taken back',
    carryOut: async (h) => {
      await almostThere(h);
      await h.team.ok(h.bob, ['revoke', 'discharge@2', '-m', 'Wait']);
      await deploy(h, 10, { replaces: 1 });
    },
    expected: ['deployment/unapproved@14'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys with the approval of somebody whom the rule does not list',
    carryOut: async (h) => {
      const only = { approvals: 1, approvers: [h.carol.email] };
      await setPolicy(
        h,
        policyOf(h, { rules: [{ prompts: ['discharge'], environments: ['production'], ...only }] }),
      );
      await outOfProduction(h);
      await deploy(h, 6, {}, { policy: 3 });
    },
    expected: ['deployment/unapproved@12'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys to an environment that the policy does not have',
    carryOut: (h) => deploy(h, 4, { environment: 'moon' }),
    expected: ['deployment/unapproved@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'deploys what nobody approved and what never was in staging',
    carryOut: (h) => deploy(h, 5),
    expected: ['deployment/promotion@10', 'deployment/unapproved@10'],
    unchanged: ['deployments'],
  },
];

const PROMOTION: readonly Attack[] = [
  {
    code: 'deployment/promotion',
    by: 'insider',
    title: 'deploys what never was in staging',
    carryOut: async (h) => {
      await approve(h, 'bob', 'clinical-intake@2');
      await approve(h, 'carol', 'clinical-intake@2');
      await deploy(h, 5);
    },
    expected: ['deployment/promotion@12'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/promotion',
    by: 'insider',
    title: 'calls a rollback what never was there',
    carryOut: (h) => deploy(h, 4, { environment: 'staging', kind: 'rollback' }),
    expected: ['deployment/promotion@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/promotion',
    by: 'insider',
    title: 'makes up the time in staging with a date before the ledger’s',
    carryOut: async (h) => {
      await setPolicy(h, policyOf(h, { environments: production({ soak: '1h' }), rules: [] }));
      await approve(h, 'bob', 'clinical-intake@2');
      await deploy(h, 5, { environment: 'staging' }, { policy: 3, late: -HOUR });
      await deploy(h, 5, {}, { policy: 3 });
    },
    expected: ['deployment/promotion@13', 'ledger/time@12'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/soak',
    by: 'insider',
    title: 'deploys what was not in staging for long enough',
    carryOut: async (h) => {
      await setPolicy(h, policyOf(h, { environments: production({ soak: '24h' }) }));
      await outOfProduction(h);
      await deploy(h, 6, {}, { policy: 3 });
    },
    expected: ['deployment/soak@12'],
  },
  {
    code: 'deployment/separation',
    by: 'insider',
    title: 'deploys what they approved',
    carryOut: async (h) => {
      await letDeeApprove(h);
      await h.team.ok(h.dee, ['approve', 'discharge@1', '-m', 'Read it']);
      await outOfProduction(h);
      await deploy(h, 6, {}, { policy: 3 });
    },
    expected: ['deployment/separation@13'],
  },
  {
    code: 'deployment/separation',
    by: 'insider',
    title: 'deploys to production what they approved for staging, and for all but production',
    carryOut: async (h) => {
      await letDeeApprove(h);
      await h.team.ok(h.dee, ['approve', 'discharge@1', '-e', 'staging', '-m', 'Read it']);
      await outOfProduction(h);
      await deploy(h, 6, {}, { policy: 3 });
      await h.team.ok(h.dee, ['approve', 'discharge@1', '-m', 'Read it']);
      await h.team.ok(h.dee, ['revoke', 'discharge@1', '-e', 'production', '-m', 'Not there']);
      await deploy(h, 6, {}, { policy: 3 });
      await h.team.ok(h.dee, ['revoke', 'discharge@1', '-m', 'Nowhere']);
      await deploy(h, 6, {}, { policy: 3 });
    },
    expected: ['deployment/separation@13', 'deployment/separation@16'],
  },
  {
    code: 'deployment/separation',
    by: 'insider',
    title: 'deploys what they wrote',
    carryOut: async (h) => {
      const policy = policyOf(h, { environments: production({ separateDeployer: true }) });
      policy.principals[h.alice.email] = {
        name: 'Alice',
        roles: ['author', 'deployer'],
        keys: [h.alice.publicKey],
      };
      await setPolicy(h, policy);
      await outOfProduction(h);
      await forgeEvent(h, h.alice, await deploymentOf(h, 6), { policy: 3 });
    },
    expected: ['deployment/separation@12'],
  },
];

const REPLACES: readonly Attack[] = [
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'deploys in the place of what is not active',
    carryOut: (h) => deploy(h, 4, { environment: 'staging', replaces: 1 }),
    expected: ['deployment/replaces@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'deploys what is active already',
    carryOut: (h) => deploy(h, 6, { environment: 'staging', replaces: 1 }),
    expected: ['deployment/replaces@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'signs once more the deployment that they made before',
    carryOut: (h) => deploy(h, 6),
    // it says that nothing was there, and that is active already
    expected: ['deployment/replaces@10', 'deployment/replaces@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'retires what is in use',
    carryOut: async (h) => {
      const detail = await draftRetirement(h, h.alice, 'discharge');
      await forgeEvent(h, h.alice, detail, { subject: detail.commit, reason: 'Not used' });
    },
    // in staging and in production
    expected: ['deployment/replaces@10', 'deployment/replaces@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'withdraws what is not there',
    carryOut: async (h) => {
      const { commit, prompt, version } = await deploymentOf(h, 5);
      const detail = { event: 'withdrawal', commit, prompt, version, environment: 'staging' } as const;
      await forgeEvent(h, h.dee, { ...detail, reference: undefined });
    },
    expected: ['deployment/replaces@10'],
    unchanged: ['deployments'],
  },
];

export const DEPLOYMENT_ATTACKS: readonly Attack[] = [...UNAPPROVED, ...PROMOTION, ...REPLACES];
