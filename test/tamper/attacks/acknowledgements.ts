import { deploymentOf, forgeEvent } from '../../helpers/forge.ts';
import type { Hospital } from '../../helpers/hospital.ts';
import type { Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';

/** An event in the ledger with one finding, `deployment/replaces`, and without effect. */
const offend = async (h: Hospital) =>
  forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging', replaces: 1 }));

const acknowledge = (h: Hospital, who: Person, finding: string, target: number) =>
  forgeEvent(h, who, { event: 'acknowledgement', finding, target }, { reason: 'Never mind' });

export const ACKNOWLEDGEMENT_ATTACKS: readonly Attack[] = [
  {
    code: 'signature/role',
    by: 'insider',
    title: 'acknowledges what they did themselves, as no admin',
    carryOut: async (h) => {
      await offend(h);
      await acknowledge(h, h.dee, 'deployment/replaces', 10);
    },
    expected: ['deployment/replaces@10', 'signature/role@11'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'acknowledges it before it happens',
    carryOut: async (h) => {
      await acknowledge(h, h.ada, 'deployment/replaces', 11);
      await offend(h);
    },
    expected: ['deployment/replaces@11'],
    unchanged: ['deployments'],
  },
  {
    code: 'deployment/replaces',
    by: 'insider',
    title: 'acknowledges another finding than the one there is',
    carryOut: async (h) => {
      await offend(h);
      await acknowledge(h, h.ada, 'deployment/unapproved', 10);
      await acknowledge(h, h.ada, 'deployment/replaces', 9);
    },
    expected: ['deployment/replaces@10'],
  },
  {
    code: 'approval/tag-missing',
    by: 'insider',
    title: 'acknowledges what can only be put right: a tag that is gone',
    carryOut: async (h) => {
      await h.team.git('tag', '-d', 'promptaudit/discharge/v1/approved/bob@acme.example');
      await acknowledge(h, h.ada, 'approval/tag-missing', 7);
    },
    expected: ['approval/tag-missing@7'],
  },
  {
    code: 'ledger/rollback',
    by: 'insider',
    title: 'acknowledges what can only be put right: a ledger cut short',
    carryOut: async (h) => {
      await h.team.git('update-ref', 'refs/notes/promptaudit', 'refs/notes/promptaudit~2');
      await acknowledge(h, h.ada, 'ledger/rollback', 8);
    },
    expected: ['ledger/rollback@8'],
  },
];
