import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Oid } from '../../../src/git/object.ts';
import { LEDGER } from '../../helpers/forge.ts';
import { activeNow, DISCHARGE, type Hospital, INTAKE, promptText } from '../../helpers/hospital.ts';
import { ADAPTERS } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { looseFile, withNameTwice } from '../workbench.ts';

const BOBS = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';

const REPLACED: readonly Attack[] = (
  [
    ['an event by the one before it', LEDGER, `${LEDGER}~1`],
    ["a version's commit by another's", `${LEDGER}~3^2`, `${LEDGER}~4^2`],
    ["a prompt's content by another's", `HEAD:${INTAKE}`, `HEAD:${DISCHARGE}`],
  ] as const
).map(([what, of, by]) => ({
  code: 'repo/replace',
  by: 'outsider',
  title: `lets git show readers ${what}`,
  carryOut: async ({ team }, accuse) => {
    accuse(await team.git('rev-parse', by));
    await team.git('replace', await team.git('rev-parse', of), await team.git('rev-parse', by));
  },
  expected: ['repo/replace'],
  through: ADAPTERS,
  unchanged: ['deployments'],
}));

/** Puts a clone of the repository, cut short and as a stranger would fetch it, in its place. */
const cutShort =
  (...fetches: readonly (readonly string[])[]): Attack['carryOut'] =>
  async ({ team }) => {
    const { repo, sandbox } = team;
    const clone = `${repo}-clone`;
    await sandbox.git(['clone', '-q', '--depth', '1', `file://${repo}`, clone]);
    for (const args of fetches) await sandbox.git(['fetch', '-q', ...args], { cwd: clone });
    await rm(repo, { recursive: true });
    await rename(clone, repo);
  };

/** Nothing is missing, and all that is signed is read: but git shows less of it. */
const SHALLOW: readonly Attack[] = ([LEDGER, `${LEDGER}~2`, 'main', 'main~1'] as const).map((rev) => ({
  code: 'repo/shallow',
  by: 'outsider',
  title: `has git show nothing behind ${rev}`,
  carryOut: async ({ team }, accuse) => {
    const oid = await team.git('rev-parse', rev);
    accuse(oid);
    await writeFile(join(team.repo, '.git/shallow'), `${oid}\n`);
    if ((await team.git('rev-list', '--first-parent', '--count', oid)) !== '1')
      throw new Error('git shows more');
  },
  expected: ['repo/shallow'],
  through: ADAPTERS,
  unchanged: ['versions', 'approvals', 'deployments'],
}));

const TAGS = 'refs/tags/promptaudit/*:refs/tags/promptaudit/*';

const NAMES: readonly Attack[] = [
  'refs/tags/promptaudit/discharge/latest',
  'refs/tags/promptaudit/discharge/v01/approved/bob@acme.example',
  'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example.1',
  'refs/tags/promptaudit/discharge/v1/waived/bob@acme.example',
  'refs/tags/promptaudit/Discharge/v1/approved/bob@acme.example',
  'refs/tags/promptaudit/d\u0456scharge/v1/approved/bob@acme.example',
].map((ref, index) => ({
  code: 'repo/ref-name',
  by: 'outsider',
  title: `puts an approval at ${ref}`,
  carryOut: ({ team }) => team.git('update-ref', ref, BOBS),
  expected: ['repo/ref-name'],
  through: [ADAPTERS[index % 2] ?? 'native'],
}));

const IN_THE_WAY: Attack = {
  code: 'repo/ref-name',
  by: 'outsider',
  title: 'puts a tag where all the tags of decisions have to be',
  carryOut: async ({ team }) => {
    await team.git('update-ref', '-d', BOBS);
    await team.git('tag', 'promptaudit');
  },
  expected: ['approval/tag-missing@7', 'repo/ref-name'],
  through: ADAPTERS,
};

const UNKNOWN: readonly Attack[] = [
  'refs/promptaudit/ledger',
  'refs/promptaudit/remotes/origin/heads',
  'refs/promptaudit/remotes/ledger',
].map((ref, index) => ({
  code: 'repo/unknown-ref',
  by: 'outsider',
  title: `makes ${ref}`,
  carryOut: ({ team }) => team.git('update-ref', ref, LEDGER),
  expected: ['repo/unknown-ref'],
  through: [ADAPTERS[index % 2] ?? 'native'],
}));

type Steps = (h: Hospital) => Promise<unknown>;

const commitAll = async ({ team }: Hospital, message: string) => {
  await team.git('add', '-A');
  await team.git('commit', '-q', '-m', message);
};

const edit = async (
  h: Hospital,
  path = INTAKE,
  text = promptText('clinical-intake', 'Written with plain git.'),
) => {
  await h.team.write(path, text);
  await commitAll(h, 'By plain git');
};

const onBranch =
  (...merge: readonly string[]): Steps =>
  async (h) => {
    await h.team.git('switch', '-q', '-c', 'work');
    await edit(h);
    await h.team.git('switch', '-q', 'main');
    await h.team.git('merge', '-q', ...merge, 'work');
    if (merge.includes('--squash')) await h.team.git('commit', '-q', '-m', 'Squashed');
  };

/** An edit with git in a tree in which a name is both a file's and a folder's. */
const editBesideNameTwice =
  (of: '' | 'prompts'): Steps =>
  async (h) => {
    const { team } = h;
    await team.write(INTAKE, promptText('clinical-intake', 'Written with plain git.'));
    await team.git('add', INTAKE);
    const top = await team.git('write-tree');
    let tree = await withNameTwice(h, `${top}:${of}`);
    if (of !== '') {
      const lines = (await team.git('ls-tree', top)).replace(
        await team.git('rev-parse', `${top}:${of}`),
        tree,
      );
      tree = (await team.sandbox.git(['mktree'], { cwd: team.repo, input: lines })).trim() as Oid;
    }
    const commit = await team.git('commit-tree', '-p', 'HEAD', '-m', 'By plain git', tree);
    await team.git('update-ref', 'refs/heads/main', commit);
  };

const UNREGISTERED: readonly Attack[] = (
  [
    ['edits a prompt with git', (h) => edit(h), `HEAD:${INTAKE}`],
    [
      'edits a prompt with git, and puts it back',
      async (h) => {
        await edit(h);
        await h.team.git('revert', '--no-edit', 'HEAD');
      },
      `HEAD~1:${INTAKE}`,
    ],
    [
      'edits a prompt with git, and lets a colleague commit above it',
      async (h) => {
        await edit(h);
        await h.team.write(INTAKE, promptText('clinical-intake', 'Ask about medicines.'));
        await h.team.ok(h.dan, ['commit', 'clinical-intake', '-m', 'Medicines']);
      },
      `HEAD~1:${INTAKE}`,
    ],
    ['merges what nobody registered', onBranch('--no-ff', '-m', 'Merge'), `HEAD:${INTAKE}`],
    ['squashes what nobody registered', onBranch('--squash'), `HEAD:${INTAKE}`],
    ['moves the branch to what nobody registered', onBranch('--ff-only'), `HEAD:${INTAKE}`],
    [
      'adds a prompt that nobody registered',
      (h) => edit(h, 'prompts/triage/adults.prompt.yaml', promptText('triage/adults', 'How urgent is it?')),
      'HEAD:prompts/triage/adults.prompt.yaml',
    ],
    [
      "puts one prompt's registered content under another's name",
      async (h) => {
        await h.team.git('show', `HEAD:${INTAKE}`).then((text) => h.team.write(DISCHARGE, `${text}\n`));
        await commitAll(h, 'Same words');
      },
      `HEAD:${DISCHARGE}`,
    ],
    [
      'puts a link to registered content in the place of a prompt',
      async (h) => {
        await rm(join(h.team.repo, DISCHARGE));
        await symlink('clinical-intake.prompt.yml', join(h.team.repo, DISCHARGE));
        await commitAll(h, 'Same words');
      },
      `HEAD:${DISCHARGE}`,
    ],
    [
      'puts a folder where checkouts that ignore case have the prompts',
      (h) => edit(h, 'Prompts/clinical-intake.prompt.yml'),
      'HEAD:Prompts/clinical-intake.prompt.yml',
    ],
    [
      'puts a file where checkouts that ignore case have a prompt, by a letter that has one case alone',
      (h) => edit(h, 'prompts/discharge-\u017fummary.Prompt.yml'),
      'HEAD:prompts/discharge-\u017fummary.Prompt.yml',
    ],
    [
      'puts a file where checkouts that pass over what does not show have a prompt',
      (h) => edit(h, 'prom\u200cpts/discharge.prompt.y\ufeffml'),
      'HEAD:prom\u200cpts/discharge.prompt.y\ufeffml',
    ],
    [
      "edits a prompt beside a name that is both a file's and a folder's",
      editBesideNameTwice(''),
      `HEAD:${INTAKE}`,
    ],
    [
      "edits a prompt in a folder where a name is both a file's and a folder's",
      editBesideNameTwice('prompts'),
      `HEAD:${INTAKE}`,
    ],
    [
      'pushes to the branch of the remote alone',
      async (h) => {
        const { team } = h;
        await edit(h);
        await team.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
        await team.git('reset', '-q', '--hard', 'HEAD~1');
      },
      `refs/remotes/origin/main:${INTAKE}`,
    ],
  ] as const satisfies readonly (readonly [string, Steps, string])[]
).map(([title, steps, blob], index) => ({
  code: 'version/unregistered',
  by: 'outsider',
  title,
  carryOut: async (h, accuse) => {
    await steps(h);
    accuse(await h.team.git('rev-parse', blob));
  },
  expected: ['version/unregistered'],
  through: [ADAPTERS[index % 2] ?? 'native'],
}));

export const REPOSITORY_ATTACKS: readonly Attack[] = [
  ...REPLACED,
  ...NAMES,
  IN_THE_WAY,
  ...UNKNOWN,
  ...UNREGISTERED,
  {
    code: 'version/unregistered',
    by: 'outsider',
    title: 'edits a prompt with git twice',
    carryOut: async (h, accuse) => {
      await edit(h);
      await edit(h, INTAKE, promptText('clinical-intake', 'Once more.'));
      for (const rev of ['HEAD', 'HEAD~1']) accuse(await h.team.git('rev-parse', `${rev}:${INTAKE}`));
    },
    expected: ['version/unregistered', 'version/unregistered'],
  },
  {
    code: 'repo/replace',
    by: 'outsider',
    title: 'hides an event with git replace --graft',
    carryOut: ({ team }) => team.git('replace', '--graft', LEDGER, `${LEDGER}~2`),
    expected: ['repo/replace'],
    through: ADAPTERS,
    unchanged: ['deployments'],
  },
  {
    code: 'repo/grafts',
    by: 'outsider',
    title: 'hides an event with info/grafts',
    carryOut: async ({ team }) => {
      const [tip, , before] = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n');
      await mkdir(join(team.repo, '.git/info'), { recursive: true });
      await writeFile(join(team.repo, '.git/info/grafts'), `${tip} ${before}\n`);
    },
    expected: ['repo/grafts'],
    through: ADAPTERS,
    unchanged: ['deployments'],
  },
  ...SHALLOW,
  {
    code: 'repo/shallow',
    by: 'outsider',
    title: 'serves a ledger that is cut short',
    carryOut: cutShort(['--depth', '2', 'origin', `${LEDGER}:${LEDGER}`, TAGS]),
    expected: ['repo/shallow'],
    through: ADAPTERS,
  },
  {
    code: 'repo/shallow',
    by: 'outsider',
    title: 'serves a protected branch that is cut short, beside the whole ledger',
    carryOut: async (h, accuse) => {
      // a commit of the branch that the ledger does not keep
      await h.team.write('README.md', 'Prompts of the clinic\n');
      await commitAll(h, 'Say what this is');
      await h.team.git('commit', '-q', '--allow-empty', '-m', 'Nothing');
      await cutShort(['origin', `${LEDGER}:${LEDGER}`, TAGS])(h, accuse);
    },
    expected: ['repo/shallow'],
    through: ADAPTERS,
    afterwards: async (h) => {
      if ((await activeNow(h)).length !== 2) throw new Error('the ledger is not whole');
    },
  },
  {
    code: 'object/missing',
    by: 'outsider',
    title: 'deletes the tree of a commit on a protected branch',
    carryOut: async (h, accuse) => {
      await h.team.write('README.md', 'Prompts of the clinic\n');
      await commitAll(h, 'Say what this is');
      const tree = await h.team.git('rev-parse', 'HEAD^{tree}');
      accuse(tree);
      await rm(looseFile(h, tree));
    },
    expected: ['object/missing'],
    through: ADAPTERS,
  },
];
