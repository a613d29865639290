import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deploymentOf, forgeEvent, LEDGER } from '../../helpers/forge.ts';
import { copyOf } from '../../helpers/hospital.ts';
import { ADAPTERS } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';

/** Attacks on a clone that verified the ledger up to event 9 before. */
export const TRUST_ATTACKS: readonly Attack[] = [
  {
    code: 'ledger/missing',
    by: 'outsider',
    title: 'deletes the ledger',
    carryOut: ({ team }) => team.git('update-ref', '-d', LEDGER),
    expected: ['ledger/missing'],
    through: ADAPTERS,
  },
  {
    code: 'ledger/missing',
    by: 'outsider',
    title: 'deletes the ledger and what the clone keeps beside its pin',
    carryOut: async ({ team }) => {
      await team.git('update-ref', '-d', LEDGER);
      await rm(join(team.repo, '.git/promptaudit/index'), { recursive: true, force: true });
    },
    expected: ['ledger/missing'],
  },
  {
    code: 'ledger/rollback',
    by: 'outsider',
    title: 'takes the newest event back',
    carryOut: ({ team }) => team.git('update-ref', LEDGER, `${LEDGER}~1`),
    expected: ['ledger/rollback@8'],
    through: ADAPTERS,
  },
  {
    code: 'ledger/rollback',
    by: 'outsider',
    title: 'takes all events back but the founding ones and the versions',
    // the tag of event 7 is left behind
    carryOut: ({ team }) => team.git('update-ref', LEDGER, `${LEDGER}~3`),
    expected: ['approval/unrecorded', 'ledger/rollback@6'],
  },
  {
    code: 'ledger/fork',
    by: 'insider',
    title: 'takes the newest event back and signs another in its place',
    carryOut: async (h) => {
      await h.team.git('update-ref', LEDGER, `${LEDGER}~1`);
      await forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging' }));
    },
    expected: ['ledger/fork@9'],
    through: ADAPTERS,
  },
  {
    code: 'ledger/fork',
    by: 'outsider',
    title: 'takes the newest event back and signs another in its place, in the name of Dee',
    carryOut: async (h) => {
      await h.team.git('update-ref', LEDGER, `${LEDGER}~1`);
      const detail = await deploymentOf(h, 4, { environment: 'staging' });
      await forgeEvent(h, await h.team.person('Mallory'), detail, { as: h.dee });
    },
    expected: ['ledger/fork@9', 'signature/unknown-key@9'],
  },
  {
    code: 'ledger/fork',
    by: 'insider',
    title: 'shows two clones two ledgers, each of them sound',
    carryOut: async (h) => {
      const other = await copyOf(h);
      await other.team.ok(h.dee, ['withdraw', 'discharge', '-e', 'staging']);
      await h.team.ok(h.dee, ['withdraw', 'discharge', '-e', 'production']);
      await h.team.ok(undefined, ['verify']);
      await h.team.git('fetch', '-q', other.team.repo, `+${LEDGER}:${LEDGER}`);
    },
    expected: ['ledger/fork@10'],
  },
  {
    code: 'ledger/fork',
    by: 'insider',
    title: 'founds another registry in its place',
    carryOut: async (h) => {
      const other = await copyOf(h);
      const { team } = other;
      await team.git('update-ref', '-d', LEDGER);
      await team.git('rm', '-q', '-r', '.promptaudit', 'prompts');
      await rm(join(team.repo, '.git/promptaudit'), { recursive: true });
      await team.ok(h.ada, ['init', '--name', 'other']);
      await h.team.git('fetch', '-q', team.repo, `+${LEDGER}:${LEDGER}`);
    },
    // to that ledger, Bob's tag and the three contents on main are nothing
    expected: ['approval/unrecorded', 'ledger/fork@1', ...Array(3).fill('version/unregistered')],
  },
];
