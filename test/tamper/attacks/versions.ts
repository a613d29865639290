import type { Oid } from '../../../src/git/object.ts';
import type { Detail } from '../../../src/ledger/event.ts';
import { encodeVersionCommit } from '../../../src/ledger/versioncommit.ts';
import type { PromptName } from '../../../src/prompts/name.ts';
import { deploymentOf, forgeEvent, signCommit, versionAt } from '../../helpers/forge.ts';
import { DISCHARGE, type Hospital, INTAKE } from '../../helpers/hospital.ts';
import type { Attack } from '../attack.ts';
import { draftDecision, draftRetirement, draftVersion, putTag } from '../drafts.ts';
import { inLatin1, keep, NO_DIGEST } from '../workbench.ts';

/** Alice registers a commit of hers as discharge v2, and the event says something else of it. */
const registered =
  (changes: Partial<Detail<'version'>>): Attack['carryOut'] =>
  async (h) => {
    const detail = await draftVersion(h, h.alice);
    await forgeEvent(h, h.alice, { ...detail, ...changes }, { subject: detail.commit });
  };

/** Alice registers a commit as discharge v2 whose tree or message is none of the tool's. */
const committed =
  (
    make: (h: Hospital, detail: Detail<'version'>) => Promise<{ tree?: string; message?: string }>,
  ): Attack['carryOut'] =>
  async (h) => {
    const detail = await draftVersion(h, h.alice);
    const made = await make(h, detail);
    const { prompt, contentDigest } = detail;
    const message = encodeVersionCommit({ message: 'Mine', prompt: prompt as PromptName, contentDigest });
    const tree = await h.team.git('rev-parse', `${detail.commit}^{tree}`);
    const commit = await signCommit(h, h.alice, { tree, parents: [], message, ...made });
    await forgeEvent(h, h.alice, { ...detail, commit }, { subject: commit });
  };

/** Alice retires clinical-intake with a commit of such a tree. */
const retiredBy =
  (make: (h: Hospital) => Promise<string>): Attack['carryOut'] =>
  async (h) => {
    const parents = [await h.team.git('rev-parse', 'HEAD')];
    const commit = await signCommit(h, h.alice, { tree: await make(h), parents, message: 'Mine\n' });
    const detail = { event: 'retirement', commit, prompt: 'clinical-intake' } as const;
    await forgeEvent(h, h.alice, detail, { subject: commit, reason: 'Not used' });
  };

/** A tree in which clinical-intake is as it was, but for these modes. */
async function oddTree(h: Hospital, folderMode: string, fileMode: string): Promise<Oid> {
  const entry = (mode: string, name: string, oid: string) =>
    `${mode} ${name}\0${Buffer.from(oid, 'hex').toString('latin1')}`;
  const blob = await h.team.git('rev-parse', `HEAD:${INTAKE}`);
  const folder = await keep(h, entry(fileMode, 'clinical-intake.prompt.yml', blob), 'tree');
  return keep(h, entry(folderMode, 'prompts', folder), 'tree');
}

/** A tree in which `prompts/discharge.prompt.yml` is this entry. */
const treeOf = (h: Hospital, entry: string) =>
  h.team.sandbox
    .git(['mktree', '--missing'], { cwd: h.team.repo, input: `${entry}\tdischarge.prompt.yml\n` })
    .then((folder) =>
      h.team.sandbox.git(['mktree'], { cwd: h.team.repo, input: `040000 tree ${folder.trim()}\tprompts\n` }),
    )
    .then((tree) => ({ tree: tree.trim() }));

const deployed =
  (changes: (h: Hospital) => Promise<Partial<Detail<'deployment'>>>): Attack['carryOut'] =>
  async (h) =>
    forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging', ...(await changes(h)) }));

const COMMIT: readonly Attack[] = (
  [
    [
      'registers a commit that names another prompt',
      committed(async (_, { contentDigest }) => ({
        message: encodeVersionCommit({
          message: 'Mine',
          prompt: 'clinical-intake' as PromptName,
          contentDigest,
        }),
      })),
    ],
    [
      'registers a commit that names other content',
      committed(async () => ({
        message: encodeVersionCommit({
          message: 'Mine',
          prompt: 'discharge' as PromptName,
          contentDigest: NO_DIGEST,
        }),
      })),
    ],
    ['registers a commit that says nothing of a prompt', committed(async () => ({ message: 'Mine\n' }))],
    [
      'registers a commit with a header that names another encoding',
      async (h: Hospital) => {
        const detail = await draftVersion(h, h.alice);
        const commit = await inLatin1(h, h.alice, detail.commit);
        await forgeEvent(h, h.alice, { ...detail, commit }, { subject: commit });
      },
    ],
    [
      'retires a prompt with a commit that has a header which names another encoding',
      async (h: Hospital) => {
        const detail = await draftRetirement(h, h.alice);
        const commit = await inLatin1(h, h.alice, detail.commit);
        await forgeEvent(h, h.alice, { ...detail, commit }, { subject: commit });
      },
    ],
    [
      'deploys a commit that is not the one of the version',
      deployed(async (h) => ({ commit: (await versionAt(h, 5)).commit })),
    ],
    [
      'retires a prompt with a commit that keeps its file',
      retiredBy((h) => h.team.git('rev-parse', 'HEAD^{tree}')),
    ],
    [
      'retires a prompt with a commit that keeps its file in a mode that no git writes',
      retiredBy((h) => oddTree(h, '40000', '100600')),
    ],
    [
      'retires a prompt with a commit that keeps its folder in a mode that no git writes',
      retiredBy((h) => oddTree(h, '40755', '100644')),
    ],
  ] as const
).map(([title, carryOut]) => ({
  code: 'version/commit',
  by: 'insider',
  title,
  carryOut,
  expected: ['version/commit@10'],
  unchanged: ['versions', 'deployments'],
}));

const CONTENT: readonly Attack[] = (
  [
    ['registers a file that is not there', registered({ path: 'prompts/discharge.prompt.yaml' })],
    [
      'registers a symbolic link',
      committed(async (h) => treeOf(h, `120000 blob ${await keep(h, '/etc/passwd', 'blob')}`)),
    ],
    [
      'registers a folder',
      committed(async (h) => treeOf(h, `040000 tree ${await h.team.git('rev-parse', 'HEAD:prompts')}`)),
    ],
    [
      'registers another repository',
      committed(async (h) => treeOf(h, `160000 commit ${await h.team.git('rev-parse', 'HEAD')}`)),
    ],
    [
      "registers another prompt's content under its digest",
      committed(async (h) => treeOf(h, `100644 blob ${await h.team.git('rev-parse', `HEAD:${INTAKE}`)}`)),
    ],
    [
      "deploys with another version's digest",
      deployed(async (h) => ({ contentDigest: (await versionAt(h, 5)).contentDigest })),
    ],
    [
      "approves with another version's digest",
      async (h: Hospital) => {
        const detail = await draftDecision(h, h.carol, {
          contentDigest: (await versionAt(h, 5)).contentDigest,
        });
        await forgeEvent(h, h.carol, detail, { reason: 'Read it' });
        await putTag(h, detail);
      },
    ],
  ] as const
).map(([title, carryOut]) => ({
  code: 'version/content',
  by: 'insider',
  title,
  carryOut,
  expected: ['version/content@10'],
  unchanged: ['versions', 'deployments'],
}));

const NUMBERS: readonly Attack[] = (
  [
    ['leaves a number out', registered({ version: 3 })],
    ['registers a number that was given already', registered({ version: 1 })],
    ['deploys a version that is not there', deployed(async () => ({ version: 3 }))],
    [
      'approves a version before it is there',
      async (h: Hospital) => {
        const detail = await draftDecision(h, h.carol, { version: 2 });
        await forgeEvent(h, h.carol, detail, { reason: 'Read it' });
        await putTag(h, detail);
      },
    ],
    [
      'retires a prompt that is not there',
      async (h: Hospital) => {
        const detail = { ...(await draftRetirement(h, h.alice)), prompt: 'intake' };
        await forgeEvent(h, h.alice, detail, { subject: detail.commit, reason: 'Not used' });
      },
    ],
  ] as const
).map(([title, carryOut]) => ({
  code: 'version/number',
  by: 'insider',
  title,
  carryOut,
  expected: ['version/number@10'],
  unchanged: ['versions', 'deployments'],
}));

export const VERSION_ATTACKS: readonly Attack[] = [
  ...COMMIT,
  ...CONTENT,
  ...NUMBERS,
  {
    code: 'version/content',
    by: 'insider',
    title: 'swaps the contents of two versions',
    carryOut: async (h) => {
      const [first, second] = [await versionAt(h, 4), await versionAt(h, 5)];
      await forgeEvent(
        h,
        h.dee,
        await deploymentOf(h, 4, { environment: 'staging', contentDigest: second.contentDigest }),
      );
      const swapped = { environment: 'staging', contentDigest: first.contentDigest };
      await forgeEvent(h, h.dee, await deploymentOf(h, 5, swapped));
    },
    expected: ['version/content@10', 'version/content@11'],
    unchanged: ['deployments'],
  },
  {
    code: 'version/content',
    by: 'insider',
    title: 'registers content that is not the one of its commit',
    carryOut: registered({ contentDigest: NO_DIGEST }),
    // neither the commit's message nor its file says so
    expected: ['version/commit@10', 'version/content@10'],
  },
  {
    code: 'version/commit',
    by: 'insider',
    title: 'registers a file that is in no folder of prompts',
    carryOut: registered({ path: 'elsewhere/discharge.prompt.yml' }),
    expected: ['version/commit@10', 'version/content@10'],
  },
  {
    code: 'version/commit',
    by: 'insider',
    title: 'registers the commit of an earlier version a second time',
    carryOut: async (h) => {
      const { commit, contentDigest } = await versionAt(h, 6);
      const detail = {
        event: 'version',
        commit,
        prompt: 'discharge',
        version: 2,
        path: DISCHARGE,
        contentDigest,
      } as const;
      await forgeEvent(h, h.alice, detail, { subject: commit as Oid });
    },
    expected: ['version/commit@10'],
  },
  {
    code: 'version/number',
    by: 'insider',
    title: 'deploys a prompt that was retired',
    carryOut: async (h) => {
      const { team, alice, dee } = h;
      await team.ok(alice, ['retire', 'clinical-intake', '-m', 'Not used']);
      await forgeEvent(h, dee, await deploymentOf(h, 4, { environment: 'staging' }));
    },
    expected: ['version/number@11'],
    unchanged: ['deployments'],
  },
];
