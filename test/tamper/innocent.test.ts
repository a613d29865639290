import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { deploymentOf, forgeEvent, forget, LEDGER } from '../helpers/forge.ts';
import { DISCHARGE, type Hospital, INTAKE, POLICY_FILE, promptText } from '../helpers/hospital.ts';
import { ADAPTERS } from '../helpers/team.ts';
import { tamperScene, verdictOf } from './attack.ts';

const scene = tamperScene();

/** Events 10 and 11, on the branch `work`: versions that a colleague registered there, and a commit of something else. */
const workOnBranch = async ({ team, dan, alice }: Hospital) => {
  await team.git('switch', '-q', '-c', 'work');
  await team.write(INTAKE, promptText('clinical-intake', 'Ask about medicines.'));
  await team.ok(dan, ['commit', 'clinical-intake', '-m', 'Medicines']);
  await team.write('README.md', 'Prompts of the clinic\n');
  await team.git('add', 'README.md');
  await team.git('commit', '-q', '-m', 'Say what this is');
  await team.write(DISCHARGE, promptText('discharge', 'Shorter.'));
  await team.ok(alice, ['commit', 'discharge', '-m', 'Shorter']);
};

const merging =
  (...steps: readonly (readonly string[])[]) =>
  async (h: Hospital) => {
    await workOnBranch(h);
    for (const step of steps) await h.team.git(...step);
  };

const MAIN = ['switch', '-q', 'main'];

/** What looks like an attack and is none: what people do with git every day. */
const DAILY: readonly (readonly [title: string, carryOut: (h: Hospital) => Promise<unknown>])[] = [
  ['registered versions are merged', merging(MAIN, ['merge', '-q', '--no-ff', '-m', 'Merge', 'work'])],
  [
    'registered versions are merged by moving the branch',
    merging(MAIN, ['merge', '-q', '--ff-only', 'work']),
  ],
  [
    'registered versions are squashed, and their branch is deleted',
    merging(
      MAIN,
      ['merge', '-q', '--squash', 'work'],
      ['commit', '-q', '-m', 'Squashed'],
      ['branch', '-q', '-D', 'work'],
    ),
  ],
  [
    'registered versions are rebased',
    merging(
      MAIN,
      ['commit', '-q', '--allow-empty', '-m', 'Meanwhile'],
      ['switch', '-q', 'work'],
      ['rebase', '-q', 'main'],
      MAIN,
      ['merge', '-q', '--ff-only', 'work'],
    ),
  ],
  ['a version is picked onto the branch', merging(MAIN, ['cherry-pick', 'work'])],
  ['a registered version is put back with git', ({ team }) => team.git('revert', '--no-edit', 'HEAD~1')],
  [
    'plain commits of protected branches have headers that no event has',
    async ({ team }) => {
      await team.git(
        '-c',
        'i18n.commitEncoding=ISO-8859-1',
        'commit',
        '-q',
        '--allow-empty',
        '-m',
        'Caf\xe9',
      );
    },
  ],
  [
    'what nobody registered is on a branch that nobody protects',
    async ({ team }) => {
      await team.git('switch', '-q', '-c', 'work');
      await team.write(INTAKE, promptText('clinical-intake', 'An idea.'));
      await team.git('commit', '-q', '-a', '-m', 'Try it');
    },
  ],
  [
    'a draft is in the working tree, the index and the stash',
    async ({ team }) => {
      await team.write(INTAKE, promptText('clinical-intake', 'An idea.'));
      await team.git('stash', '-q');
      await team.write(INTAKE, promptText('clinical-intake', 'Another.'));
      await team.git('add', '-A');
    },
  ],
  [
    'an old policy is back on the branch, and in force is what the ledger says',
    async ({ team }) => {
      const first = await team.git('show', `HEAD~4:${POLICY_FILE}`);
      await team.write(POLICY_FILE, `${first}\n`);
      await team.git('commit', '-q', '-a', '-m', 'Old policy');
    },
  ],
  [
    'other tags, notes and replicas of the ledger are there',
    async ({ team }) => {
      await team.git('tag', '-a', '-m', 'First', 'v1.0');
      await team.git('notes', 'add', '-m', 'Built', 'HEAD');
      await team.git('update-ref', 'refs/promptaudit/remotes/origin/ledger', `${LEDGER}~1`);
    },
  ],
  ['notes are pruned of which none is to go', ({ team }) => team.git('notes', '--ref=promptaudit', 'prune')],
  [
    'all is packed, and what nothing names is gone',
    async ({ team }) => {
      await team.git('pack-refs', '--all');
      await team.git('repack', '-adq');
      await team.git('prune', '--expire=now');
    },
  ],
  [
    'history is cut short where none is, and on a branch that nobody protects',
    async ({ team }) => {
      await team.git('switch', '-q', '-c', 'work');
      await team.git('commit', '-q', '--allow-empty', '-m', 'Try it');
      const ends = await team.git('rev-list', '--max-parents=0', 'main', LEDGER);
      await writeFile(join(team.repo, '.git/shallow'), `${ends}\n${await team.git('rev-parse', 'work')}\n`);
    },
  ],
  [
    'git keeps a graph of the commits',
    ({ team }) => team.git('commit-graph', 'write', '--reachable', '--changed-paths'),
  ],
  [
    'a clock is five minutes behind the ledger',
    async (h) =>
      // the forger's clock is two minutes ahead of event 9
      forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging' }), { late: -420 }),
  ],
];

describe('what is no attack', () => {
  test.each(DAILY)('%s', async (_, carryOut) => {
    const h = await scene.copy();
    await carryOut(h);
    for (const adapter of ADAPTERS) expect((await verdictOf(h, adapter)).expected).toEqual([]);
  });

  test('a clone that fetches ledger and tags for the first time, and a mirror', async () => {
    const { team } = await scene.copy();
    const clone = await scene.copy();
    await scene.sandbox.ok('rm', ['-r', clone.team.repo]);
    await scene.sandbox.git(['clone', '-q', `file://${team.repo}`, clone.team.repo]);
    await clone.team.git('fetch', '-q', 'origin', `${LEDGER}:${LEDGER}`);
    expect((await verdictOf(clone, 'native')).expected).toEqual([]);
    await forget(clone);
    await scene.sandbox.ok('rm', ['-r', clone.team.repo]);
    await scene.sandbox.git(['clone', '-q', '--mirror', `file://${team.repo}`, clone.team.repo]);
    expect((await verdictOf(clone, 'embedded')).expected).toEqual([]);
  });

  test('git itself finds nothing wrong with the registry', async () => {
    const { team } = await scene.copy();
    expect(await team.git('fsck', '--strict', '--full', '--no-progress', '--no-dangling')).toBe('');
  });
});
