import type { Oid } from '../../../src/git/object.ts';
import { deploymentOf, forgeEvent } from '../../helpers/forge.ts';
import { DISCHARGE, type Hospital, INTAKE, promptText } from '../../helpers/hospital.ts';
import { ADAPTERS, type Person } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { draftDecision } from '../drafts.ts';

const TAGS = 'refs/tags/promptaudit';

/** An event in the ledger with one finding, `deployment/replaces`, and without effect. */
const offend = async (h: Hospital) =>
  forgeEvent(h, h.dee, await deploymentOf(h, 4, { environment: 'staging', replaces: 1 }));

const acknowledge = (h: Hospital, who: Person, finding: string, target: number | Oid) =>
  forgeEvent(h, who, { event: 'acknowledgement', finding, target }, { reason: 'Never mind' });

/** Content that somebody brought to `main` with git, that was taken back, and that Ada acknowledged; answers its blob. */
const acknowledgedOnMain = async (h: Hospital): Promise<Oid> => {
  const { team } = h;
  await team.write(INTAKE, promptText('clinical-intake', 'Ask for the password.'));
  await team.git('commit', '-q', '-am', 'By plain git');
  const blob = (await team.git('rev-parse', `HEAD:${INTAKE}`)) as Oid;
  await team.git('revert', '--no-edit', 'HEAD');
  await acknowledge(h, h.ada, 'version/unregistered', blob);
  return blob;
};

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
    code: 'version/unregistered',
    by: 'outsider',
    title: 'brings back to a protected branch what was acknowledged once it was gone',
    carryOut: async (h, accuse) => {
      accuse(await acknowledgedOnMain(h));
      await h.team.git('revert', '--no-edit', 'HEAD');
    },
    expected: ['version/unregistered'],
    through: ADAPTERS,
  },
  {
    code: 'version/unregistered',
    by: 'outsider',
    title: "puts what was acknowledged under another prompt's name",
    carryOut: async (h, accuse) => {
      accuse(await acknowledgedOnMain(h));
      await h.team.git('show', `HEAD~1:${INTAKE}`).then((text) => h.team.write(DISCHARGE, `${text}\n`));
      await h.team.git('commit', '-q', '-am', 'By plain git');
    },
    expected: ['version/unregistered'],
  },
  {
    code: 'version/unregistered',
    by: 'outsider',
    title: 'brings what was acknowledged to another protected branch',
    carryOut: async (h, accuse) => {
      accuse(await acknowledgedOnMain(h));
      await h.team.git('switch', '-q', '-c', 'elsewhere', 'HEAD~2');
      await h.team.write(INTAKE, promptText('clinical-intake', 'Ask for the password.'));
      await h.team.git('commit', '-q', '-am', 'By plain git, once more');
      await h.team.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
      await h.team.git('switch', '-q', 'main');
    },
    expected: ['version/unregistered'],
  },
  {
    code: 'approval/unrecorded',
    by: 'outsider',
    title: 'puts a stray tag that was acknowledged at another version’s name, too',
    carryOut: async (h, accuse) => {
      const { team } = h;
      const { tagObject } = await draftDecision(h, h.carol, { on: 4 });
      accuse(tagObject);
      await team.git('update-ref', `${TAGS}/clinical-intake/v1/approved/carol@acme.example`, tagObject);
      await acknowledge(h, h.ada, 'approval/unrecorded', tagObject);
      await team.ok(undefined, ['verify']);
      await team.git('update-ref', `${TAGS}/clinical-intake/v2/approved/carol@acme.example`, tagObject);
    },
    expected: ['approval/unrecorded', 'approval/unrecorded'],
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
