import { deploymentOf, forgeEvent } from '../../helpers/forge.ts';
import { type Hospital, policyOf, setPolicy } from '../../helpers/hospital.ts';
import type { Attack } from '../attack.ts';

const HOUR = 3600;

const approve = (h: Hospital, who: 'bob' | 'carol', ref: string) =>
  h.team.ok(h[who], ['approve', ref, '-m', 'Read it']);

/** Ada's emergency deployment of clinical-intake v2, event 10, and the day that it may go without a review. */
const emergency = async (h: Hospital) => {
  const args = ['clinical-intake@2', '-e', 'production', '--emergency', '-m', 'Patients wait'];
  await h.team.ok(h.ada, ['deploy', ...args]);
};

export const EMERGENCY_ATTACKS: readonly Attack[] = [
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'lets an emergency go without a review',
    carryOut: async (h) => {
      await emergency(h);
      h.team.clock += 25 * HOUR;
    },
    expected: ['deployment/unreviewed-emergency@10'],
  },
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'acknowledges that an emergency went without a review while there is time for one',
    carryOut: async (h) => {
      await emergency(h);
      const detail = {
        event: 'acknowledgement',
        finding: 'deployment/unreviewed-emergency',
        target: 10,
      } as const;
      await forgeEvent(h, h.ada, detail, { reason: 'Never mind' });
      h.team.clock += 25 * HOUR;
    },
    expected: ['deployment/unreviewed-emergency@10'],
    async afterwards(h) {
      await h.team.ok(h.ada, ['acknowledge', 'deployment/unreviewed-emergency', '10', '-m', 'Too late']);
      await h.team.ok(undefined, ['verify']);
    },
  },
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'has an emergency reviewed by one of two',
    carryOut: async (h) => {
      await emergency(h);
      await approve(h, 'bob', 'clinical-intake@2');
      h.team.clock += 25 * HOUR;
    },
    expected: ['deployment/unreviewed-emergency@10'],
  },
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'takes what was approved before the emergency for its review',
    carryOut: async (h) => {
      await approve(h, 'bob', 'clinical-intake@2');
      await approve(h, 'carol', 'clinical-intake@2');
      await emergency(h);
      h.team.clock += 25 * HOUR;
    },
    expected: ['deployment/unreviewed-emergency@12'],
  },
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'reviews their own emergency where deployers are to be separate',
    carryOut: async (h) => {
      const policy = policyOf(h, {
        environments: { staging: {}, production: { approvals: 1, separateDeployer: true } },
      });
      policy.principals[h.ada.email] = {
        name: 'Ada',
        roles: ['admin', 'approver'],
        keys: [h.ada.publicKey],
      };
      await setPolicy(h, policy);
      for (const ref of ['clinical-intake@1', 'clinical-intake@2']) {
        await h.team.ok(h.ada, ['deploy', ref, '-e', 'production', '--emergency', '-m', 'Patients wait']);
        await h.team.ok(h.ada, ['approve', ref, '-m', 'Fine, I think']);
        await approve(h, 'bob', ref);
      }
      await approve(h, 'carol', 'clinical-intake@2');
      h.team.clock += 25 * HOUR;
    },
    expected: ['deployment/unreviewed-emergency@11'],
  },
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'has an emergency reviewed too late',
    carryOut: async (h) => {
      await emergency(h);
      h.team.clock += 25 * HOUR;
      await approve(h, 'bob', 'clinical-intake@2');
      await approve(h, 'carol', 'clinical-intake@2');
    },
    expected: ['deployment/unreviewed-emergency@10'],
  },
  {
    code: 'deployment/unreviewed-emergency',
    by: 'insider',
    title: 'rejects an emergency and lets it stand',
    carryOut: async (h) => {
      await emergency(h);
      await h.team.ok(h.bob, ['reject', 'clinical-intake@2', '-m', 'Too long']);
      h.team.clock += 25 * HOUR;
    },
    expected: ['deployment/unreviewed-emergency@10'],
  },
  {
    code: 'deployment/unapproved',
    by: 'insider',
    title: 'makes an emergency deployment without a reason',
    carryOut: async (h) =>
      forgeEvent(h, h.ada, await deploymentOf(h, 4, { environment: 'staging', kind: 'emergency' })),
    expected: ['deployment/unapproved@10'],
    unchanged: ['deployments'],
  },
];
