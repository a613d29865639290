import { expect } from 'vitest';
import { deploymentOf, forgeEvent, forget, LEDGER, signCommit, versionAt } from '../../helpers/forge.ts';
import { copyOf, type Hospital } from '../../helpers/hospital.ts';
import { ADAPTERS } from '../../helpers/team.ts';
import { type Attack, verdictOf } from '../attack.ts';
import {
  bodyOf,
  editTip,
  inLatin1,
  keep,
  ledgerOf,
  NO_DIGEST,
  relink,
  signAgain,
  withHeader,
} from '../workbench.ts';

/** Where nothing is wrong with it, this event takes effect: Dee deploys clinical-intake v1 to staging. */
const harmless = (h: Hospital) => deploymentOf(h, 4, { environment: 'staging' });

const forged =
  (forgery: Parameters<typeof forgeEvent>[3]): Attack['carryOut'] =>
  async (h) =>
    forgeEvent(h, h.dee, await harmless(h), forgery);

const NOTES = ['ledger/malformed@10', 'ledger/tree@10', 'signature/missing@10'];

const notes =
  (...args: readonly string[]): Attack['carryOut'] =>
  async (h) => {
    const { commit } = await versionAt(h, 6);
    await h.team.git('notes', '--ref=promptaudit', ...args.map((arg) => arg.replace('DISCHARGE', commit)));
  };

/** Dee signs the message of her last event once more, with another number, and something not as the format has it. */
const misspelt =
  (edit: (message: string) => string): Attack['carryOut'] =>
  async (h) => {
    const body = await bodyOf(h, LEDGER);
    const right = body.slice(body.indexOf('\n\n') + 2).replace('Sequence: 9\n', 'Sequence: 10\n');
    const message = edit(right);
    if (message === right) throw new Error('the edit changes nothing');
    const [tree = '', parent = ''] = (await h.team.git('rev-parse', `${LEDGER}^{tree}`, LEDGER)).split('\n');
    await h.team.git('update-ref', LEDGER, await signCommit(h, h.dee, { tree, parents: [parent], message }));
  };

const MALFORMED: readonly Attack[] = (
  [
    ['says nothing that is an event', () => 'deploy clinical-intake v1 to staging\n'],
    ['has an unknown trailer', (message: string) => `${message}Approved-By: bob@acme.example\n`],
    [
      'has its trailers in another order',
      (message: string) => message.replace(/(Prompt: .*\n)(Version: .*\n)/, '$2$1'),
    ],
    ['writes a number in another way', (message: string) => message.replace('Version: 1\n', 'Version: 01\n')],
    [
      'says one thing in its subject and another below',
      (message: string) => message.replace(' v1 to', ' v2 to'),
    ],
    [
      'hides what it says behind a line that runs backwards',
      (message: string) => message.replace('\n\n', '\n\nFine \u202Eton\u202C fine\n\n'),
    ],
    ['has bytes that are no text', (message: string) => message.replace('\n\n', '\n\nFine\u0000\n\n')],
  ] as const
).map(([what, edit]) => ({
  code: 'ledger/malformed',
  by: 'insider',
  title: `signs a message that ${what}`,
  carryOut: misspelt(edit),
  expected: ['ledger/malformed@10'],
}));

const NOTE_EDITS: readonly Attack[] = (
  [
    ['git notes add', notes('add', '-f', '-m', 'approve discharge v1 for every environment', 'DISCHARGE')],
    ['git notes append', notes('append', '-m', 'approve discharge v1 for every environment', 'DISCHARGE')],
    ['git notes remove', notes('remove', 'DISCHARGE')],
    ['git notes copy', notes('copy', '-f', 'DISCHARGE', 'HEAD~2')],
    [
      'git notes merge',
      async (h: Hospital) => {
        await h.team.git('notes', '--ref=mine', 'add', '-m', 'approved', 'HEAD~3');
        await h.team.git('notes', '--ref=promptaudit', 'merge', '-q', '-s', 'ours', 'mine');
      },
    ],
  ] as const
).map(([what, carryOut]) => ({
  code: 'ledger/tree',
  by: 'outsider',
  title: `edits the notes with ${what}`,
  carryOut,
  expected: NOTES,
  through: ADAPTERS,
}));

export const LEDGER_ATTACKS: readonly Attack[] = [
  ...NOTE_EDITS,
  ...MALFORMED,
  {
    code: 'ledger/malformed',
    by: 'insider',
    title: 'has git show other words than were signed, by a header that names another encoding',
    carryOut: async (h) => {
      await forgeEvent(h, h.dee, await harmless(h));
      await h.team.git('update-ref', LEDGER, await inLatin1(h, h.dee, LEDGER));
    },
    expected: ['ledger/malformed@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/malformed',
    by: 'insider',
    title: 'signs a header whose name goes on and on, which is told in few words',
    carryOut: async (h) => {
      await forgeEvent(h, h.dee, await harmless(h));
      const body = withHeader(await bodyOf(h, LEDGER), `${'x'.repeat(100_000)} y\n`);
      await h.team.git('update-ref', LEDGER, await keep(h, await signAgain(h, h.dee, body)));
    },
    expected: ['ledger/malformed@10'],
    afterwards: async (h) => {
      const { findings } = await verdictOf(h, 'embedded');
      expect(findings[0]?.message.length).toBeLessThan(200);
    },
  },
  {
    code: 'ledger/malformed',
    by: 'outsider',
    title: 'commits something of their own to the ledger',
    carryOut: async ({ team }) => {
      const made = await team.git('commit-tree', `${LEDGER}^{tree}`, '-p', LEDGER, '-m', 'Nothing to see');
      await team.git('update-ref', LEDGER, made);
    },
    expected: ['ledger/malformed@10', 'signature/missing@10'],
  },
  {
    code: 'ledger/malformed',
    by: 'outsider',
    title: 'puts a merge of two ledgers on top',
    carryOut: async ({ team }) => {
      const args = ['-p', LEDGER, '-p', `${LEDGER}~3`, '-m', "Merge branch 'promptaudit'"];
      await team.git('update-ref', LEDGER, await team.git('commit-tree', `${LEDGER}^{tree}`, ...args));
    },
    expected: ['ledger/malformed@10', 'signature/missing@10'],
  },
  {
    code: 'ledger/malformed',
    by: 'outsider',
    title: 'puts a tree where the ledger was',
    carryOut: ({ team }) => team.git('update-ref', LEDGER, `${LEDGER}^{tree}`),
    expected: ['ledger/malformed'],
    through: ADAPTERS,
  },
  {
    code: 'ledger/sequence',
    by: 'outsider',
    title: 'drops an event, in a clone that sees the registry for the first time',
    carryOut: async (h) => {
      await forget(h);
      await relink(h, 7, 9);
    },
    expected: ['ledger/previous@8', 'ledger/sequence@8', 'ledger/tree@8', 'signature/invalid@8'],
  },
  {
    code: 'ledger/sequence',
    by: 'outsider',
    title: 'puts events in another order, in a clone that sees the registry for the first time',
    carryOut: async (h) => {
      await forget(h);
      await relink(h, 7, 9, 8);
    },
    expected: [8, 9].flatMap((at) => [
      `ledger/previous@${at}`,
      `ledger/sequence@${at}`,
      `ledger/tree@${at}`,
      `signature/invalid@${at}`,
    ]),
  },
  {
    code: 'ledger/sequence',
    by: 'outsider',
    title: 'has an event twice, in the place of one that this clone verified',
    carryOut: (h) => relink(h, 7, 8, 8),
    expected: [
      'ledger/fork@9',
      'ledger/previous@9',
      'ledger/sequence@9',
      'ledger/tree@9',
      'signature/invalid@9',
    ],
  },
  {
    code: 'ledger/sequence',
    by: 'outsider',
    title: 'replays a deployment from an earlier position',
    carryOut: (h) => relink(h, 7, 8, 9, 8),
    expected: ['ledger/previous@10', 'ledger/sequence@10', 'ledger/tree@10', 'signature/invalid@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/sequence',
    by: 'insider',
    title: 'leaves a number out',
    carryOut: forged({ head: { sequence: 10 } }),
    expected: ['ledger/sequence@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/sequence',
    by: 'insider',
    title: 'founds the registry a second time, above the first',
    carryOut: (h) => {
      const head = { sequence: 0, digest: undefined as never };
      return forgeEvent(h, h.ada, { event: 'genesis', name: 'mine' }, { policy: 0, head });
    },
    expected: ['ledger/previous@10', 'ledger/sequence@10', 'ledger/sequence@10', 'policy/number@10'],
  },
  {
    code: 'ledger/previous',
    by: 'insider',
    title: 'names another event as the one before',
    carryOut: forged({ head: { digest: NO_DIGEST } }),
    expected: ['ledger/previous@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/previous',
    by: 'insider',
    title: 'goes on above the event before the last, as if the last were there',
    carryOut: async (h) => {
      await forget(h);
      const [before] = (await ledgerOf(h)).slice(7);
      await forgeEvent(h, h.dee, await harmless(h), before === undefined ? {} : { head: { commit: before } });
    },
    expected: ['ledger/previous@9', 'ledger/sequence@9', 'ledger/tree@9'],
  },
  {
    code: 'ledger/registry',
    by: 'insider',
    title: 'signs for another registry',
    carryOut: forged({ registry: 'ffffffff-0000-4000-8000-000000000001' }),
    expected: ['ledger/registry@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/registry',
    by: 'outsider',
    title: 'grafts an event that Dee signed in another registry',
    carryOut: async (h) => {
      const here = await h.team.git('rev-parse', LEDGER);
      const there = await h.team.git('rev-parse', 'HEAD');
      const registry = 'ffffffff-0000-4000-8000-000000000001';
      const head = { commit: there as never, digest: NO_DIGEST, sequence: 41 };
      await forgeEvent(h, h.dee, await harmless(h), { registry, head });
      await editTip(h, (body) => body.replace(`parent ${there}`, `parent ${here}`));
    },
    expected: ['ledger/previous@10', 'ledger/registry@10', 'ledger/sequence@10', 'signature/invalid@10'],
  },
  {
    code: 'ledger/parents',
    by: 'insider',
    title: 'signs a deployment with a second parent',
    carryOut: async (h) => forged({ subject: (await versionAt(h, 4)).commit })(h, () => {}),
    expected: ['ledger/parents@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/parents',
    by: 'insider',
    title: 'merges another end of the ledger into it',
    carryOut: async (h) => {
      const mine = await copyOf(h);
      await mine.team.ok(h.dee, ['withdraw', 'discharge', '-e', 'staging']);
      await h.team.git('fetch', '-q', mine.team.repo, LEDGER);
      await forged({ subject: (await h.team.git('rev-parse', 'FETCH_HEAD')) as never })(h, () => {});
    },
    expected: ['ledger/parents@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/tree',
    by: 'insider',
    title: 'empties the notes with a signed event',
    carryOut: async (h) => forged({ head: { tree: (await h.team.git('mktree')) as never } })(h, () => {}),
    expected: ['ledger/tree@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'ledger/time',
    by: 'insider',
    title: 'dates an event a second more than five minutes before the last',
    // the forger's clock is two minutes ahead of event 9
    carryOut: forged({ late: -421 }),
    expected: ['ledger/time@10'],
    unchanged: ['deployments'],
  },
];
