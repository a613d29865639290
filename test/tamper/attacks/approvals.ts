import { forgeEvent, versionAt } from '../../helpers/forge.ts';
import { approvalsOf, type Hospital, policyOf, setPolicy } from '../../helpers/hospital.ts';
import { ADAPTERS, type Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { draftDecision, putTag } from '../drafts.ts';
import { armorOf, bodyOf, keep, withHeader } from '../workbench.ts';

const TAGS = 'refs/tags/promptaudit';
const BOBS = `${TAGS}/discharge/v1/approved/bob@acme.example`;

type Draft = NonNullable<Parameters<typeof draftDecision>[2]>;

/** A decision that the command line would have refused, with its tag in its place. */
const decide = async (
  h: Hospital,
  who: Person,
  draft: Draft,
  meant = draft.meaning ?? 'Read it',
  policy = 2,
) => {
  const detail = await draftDecision(h, who, draft);
  await forgeEvent(h, who, detail, { reason: meant, policy });
  return putTag(h, detail);
};

const GONE: readonly Attack[] = [
  {
    code: 'approval/tag-missing',
    by: 'outsider',
    title: 'deletes the tag of an approval',
    carryOut: ({ team }) => team.git('update-ref', '-d', BOBS),
    expected: ['approval/tag-missing@7'],
    through: ADAPTERS,
  },
  {
    code: 'approval/tag-missing',
    by: 'outsider',
    title: 'deletes the tag of a rejection, so that nobody hears of it',
    carryOut: async ({ team, carol }) => {
      await team.ok(carol, ['reject', 'clinical-intake@2', '-m', 'Too long']);
      await team.git('tag', '-d', 'promptaudit/clinical-intake/v2/rejected/carol@acme.example');
    },
    expected: ['approval/tag-missing@10'],
  },
  {
    code: 'approval/tag-moved',
    by: 'outsider',
    title: 'makes a tag of their own in its place',
    carryOut: ({ team }) =>
      team.git('tag', '-f', '-a', '-m', 'Mine', BOBS.slice('refs/tags/'.length), 'HEAD'),
    expected: ['approval/tag-moved@7'],
    through: ADAPTERS,
  },
  {
    code: 'approval/tag-moved',
    by: 'outsider',
    title: 'lets it name the commit, without a signature',
    carryOut: async (h) => h.team.git('update-ref', BOBS, (await versionAt(h, 6)).commit),
    expected: ['approval/tag-moved@7'],
  },
  {
    code: 'approval/tag-moved',
    by: 'outsider',
    title: 'puts the same approver’s tag of another version there',
    carryOut: async ({ team, bob }) => {
      await team.ok(bob, ['approve', 'clinical-intake@2', '-m', 'Read it']);
      await team.git('update-ref', BOBS, `${TAGS}/clinical-intake/v2/approved/bob@acme.example`);
    },
    expected: ['approval/tag-moved@7'],
  },
];

const MISMATCHES: readonly Attack[] = (
  [
    [
      'signs a tag that calls itself by another name',
      (h: Hospital) =>
        decide(h, h.carol, { name: 'promptaudit/clinical-intake/v2/approved/carol@acme.example' }),
    ],
    [
      'records an approval for staging as one for every environment',
      async (h: Hospital) => {
        const detail = await draftDecision(h, h.carol, { environments: ['staging'] });
        await forgeEvent(h, h.carol, { ...detail, environments: '*' }, { reason: 'Read it' });
        await putTag(h, detail);
      },
    ],
    [
      'records another meaning than the one that was signed',
      (h: Hospital) => decide(h, h.carol, {}, 'Did not read it'),
    ],
    [
      "records an approval of their own under a colleague's name",
      (h: Hospital) => decide(h, h.carol, { on: 5, of: h.bob }),
    ],
    [
      'claims the ref of a decision that stands, so that the earlier tag looks moved',
      async (h: Hospital) =>
        forgeEvent(h, h.bob, await draftDecision(h, h.bob, { meaning: 'Again' }), { reason: 'Again' }),
    ],
  ] as const
).map(([title, carryOut]) => ({
  code: 'approval/tag-mismatch',
  by: 'insider',
  title,
  carryOut,
  expected: ['approval/tag-mismatch@10'],
  unchanged: ['approvals'],
}));

const UNRECORDED: readonly Attack[] = (
  [
    ['puts an approval at another version’s name', `${TAGS}/clinical-intake/v2/approved/bob@acme.example`],
    ['puts an approval at a colleague’s name', `${TAGS}/discharge/v1/approved/carol@acme.example`],
    ['puts an approval at the name of the approver’s second', `${BOBS}.2`],
  ] as const
).map(([title, ref]) => ({
  code: 'approval/unrecorded',
  by: 'outsider',
  title,
  carryOut: ({ team }) => team.git('update-ref', ref, BOBS),
  expected: ['approval/unrecorded'],
  through: ADAPTERS,
  unchanged: ['approvals'],
}));

const byTag =
  (who: (h: Hospital) => Person | Promise<Person>): Attack['carryOut'] =>
  async (h) => {
    const { email, key } = await who(h);
    const { commit } = await versionAt(h, 5);
    const signing = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${key}`];
    const name = `promptaudit/clinical-intake/v2/approved/${email}`;
    await h.team.git(
      ...signing,
      'tag',
      '-s',
      '-m',
      'approve clinical-intake v2 for every environment',
      name,
      commit,
    );
  };

export const APPROVAL_ATTACKS: readonly Attack[] = [
  ...GONE,
  ...MISMATCHES,
  ...UNRECORDED,
  {
    code: 'approval/tag-mismatch',
    by: 'insider',
    title: 'records the tag of another version: neither its name nor what it says is right',
    carryOut: async (h) => {
      const detail = await draftDecision(h, h.bob, { on: 5 });
      const tagObject = (await h.team.git('rev-parse', BOBS)) as never;
      await forgeEvent(h, h.bob, { ...detail, tagObject }, { reason: 'Read it' });
      await putTag(h, { ...detail, tagObject });
    },
    expected: ['approval/tag-mismatch@10', 'approval/tag-mismatch@10'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/tag-mismatch',
    by: 'insider',
    title: 'signs a tag with a header that names another encoding',
    carryOut: async (h) => {
      const detail = await draftDecision(h, h.carol);
      const unsigned = (await bodyOf(h, detail.tagObject)).replace(/-----BEGIN [\s\S]*$/, '');
      const payload = withHeader(unsigned, 'encoding ISO-8859-1\n');
      const tagObject = await keep(h, `${payload}${await armorOf(h, h.carol, payload)}`, 'tag');
      await forgeEvent(h, h.carol, { ...detail, tagObject }, { reason: 'Read it' });
      await putTag(h, { ...detail, tagObject });
    },
    expected: ['approval/tag-mismatch@10'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/unrecorded',
    by: 'insider',
    title: 'approves with git tag alone',
    carryOut: byTag((h) => h.bob),
    expected: ['approval/unrecorded'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/unrecorded',
    by: 'outsider',
    title: 'approves with git tag and a key that nobody knows',
    carryOut: byTag((h) => h.team.person('Mallory')),
    expected: ['approval/unrecorded'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/self',
    by: 'insider',
    title: 'approves what they wrote',
    carryOut: async (h) => {
      const policy = policyOf(h);
      policy.principals[h.dan.email] = {
        name: 'Dan',
        roles: ['author', 'approver'],
        keys: [h.dan.publicKey],
      };
      await setPolicy(h, policy);
      await decide(h, h.dan, { on: 5 }, 'Read it', 3);
    },
    expected: ['approval/self@11'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/role',
    by: 'insider',
    title: 'approves as an author',
    carryOut: (h) => decide(h, h.alice, { on: 5 }),
    expected: ['approval/role@10'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/role',
    by: 'insider',
    title: 'approves a prompt as an admin',
    carryOut: (h) => decide(h, h.ada, { on: 5 }),
    expected: ['approval/role@10'],
    unchanged: ['approvals'],
  },
  {
    code: 'approval/role',
    by: 'insider',
    title: 'takes back the approval of a colleague',
    carryOut: (h) => decide(h, h.carol, { event: 'revocation', of: h.bob }),
    expected: ['approval/role@10'],
    afterwards: async (h) => {
      const approvals = await approvalsOf(h, 'discharge@1');
      if (approvals.join() !== 'production 1/1') throw new Error(`approved: ${approvals.join()}`);
    },
  },
];
