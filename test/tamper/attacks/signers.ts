import type { EventDetail } from '../../../src/ledger/event.ts';
import { deploymentOf, forgeEvent, LEDGER } from '../../helpers/forge.ts';
import { type Hospital, policyOf, setPolicy } from '../../helpers/hospital.ts';
import type { Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { draftDecision, draftPolicy, draftRetirement, draftVersion, putTag } from '../drafts.ts';
import { bodyOf, editTip, keep, signAgain } from '../workbench.ts';

/** Where nothing is wrong with it, this event takes effect: Dee deploys clinical-intake v1 to staging. */
const harmless = (h: Hospital) => deploymentOf(h, 4, { environment: 'staging' });

/** The event takes the place of the deployment of `harmless`, by whom it is not for. */
const byTheWrongOne = (
  what: string,
  who: (h: Hospital) => Person,
  detail: (h: Hospital) => Promise<EventDetail>,
  subject?: boolean,
): Attack => ({
  code: 'signature/role',
  by: 'insider',
  title: what,
  carryOut: async (h) => {
    const made = await detail(h);
    await forgeEvent(h, who(h), made, {
      reason: 'Mine',
      ...(subject && 'commit' in made ? { subject: made.commit } : {}),
    });
  },
  expected: ['signature/role@10'],
  unchanged: ['deployments'],
});

const ROLES: readonly Attack[] = [
  byTheWrongOne(
    'deploys as an author',
    (h) => h.alice,
    (h) => harmless(h),
  ),
  byTheWrongOne(
    'withdraws as an approver',
    (h) => h.bob,
    async (h) => {
      const { contentDigest: _, replaces: __, kind: ___, ...rest } = await deploymentOf(h, 6);
      return { ...rest, event: 'withdrawal' };
    },
  ),
  byTheWrongOne(
    'makes an emergency deployment as a deployer',
    (h) => h.dee,
    async (h) => ({
      ...(await harmless(h)),
      kind: 'emergency',
    }),
  ),
  byTheWrongOne(
    'registers a version as a deployer',
    (h) => h.dee,
    (h) => draftVersion(h, h.dee),
    true,
  ),
  byTheWrongOne(
    'sets a policy that makes an admin of its author',
    (h) => h.dan,
    (h) => {
      const policy = policyOf(h);
      policy.principals[h.dan.email] = { name: 'Dan', roles: ['author', 'admin'], keys: [h.dan.publicKey] };
      return draftPolicy(h, h.dan, JSON.stringify(policy));
    },
    true,
  ),
  byTheWrongOne(
    'retires a prompt as a deployer',
    (h) => h.dee,
    (h) => draftRetirement(h, h.dee),
    true,
  ),
  byTheWrongOne(
    'acknowledges as an author',
    (h) => h.dan,
    async () => ({
      event: 'acknowledgement',
      finding: 'ledger/time',
      target: 9,
    }),
  ),
];

/** The next policy, v3 at event 10 unless something is there, by which nothing that Dee's key signs from this event on counts. */
const revokeDee = async (h: Hospital, revokedFrom: number, changes: Parameters<typeof policyOf>[1] = {}) => {
  const policy = policyOf(h, changes);
  const keys = [{ key: h.dee.publicKey, revokedFrom }];
  policy.principals[h.dee.email] = { name: 'Dee', roles: ['deployer'], keys };
  await setPolicy(h, policy);
};

const KEYS: readonly Attack[] = [
  {
    code: 'signature/revoked',
    by: 'insider',
    title: 'signs with a revoked key and dates it back to when it counted',
    carryOut: async (h) => {
      await revokeDee(h, 11);
      await forgeEvent(h, h.dee, await harmless(h), { policy: 3, late: -120 });
    },
    expected: ['signature/revoked@11'],
    unchanged: ['deployments'],
  },
  {
    code: 'signature/revoked',
    by: 'insider',
    title: 'signed with a key that was stolen, as was found out only later',
    carryOut: (h) => revokeDee(h, 9),
    expected: ['signature/revoked@9'],
  },
  {
    code: 'signature/revoked',
    by: 'insider',
    title: 'acknowledges what a key signed before anybody revokes it',
    carryOut: async (h) => {
      const detail = { event: 'acknowledgement', finding: 'signature/revoked', target: 9 } as const;
      await forgeEvent(h, h.ada, detail, { reason: 'Never mind' });
      await revokeDee(h, 9);
    },
    expected: ['signature/revoked@9'],
    async afterwards(h) {
      await h.team.ok(h.ada, ['acknowledge', 'signature/revoked', '9', '-m', 'Stolen, see INC-12']);
      await revokeDee(h, 9, { rules: [] });
      await h.team.ok(undefined, ['verify']);
    },
  },
  {
    code: 'signature/revoked',
    by: 'insider',
    title: "approves with a revoked key, under another one's event",
    carryOut: async (h) => {
      const policy = policyOf(h);
      const keys = [{ key: h.bob.publicKey, revokedFrom: 11 }];
      policy.principals[h.bob.email] = { name: 'Bob', roles: ['approver'], keys };
      await setPolicy(h, policy);
      const detail = await draftDecision(h, h.carol, { signer: h.bob });
      await forgeEvent(h, h.carol, detail, { policy: 3, reason: 'Read it' });
      await putTag(h, detail);
    },
    expected: ['signature/revoked@11'],
  },
  {
    code: 'signature/unknown-key',
    by: 'outsider',
    title: 'signs an event in the name of Dee',
    carryOut: async (h) => forgeEvent(h, await h.team.person('Mallory'), await harmless(h), { as: h.dee }),
    expected: ['signature/unknown-key@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'signature/unknown-key',
    by: 'insider',
    title: "registers an outsider's commit as Alice's",
    carryOut: async (h, accuse) => {
      const detail = await draftVersion(h, await h.team.person('Mallory'));
      accuse(detail.commit);
      await forgeEvent(h, h.alice, detail, { subject: detail.commit });
    },
    expected: ['signature/unknown-key@10'],
  },
  {
    code: 'signature/unknown-key',
    by: 'insider',
    title: "records an outsider's tag as Carol's approval",
    carryOut: async (h, accuse) => {
      const detail = await draftDecision(h, h.carol, { signer: await h.team.person('Mallory') });
      accuse(detail.tagObject);
      await forgeEvent(h, h.carol, detail, { reason: 'Read it' });
      await putTag(h, detail);
    },
    expected: ['signature/unknown-key@10'],
  },
  {
    code: 'signature/unknown-key',
    by: 'insider',
    title: 'signs an event before the policy knows the key',
    carryOut: async (h) => {
      const mallory = await h.team.person('Mallory');
      await forgeEvent(h, mallory, await harmless(h));
      const policy = policyOf(h);
      policy.principals[mallory.email] = { name: 'Mallory', roles: ['deployer'], keys: [mallory.publicKey] };
      await setPolicy(h, policy);
    },
    expected: ['signature/unknown-key@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'signature/unknown-key',
    by: 'insider',
    title: 'signs an event once the policy no longer has the key',
    carryOut: async (h) => {
      const policy = policyOf(h);
      delete policy.principals[h.dee.email];
      await setPolicy(h, policy);
      await forgeEvent(h, h.dee, await harmless(h), { policy: 3 });
    },
    expected: ['signature/unknown-key@11'],
    unchanged: ['deployments'],
  },
];

const IDENTITIES: readonly Attack[] = [
  {
    code: 'signature/identity',
    by: 'insider',
    title: 'deploys with the key of Alice under the name of Dee',
    carryOut: async (h) => forgeEvent(h, h.alice, await harmless(h), { as: h.dee }),
    expected: ['signature/identity@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'signature/identity',
    by: 'insider',
    title: 'commits an event that has another author',
    carryOut: async (h) => {
      await forgeEvent(h, h.dee, await harmless(h));
      const other = (body: string) => body.replace(/^author .*>/m, 'author Bob <bob@acme.example>');
      const body = await signAgain(h, h.dee, other(await bodyOf(h, LEDGER)));
      await editTip(h, () => body);
    },
    expected: ['signature/identity@10'],
    unchanged: ['deployments'],
  },
  {
    code: 'signature/identity',
    by: 'insider',
    title: "registers a colleague's commit as a version of their own",
    carryOut: async (h) => {
      const detail = await draftVersion(h, h.alice);
      await forgeEvent(h, h.dan, detail, { subject: detail.commit });
    },
    expected: ['signature/identity@10'],
  },
  {
    code: 'signature/identity',
    by: 'insider',
    title: "signs a colleague's version again and registers that",
    carryOut: async (h, accuse) => {
      const detail = await draftVersion(h, h.alice);
      const body = await bodyOf(h, detail.commit);
      const commit = await keep(h, await signAgain(h, h.dan, body));
      accuse(commit);
      await forgeEvent(h, h.dan, { ...detail, commit }, { subject: commit });
    },
    expected: ['signature/identity@10'],
  },
  {
    code: 'signature/identity',
    by: 'insider',
    title: "records a colleague's tag as an approval of their own",
    carryOut: async (h, accuse) => {
      const detail = await draftDecision(h, h.bob, { of: h.carol });
      accuse(detail.tagObject);
      await forgeEvent(h, h.carol, detail, { reason: 'Read it' });
      await putTag(h, detail);
    },
    expected: ['signature/identity@10'],
  },
];

export const SIGNER_ATTACKS: readonly Attack[] = [...ROLES, ...KEYS, ...IDENTITIES];
