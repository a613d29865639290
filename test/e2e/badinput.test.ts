import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { resolvePoint } from '../../src/trail/resolve.ts';
import type { Trail } from '../../src/trail/trail.ts';
import { type Clinic, copyOf, foundClinic, INTAKE, promptText } from '../helpers/clinic.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS } from '../helpers/team.ts';
import { type BadInput, expectTold } from '../helpers/told.ts';

const ADULTS = 'prompts/triage/adults.prompt.yml';
const POLICY = '.promptaudit/policy.yml';
const COMMIT = ['commit', '-m', 'Ask about smoking'];
const NO_KEY = { env: { PROMPTAUDIT_SIGNING_KEY: '' } };
const HOW_TO_SIGN =
  'run git config gpg.format ssh and git config user.signingkey ~/.ssh/id_ed25519.pub, or let PROMPTAUDIT_SIGNING_KEY name an Ed25519 private key file';

const olga = (clinic: Clinic) => clinic.olga;
const bob = (clinic: Clinic) => clinic.bob;
const dana = (clinic: Clinic) => clinic.dana;
const at = ({ team }: Clinic, path: string) => join(team.repo, path);

/** A change that could be committed. */
const draft = ({ team }: Clinic) => team.write(INTAKE, promptText('intake', 'Ask about smoking.'));

async function editPolicy(clinic: Clinic, edit: (text: string) => string): Promise<void> {
  await clinic.team.write(POLICY, edit(await readFile(at(clinic, POLICY), 'utf8')));
}

/** A branch that changes the same line of a file as `main` does. */
async function diverge(clinic: Clinic): Promise<void> {
  const { team } = clinic;
  await team.git('switch', '-q', '-c', 'other');
  for (const branch of ['other', 'main']) {
    await team.git('switch', '-q', branch);
    await team.write('notes.txt', `from ${branch}\n`);
    await team.git('add', 'notes.txt');
    await team.git('commit', '-q', '-m', `From ${branch}`);
  }
}

const BRANCH: Readonly<Record<string, BadInput>> = {
  'no commit yet': {
    args: COMMIT,
    spoil: async (clinic) => {
      await clinic.team.git('switch', '-q', '--orphan', 'fresh');
      await draft(clinic);
    },
    says: "branch fresh has no commit yet: switch to the registry's branch, or make a first commit with git",
  },
  'a detached HEAD': {
    args: COMMIT,
    spoil: async (clinic) => {
      await clinic.team.git('checkout', '-q', '--detach');
      await draft(clinic);
    },
    says: 'HEAD is detached, so a commit would be on no branch: run git switch <branch> first',
  },
  'a merge under way': {
    args: COMMIT,
    spoil: async (clinic) => {
      await diverge(clinic);
      await clinic.team.git('merge', '-q', 'other').catch(() => {});
      await draft(clinic);
    },
    says: 'a merge is under way: finish it or abort it with git first',
  },
  'a rebase under way': {
    args: COMMIT,
    spoil: async (clinic) => {
      await diverge(clinic);
      await clinic.team.git('rebase', '-q', 'other').catch(() => {});
      await clinic.team.git('checkout', '-q', 'main').catch(() => {});
      await draft(clinic);
    },
    says: 'a rebase is under way: finish it or abort it with git first',
  },
  'a policy on a detached HEAD': {
    args: ['policy', 'commit', '-m', 'Two admins'],
    as: olga,
    spoil: async (clinic) => {
      await clinic.team.git('checkout', '-q', '--detach');
      await editPolicy(clinic, (text) => `${text}# a remark\n`);
    },
    says: 'HEAD is detached, so a commit would be on no branch: run git switch <branch> first',
  },
};

const SIGNING: Readonly<Record<string, BadInput>> = {
  'no signing key': {
    args: COMMIT,
    spoil: async (clinic) => {
      await draft(clinic);
      await clinic.team.git('config', 'gpg.format', 'ssh');
    },
    options: NO_KEY,
    says: `no signing key is configured: ${HOW_TO_SIGN}`,
  },
  'a signing key that is not there': {
    args: COMMIT,
    spoil: async (clinic) => {
      await draft(clinic);
      await clinic.team.git('config', 'gpg.format', 'ssh');
      await clinic.team.git('config', 'user.signingkey', '/nowhere/key');
    },
    options: NO_KEY,
    says: `user.signingkey names /nowhere/key: no such file; ${HOW_TO_SIGN}`,
  },
  'no gpg, which git would sign with': {
    args: COMMIT,
    spoil: draft,
    options: ({ team }) => ({
      env: { ...NO_KEY.env, ...(team.adapter === 'embedded' ? {} : withoutGpg(team.sandbox)) },
    }),
    says: `gpg cannot be run: it is not installed, or not where git configuration says it is; to sign with an SSH key, ${HOW_TO_SIGN}; to sign with OpenPGP, run git config user.signingkey and a fingerprint from gpg --list-secret-keys`,
  },
  'a key file that is not there': {
    args: COMMIT,
    spoil: draft,
    options: { env: { PROMPTAUDIT_SIGNING_KEY: '/nowhere/key' } },
    says: 'PROMPTAUDIT_SIGNING_KEY names /nowhere/key: no such file; name an Ed25519 private key file, or unset it to sign as git does',
  },
  'no name and no email': {
    args: COMMIT,
    spoil: draft,
    options: {
      env: { GIT_AUTHOR_NAME: '', GIT_AUTHOR_EMAIL: '', GIT_COMMITTER_NAME: '', GIT_COMMITTER_EMAIL: '' },
    },
    says: 'git does not know who you are: run git config user.name "Your Name" and git config user.email you@example.com',
  },
  'an email that is not the one of the policy': {
    args: COMMIT,
    spoil: draft,
    options: { env: { GIT_AUTHOR_EMAIL: 'alice@home.example', GIT_COMMITTER_EMAIL: 'alice@home.example' } },
    says: 'your signing key belongs to alice@acme.example, but git would write as alice@home.example',
    refused: [
      [
        'signature/identity',
        'your signing key belongs to alice@acme.example, but git would write as alice@home.example',
        'run: git config user.email alice@acme.example',
      ],
    ],
  },
  'a clock behind the ledger': {
    args: COMMIT,
    spoil: async (clinic) => {
      await draft(clinic);
      clinic.team.clock -= 3600;
    },
    options: { env: { GIT_AUTHOR_DATE: '2026-01-05T08:00:00Z', GIT_COMMITTER_DATE: '2026-01-05T08:00:00Z' } },
    says: "this machine's clock is 4140 seconds behind the newest event of the ledger: set it right, then try again; if that event's date is wrong and it was not sent yet, promptaudit sync signs it again with today's",
  },
  'a date that is still to come': {
    args: COMMIT,
    spoil: async (clinic) => {
      await draft(clinic);
      clinic.team.clock = Date.parse('2026-01-06T08:00:00Z') / 1000;
    },
    options: { env: { GIT_AUTHOR_DATE: '2026-01-06T08:00:00Z', GIT_COMMITTER_DATE: '2026-01-06T09:01:00Z' } },
    says: "GIT_COMMITTER_DATE is 2026-01-06T09:01:00Z, which is still to come by this machine's clock, and nobody could sign behind such an event before that time: leave it away, or set the clock right",
  },
  'a date that is none': {
    args: COMMIT,
    spoil: draft,
    options: { env: { GIT_AUTHOR_DATE: 'new year' } },
    says: 'GIT_AUTHOR_DATE is "new year", which is no date: write it as 2026-11-21T10:11:12Z',
  },
};

/** A PATH on which there is git and nothing else. */
function withoutGpg(sandbox: Sandbox): Record<string, string> {
  return { PATH: join(sandbox.dir, 'only-git') };
}

const ROLES: Readonly<Record<string, BadInput>> = {
  'an author who deploys': {
    args: ['deploy', 'intake@1', '-e', 'staging'],
    says: 'cannot deploy intake v1 to staging',
    refused: [
      [
        'signature/role',
        'alice@acme.example does not hold the role deployer, which is needed to deploy intake v1 to staging',
        'ask olga@acme.example or dana@acme.example to do it, or an admin to run: promptaudit policy add alice@acme.example --role deployer',
      ],
    ],
  },
  'an approver who commits': {
    args: COMMIT,
    as: bob,
    spoil: draft,
    says: 'cannot commit',
    refused: [
      [
        'signature/role',
        'bob@acme.example does not hold the role author, which is needed to commit prompts',
        'ask olga@acme.example or alice@acme.example to do it, or an admin to run: promptaudit policy add bob@acme.example --role author',
      ],
    ],
  },
  'a deployer who approves': {
    args: ['approve', 'triage/adults', '-m', 'Fine'],
    as: dana,
    says: 'cannot approve triage/adults v1',
    refused: [
      [
        'approval/role',
        'dana@acme.example does not hold the role approver, which is needed to approve triage/adults v1',
        'ask olga@acme.example or bob@acme.example to do it, or an admin to run: promptaudit policy add dana@acme.example --role approver',
      ],
    ],
  },
  'a deployment that lacks everything': {
    args: ['deploy', 'triage/adults@1', '-e', 'production'],
    as: dana,
    says: 'cannot deploy triage/adults v1 to production',
    refused: [
      [
        'deployment/unapproved',
        'triage/adults v1 has 0 of 1 approval for production',
        'ask bob@acme.example to run: promptaudit approve triage/adults@1 -e production -m "…"',
      ],
      [
        'deployment/promotion',
        'triage/adults v1 was never deployed to staging, from where production takes its versions',
        'deploy it there first: promptaudit deploy triage/adults@1 -e staging',
      ],
    ],
  },
};

const NAMES: Readonly<Record<string, BadInput>> = {
  'a prompt that does not exist': {
    args: ['deploy', 'intke@1', '-e', 'staging'],
    says: 'the registry has no prompt intke: did you mean intake?',
  },
  'the path of its file': {
    args: ['deploy', 'prompts/triage/adults.prompt.yml@1', '-e', 'staging'],
    as: dana,
    says: 'the registry has no prompt prompts/triage/adults.prompt.yml: did you mean triage/adults?',
  },
  'the path of its file from here': {
    args: ['approve', './prompts/intake.prompt.yml', '-m', 'x'],
    as: bob,
    says: `"./prompts/intake.prompt.yml" is the path of a file: give the prompt's name, its path in the folder of prompts without the suffix`,
  },
  'a draft where a version is wanted': {
    args: ['approve', 'intake@draft', '-m', 'x'],
    as: bob,
    says: 'the draft of intake is no version: commit it with promptaudit commit intake -m "…", or name its newest, intake@2',
  },
  'a version where a prompt is wanted': {
    args: ['withdraw', 'intake@2', '-e', 'staging'],
    as: dana,
    says: '"intake@2" is not the name of a prompt alone: write intake',
  },
  'a version in an overview': {
    args: ['status', 'intake@production'],
    says: 'the registry has no prompt intake@production: did you mean intake?',
  },
  'a prompt like no other': {
    args: ['show', 'moon'],
    says: 'the registry has no prompt moon: see them with promptaudit list',
  },
  'a prompt of which there is a draft and no version': {
    args: ['diff', 'moon'],
    spoil: ({ team }) => team.write('prompts/moon.prompt.yml', promptText('moon', 'Is it full?')),
    says: 'moon has no version yet: register it with promptaudit commit moon -m "…", or name its draft moon@draft',
  },
  'a prompt of which there is nothing': {
    args: ['diff', 'moon'],
    says: 'the registry has no prompt moon: see them with promptaudit list',
  },
  'a prompt to commit that does not exist': {
    args: ['commit', 'intke', '-m', 'x'],
    says: 'there is no prompt "intke": did you mean intake?',
  },
  'a file that does not exist': {
    args: ['lint', 'intke'],
    says: 'there is no prompt file "intke": did you mean intake?',
  },
  'a file like no other': {
    args: ['lint', 'moon'],
    says: 'there is no prompt file "moon": they are in prompts/',
  },
  'a version that does not exist': {
    args: ['deploy', 'intake@9', '-e', 'staging'],
    says: 'intake has no version 9: its newest is v2',
  },
  'an environment that does not exist': {
    args: ['deploy', 'intake@1', '-e', 'prodution'],
    says: 'the policy has no environment "prodution": did you mean production?',
  },
  'an environment like no other': {
    args: ['active', '-e', 'moon'],
    says: 'the policy has no environment "moon": it has staging, production',
  },
  'a prompt in the place of an environment': {
    args: ['diff', 'intake', 'moon'],
    spoil: async ({ team, alice }) => {
      await team.write('prompts/moon.prompt.yml', promptText('moon', 'Is it full?'));
      await team.ok(alice, ['commit', 'moon', '-m', 'Ask about the moon']);
    },
    says: 'moon is a prompt, not an environment: to compare two prompts, run promptaudit diff intake@latest moon@latest',
  },
  'a person who is misspelt': {
    args: ['log', '--actor', 'bbo@acme.example'],
    says: 'nobody in the registry is called "bbo@acme.example": did you mean bob@acme.example?',
  },
  'a person like no other': {
    args: ['log', '--actor', 'mallory@evil.example'],
    says: 'nobody in the registry is called "mallory@evil.example": see them with promptaudit policy show',
  },
  'the policy where a prompt is asked for': {
    args: ['blame', 'policy'],
    says: 'the name "policy" is kept for the policy, which promptaudit policy show shows',
  },
  'a policy version to look into that does not exist': {
    args: ['log', 'policy@9'],
    says: 'there is no policy v9: the newest is v2',
  },
  'a policy version that does not exist': {
    args: ['policy', 'show', '9'],
    says: 'there is no policy v9: the newest is v2',
  },
  'an abbreviation of no commit': {
    args: ['show', 'intake@abc1234'],
    says: 'no version of intake is the commit abc1234: see them with promptaudit log intake --event version',
  },
  'an abbreviation that is too short': {
    args: ['show', 'intake@abc12'],
    says: '"abc12" is too short for a commit: give at least 7 hex digits',
  },
  'a reference without its end': {
    args: ['show', 'intake@'],
    says: 'nothing stands behind the @ of "intake@": give a version such as 12, an environment, latest, draft, or at least 7 hex digits of a commit',
  },
  'nothing to roll back to': {
    args: ['rollback', 'intake', '-e', 'production'],
    as: dana,
    says: 'intake v2 replaced nothing in production: name the version to go back to with --to, or run promptaudit withdraw intake -e production',
    refused: [],
  },
};

const FILES: Readonly<Record<string, BadInput>> = {
  'YAML that does not parse': {
    args: COMMIT,
    spoil: ({ team }) => team.write(INTAKE, 'name: intake\nmessages: [one\n'),
    says: `${INTAKE}:3:1: Flow sequence in block collection must be sufficiently indented and end with a ]`,
  },
  'a key that stands twice': {
    args: COMMIT,
    spoil: ({ team }) => team.write(INTAKE, `${promptText('intake', 'Hello')}model: another\n`),
    says: `${INTAKE}:6:1: the key model stands here a second time`,
  },
  'a file over 1 MiB': {
    args: COMMIT,
    spoil: ({ team }) => team.write(INTAKE, promptText('intake', 'x'.repeat(2 ** 20))),
    says: `${INTAKE} cannot be committed: it has 1048648 bytes, and at most 1 MiB (1048576 bytes) is taken: make it shorter`,
  },
  'a file that is not UTF-8': {
    args: COMMIT,
    spoil: ({ team }) => team.write(INTAKE, Buffer.from('name: caf\xff\n', 'latin1')),
    says: `${INTAKE}:1:10: the file is not UTF-8: the byte at offset 9 cannot stand there`,
  },
  'a symbolic link': {
    args: COMMIT,
    spoil: async (clinic) => {
      await rm(at(clinic, INTAKE));
      await symlink('/etc/hostname', at(clinic, INTAKE));
    },
    says: `${INTAKE} cannot be committed: it is a symbolic link, or in a folder that is one: put a regular file in its place`,
  },
  'a symbolic link that is named': {
    args: ['commit', 'intake', '-m', 'x'],
    spoil: async (clinic) => {
      await rm(at(clinic, INTAKE));
      await symlink('/etc/hostname', at(clinic, INTAKE));
    },
    says: `${INTAKE} cannot be committed: it is a symbolic link, or in a folder that is one: put a regular file in its place`,
  },
  'a folder that is a symbolic link': {
    args: ['commit', 'triage/adults', '-m', 'x'],
    spoil: async (clinic) => {
      await rm(at(clinic, 'prompts/triage'), { recursive: true });
      await clinic.team.write('elsewhere/adults.prompt.yml', promptText('triage/adults', 'Another'));
      await symlink('../elsewhere', at(clinic, 'prompts/triage'));
    },
    says: `${ADULTS} cannot be committed: it is a symbolic link, or in a folder that is one: put a regular file in its place`,
  },
  'a prompts folder that is a symbolic link': {
    args: COMMIT,
    spoil: async (clinic) => {
      await rm(at(clinic, 'prompts'), { recursive: true });
      await clinic.team.write('elsewhere/intake.prompt.yml', promptText('intake', 'Another'));
      await symlink('elsewhere', at(clinic, 'prompts'));
    },
    says: `${INTAKE} cannot be committed: it is a symbolic link, or in a folder that is one: put a regular file in its place`,
  },
  'a policy that is a symbolic link': {
    args: ['policy', 'commit', '-m', 'x'],
    as: olga,
    spoil: async (clinic) => {
      await rm(at(clinic, POLICY));
      await symlink('/etc/hostname', at(clinic, POLICY));
    },
    says: `${POLICY} cannot be taken: it is a symbolic link, or in a folder that is one: put a regular file in its place`,
  },
  'a folder in a file’s place': {
    args: ['commit', 'intake', '-m', 'x'],
    spoil: async (clinic) => {
      await rm(at(clinic, INTAKE));
      await mkdir(at(clinic, INTAKE));
    },
    says: `${INTAKE} cannot be committed: it is not a file`,
  },
  'a name that is not allowed': {
    args: COMMIT,
    spoil: ({ team }) => team.write('prompts/Intake Form.prompt.yml', promptText('form', 'Hello')),
    says: `prompts/Intake Form.prompt.yml cannot be committed: the name "Intake Form" has the segment "Intake Form": use a-z, 0-9, '.', '_' and '-', beginning with a letter or digit`,
  },
  'a name made of look-alikes': {
    args: ['commit', '--all', '-m', 'x'],
    spoil: ({ team }) => team.write('prompts/int\u0430ke.prompt.yml', promptText('intake', 'Hello')),
    says: `prompts/int\u0430ke.prompt.yml cannot be committed: the name "int\u0430ke" has the segment "int\u0430ke": use a-z, 0-9, '.', '_' and '-', beginning with a letter or digit`,
  },
  'the name of the policy': {
    args: ['commit', 'policy', '-m', 'x'],
    spoil: ({ team }) => team.write('prompts/policy.prompt.yml', promptText('policy', 'Hello')),
    says: 'prompts/policy.prompt.yml cannot be committed: the name "policy" is kept for the policy, which promptaudit policy show shows',
  },
  'a new prompt by a name that leads elsewhere': {
    args: ['new', '../intake'],
    says: `the name "../intake" has the segment "..": use a-z, 0-9, '.', '_' and '-', beginning with a letter or digit`,
  },
  'a new prompt by the path of its file': {
    args: ['new', './prompts/triage/infants.prompt.yml'],
    says: `"./prompts/triage/infants.prompt.yml" is the path of a file: give the prompt's name, triage/infants`,
  },
  'a new prompt by a path elsewhere': {
    args: ['new', 'drafts/infants.prompt.yaml'],
    says: `"drafts/infants.prompt.yaml" is the path of a file: give the prompt's name, its path in prompts/ without the suffix`,
  },
  'two files for one prompt': {
    args: ['commit', 'intake', '-m', 'x'],
    spoil: ({ team }) => team.write('prompts/intake.prompt.yaml', promptText('intake', 'Hello')),
    says: `${INTAKE} cannot be committed: prompts/intake.prompt.yaml is the same prompt: keep one of the two`,
  },
};

const DONE: Readonly<Record<string, BadInput>> = {
  'a version that is approved already': {
    args: ['approve', 'intake@2', '-m', 'Once more'],
    as: bob,
    says: 'bob@acme.example has approved intake v2 for every environment already',
    refused: [],
  },
  'a version that is active already': {
    args: ['deploy', 'intake@2', '-e', 'production'],
    as: dana,
    says: 'cannot deploy intake v2 to production',
    refused: [
      [
        'deployment/replaces',
        'intake v2 is active in production already',
        'nothing is to be done: see promptaudit active -e production',
      ],
    ],
  },
  'unchanged content': {
    args: COMMIT,
    says: 'nothing to commit: every prompt is as its newest version',
    refused: [],
  },
  'unchanged content that is named': {
    args: ['commit', 'intake', '-m', 'x'],
    says: 'nothing to commit: intake is as its newest version',
    refused: [],
  },
  'unchanged content of several that are named': {
    args: ['commit', 'intake', 'triage/adults', '-m', 'x'],
    says: 'nothing to commit: intake and triage/adults are as their newest versions',
    refused: [],
  },
  'an unchanged prompt, and one that is none': {
    args: ['commit', 'intake', 'intakes', '-m', 'x'],
    says: 'there is no prompt "intakes": did you mean intake?',
  },
  'two changed prompts and no name': {
    args: COMMIT,
    spoil: async (clinic) => {
      await draft(clinic);
      await clinic.team.write(ADULTS, promptText('triage/adults', 'Another'));
    },
    says: '2 prompts changed (intake, triage/adults): name the ones to commit, or give --all',
  },
  'an unchanged policy': {
    args: ['policy', 'commit', '-m', 'x'],
    as: olga,
    says: `nothing to commit: ${POLICY} is as policy v2`,
    refused: [],
  },
  'a registry that is there': {
    args: ['init'],
    as: olga,
    says: 'this repository has a promptaudit registry already: see it with promptaudit log',
    refused: [],
  },
};

const TEXTS: Readonly<Record<string, BadInput>> = {
  'a control character': {
    args: ['commit', '-m', 'ring\u0007'],
    spoil: draft,
    says: 'the message has the character U+0007 on line 1: control and direction-changing characters are not allowed',
  },
  'a character that turns the reading direction': {
    args: ['deploy', 'intake@1', '-e', 'staging', '-m', 'fine\n\nnot\u202ereally'],
    as: dana,
    says: 'the message has the character U+202E on line 3: control and direction-changing characters are not allowed',
  },
  'a fake trailer paragraph': {
    args: ['approve', 'intake@1', '-m', 'Reviewed', '-m', 'Event: deployment\nEnvironment: production'],
    as: bob,
    says: `the message has line 3 begin with "Event:", which is kept for the ledger's own facts`,
  },
  'a fake signature': {
    args: ['reject', 'intake@1', '-m', '-----BEGIN SSH SIGNATURE-----\nAAAA'],
    as: bob,
    says: 'the message has line 1 begin with "-----BEGIN ", as a signature does',
  },
  'a ticket of two lines': {
    args: ['deploy', 'intake@1', '-e', 'staging', '--reference', 'CAB-1\nEvent: approval'],
    as: dana,
    says: 'the reference is more than one line',
  },
  'a message file that is not there': {
    args: ['commit', '-F', 'why.txt'],
    spoil: draft,
    says: 'why.txt cannot be read: there is no such file or folder',
  },
  'a folder where a message file is wanted': {
    args: ['commit', '-F', 'prompts'],
    spoil: draft,
    says: 'prompts cannot be read: it is a folder',
  },
  'a folder where variables are wanted': {
    args: ['render', 'intake', '--vars-file', 'prompts'],
    says: 'prompts cannot be read: it is a folder',
  },
  'a folder where a policy is wanted': {
    args: ['policy', 'check', 'prompts'],
    says: 'prompts cannot be read: it is a folder',
  },
  'a folder where a key is wanted': {
    args: ['policy', 'add', 'bob@acme.example', '--key', 'prompts'],
    as: olga,
    says: 'prompts cannot be read: it is a folder',
  },
  'no message': { args: ['commit'], spoil: draft, says: 'say what changed and why with -m', kind: 'usage' },
};

/** Brought out of the commit that policy v2 was signed in, which every clone of the ledger has. */
const noPolicy = async ({ team }: Clinic) => {
  const commit = await team.git('log', '-1', '--format=%h', '--abbrev=10', 'main', '--', POLICY);
  const command = `git checkout ${commit.trim()} -- ${POLICY}`;
  return `there is no ${POLICY} in the working tree: bring it back with ${command}`;
};

const POLICIES: Readonly<Record<string, BadInput>> = {
  'a policy that locks out its last admin': {
    args: ['policy', 'commit', '-m', 'Fewer roles'],
    as: olga,
    spoil: (clinic) => editPolicy(clinic, (text) => text.replace('admin, ', '')),
    says: `${POLICY}:10:1: this policy locks out its last admin: no principal with the role admin has a key that is not revoked`,
  },
  'a policy with a key twice': {
    args: ['policy', 'commit', '-m', 'x'],
    as: olga,
    spoil: (clinic) => editPolicy(clinic, (text) => `schema: promptaudit/policy@1\n${text}`),
    says: `${POLICY}:4:1: the key "schema" stands here a second time`,
  },
  'a policy with an unknown key': {
    args: ['policy', 'commit', '-m', 'x'],
    as: olga,
    spoil: (clinic) => editPolicy(clinic, (text) => `adminTreshold: 1\n${text}`),
    says: `${POLICY}:1:1: the key "adminTreshold" is not known: did you mean adminThreshold?`,
  },
  'a policy that is gone': {
    args: ['policy', 'commit', '-m', 'x'],
    as: olga,
    spoil: (clinic) => rm(at(clinic, POLICY)),
    says: noPolicy,
  },
  'a policy to check whose deletion is staged': {
    args: ['policy', 'check'],
    spoil: async ({ team }) => void (await team.git('rm', '-q', POLICY)),
    says: noPolicy,
  },
  'a policy to edit on a branch that has none': {
    args: ['policy', 'add', 'alice@acme.example', '--role', 'deployer'],
    spoil: async ({ team }) => void (await team.git('switch', '-q', '--orphan', 'fresh')),
    says: noPolicy,
  },
  'a key that is private': {
    args: [
      'policy',
      'add',
      'sam@acme.example',
      '--name',
      'Sam',
      '--role',
      'author',
      '--key',
      '../../keys/alice',
    ],
    as: olga,
    says: '../../keys/alice is a private key: give the public one, ../../keys/alice.pub',
  },
  'an author who changes the policy': {
    args: ['policy', 'commit', '-m', 'Promote me'],
    spoil: (clinic) => editPolicy(clinic, (text) => text.replace('[author]', '[author, admin]')),
    says: 'cannot commit the policy',
    refused: [
      [
        'signature/role',
        'alice@acme.example does not hold the role admin, which is needed to change the policy',
        'ask olga@acme.example to do it, or an admin to run: promptaudit policy add alice@acme.example --role admin',
      ],
    ],
  },
};

const usage = (says: string, ...args: readonly string[]): BadInput => ({ args, says, kind: 'usage' });

const USAGE: Readonly<Record<string, BadInput>> = {
  'a verb that is misspelt': usage('there is no command "aprove": did you mean approve?', 'aprove', 'intake'),
  'a second word that is misspelt': usage(
    'there is no command "policy comit": did you mean policy commit?',
    'policy',
    'comit',
  ),
  'a verb like no other': usage('there is no command "frobnicate": see promptaudit --help', 'frobnicate'),
  'an option that is misspelt': usage(
    'deploy has no option "--evn": did you mean --env?',
    ...['deploy', 'intake@1', '--evn', 'staging'],
  ),
  'an argument that is missing': usage('show needs <ref>: see promptaudit show --help', 'show'),
  'an argument too many': usage(
    'show takes 1 argument and was given 2: see promptaudit show --help',
    ...['show', 'intake', 'triage/adults'],
  ),
  'an option that is missing': usage(
    "deploy needs the option '-e, --env <name>': see promptaudit deploy --help",
    ...['deploy', 'intake@1'],
  ),
  'an option without its value': usage(
    "option '-e, --env <name>' needs a value: see promptaudit deploy --help",
    ...['deploy', 'intake@1', '-e'],
  ),
  'a number that is none': usage(
    `option '-n, --limit <count>': "few" is not a whole number of at least 1`,
    ...['log', '-n', 'few'],
  ),
  'a choice that is none': usage(
    `option '--format <format>': "xml" is none of text, json, jsonl, csv`,
    ...['log', '--format', 'xml'],
  ),
  'names, and all of them': usage(
    '--all commits every prompt that changed: leave the names away',
    ...['commit', 'intake', '--all', '-m', 'x'],
  ),
  'a policy version that is no number': usage(
    '"newest" is no version of the policy: write 3 or v3',
    ...['policy', 'show', 'newest'],
  ),
  'a time that ends before it begins': usage(
    '--since is after --until: nothing can be between them',
    ...['log', '--since', '2026-01-02', '--until', '2026-01-01'],
  ),
  'two messages': usage('-m and -F cannot be given together', 'commit', '-m', 'x', '-F', 'y'),
};

let sandbox: Sandbox;
let clinic: Clinic;

beforeAll(async () => {
  sandbox = await createSandbox();
  clinic = await foundClinic(sandbox);
  await mkdir(join(sandbox.dir, 'only-git'));
  const git = (await sandbox.ok('sh', ['-c', 'command -v git'])).trim();
  await symlink(git, join(sandbox.dir, 'only-git/git'));
});

afterAll(() => sandbox.remove());

/** What is asked of the working tree, of HEAD and of git's settings. */
const BY_GIT = { BRANCH, SIGNING, FILES };

/** What the command line, the ledger and the policy say is the same by either adapter: it is said by one. */
const TOLD = { native: BY_GIT, embedded: { ...BY_GIT, USAGE, ROLES, NAMES, DONE, TEXTS, POLICIES } };

describe.each(ADAPTERS)('%s tells in one sentence what to do, and changes nothing:', (adapter) => {
  describe.each(Object.entries(TOLD[adapter]))('%s', (_, cases) => {
    test.each(Object.entries(cases))('%s', async (_name, bad) => {
      await expectTold(await copyOf(clinic, adapter), bad);
    });
  });

  it('a key that is in nobody’s policy entry', async () => {
    const copy = await copyOf(clinic, adapter);
    const sam = await copy.team.person('Sam');
    const shown = (await sandbox.ok('ssh-keygen', ['-l', '-f', `${sam.key}.pub`])).split(' ')[1];
    const says = `your signing key ${shown} is in nobody's entry of the policy`;
    const grant = `promptaudit policy add sam@acme.example --name "Sam" --role <role> --key "${sam.publicKey}"`;
    const remedy = `ask an admin to run: ${grant} && promptaudit policy commit -m "…"`;
    await expectTold(copy, {
      args: COMMIT,
      as: () => sam,
      spoil: draft,
      says,
      refused: [['signature/unknown-key', says, remedy]],
    });
  });

  it('another key than the policy lists for the same person', async () => {
    const copy = await copyOf(clinic, adapter);
    const sam = await copy.team.person('Sam');
    const { alice } = copy;
    const shown = (await sandbox.ok('ssh-keygen', ['-l', '-f', `${sam.key}.pub`])).split(' ')[1];
    const says = `your signing key ${shown} is in nobody's entry of the policy`;
    const grant = `promptaudit policy add alice@acme.example --key "${sam.publicKey}"`;
    const remedy = `sign with a key that the policy lists for alice@acme.example, or ask an admin to run: ${grant} && promptaudit policy commit -m "…"`;
    await expectTold(copy, {
      args: COMMIT,
      as: () => ({ ...alice, key: sam.key, publicKey: sam.publicKey }),
      spoil: draft,
      says,
      refused: [['signature/unknown-key', says, remedy]],
    });
  });
});

/** Two commits with the same seven digits cannot be made in a test's time, so that the histories are. */
test('an ambiguous abbreviation names the versions that it could be', () => {
  const version = (number: number, commit: string) => ({ number, commit }) as never;
  const versions = [
    version(1, `abcdef1${'0'.repeat(33)}`),
    version(2, `abcdef12${'1'.repeat(32)}`),
    version(3, 'f'.repeat(40)),
  ];
  const history = { name: 'intake', versions } as never;
  const point = (prefix: string) => resolvePoint({} as Trail, history, { kind: 'commit', prefix });
  expect(() => point('abcdef1')).toThrow(
    'abcdef1 is ambiguous: it begins the commits of v1 abcdef10000, v2 abcdef12111',
  );
  expect(point('abcdef12').number).toBe(2);
});

describe.each(ADAPTERS)('%s takes what is odd and yet right:', (adapter) => {
  it('leaves other changes staged, and out of the version’s commit', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await team.write('README.md', 'Staged.\n');
    await team.write(ADULTS, promptText('triage/adults', 'Staged, too.'));
    await team.git('add', 'README.md', ADULTS);
    await draft(copy);
    await team.ok(alice, ['commit', 'intake', '-m', 'Ask about smoking']);
    expect(await team.git('show', '--format=', '--name-only', 'HEAD')).toBe(INTAKE);
    expect(await team.git('status', '--porcelain')).toBe(`A  README.md\nM  ${ADULTS}`);
  });

  it('takes the draft and not what of it is staged', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await team.write(INTAKE, promptText('intake', 'Staged.'));
    await team.git('add', INTAKE);
    await draft(copy);
    await team.ok(alice, COMMIT);
    expect(await team.git('show', `HEAD:${INTAKE}`)).toContain('Ask about smoking.');
    expect(await team.git('status', '--porcelain')).toBe('');
  });

  it('digests what git stores, whatever line ends the file has', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await team.write('.gitattributes', '*.yml text eol=crlf\n');
    await team.write(INTAKE, promptText('intake', 'Ask about smoking.').replaceAll('\n', '\r\n'));
    await team.ok(alice, COMMIT);
    const [event] = (await team.json<{ events: { contentDigest: string }[] }>(alice, ['log', '-n', '1']))
      .events;
    const blob = await sandbox.ok('sh', ['-c', `git cat-file blob HEAD:${INTAKE} | sha256sum`], {
      cwd: team.repo,
    });
    const plain = createHash('sha256').update(promptText('intake', 'Ask about smoking.')).digest('hex');
    expect(event?.contentDigest).toBe(`sha256:${blob.split(' ')[0]}`);
    expect(event?.contentDigest).toBe(`sha256:${plain}`);
    expect(await team.git('status', '--porcelain', '--', 'prompts')).toBe('');
    expect((await team.json<{ prompts: { draft: string }[] }>(alice, ['status'])).prompts[0]?.draft).toBe(
      'clean',
    );
  });

  it('lets a filter say what git stores, where git is at hand to run it', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await team.write('filter.sh', '#!/bin/sh\nsed s/SECRET/redacted/\n');
    await chmod(at(copy, 'filter.sh'), 0o755);
    await team.git('config', 'filter.redact.clean', './filter.sh');
    await team.write('.gitattributes', '*.prompt.yml filter=redact\n');
    await team.write(INTAKE, promptText('intake', 'SECRET'));
    if (adapter === 'embedded') {
      const says = `${INTAKE} cannot be committed: its filter redact is a program of git's: use --git native`;
      return expectTold(copy, { args: ['commit', 'intake', '-m', 'x'], says });
    }
    await team.ok(alice, ['commit', 'intake', '-m', 'x']);
    expect(await team.git('show', `HEAD:${INTAKE}`)).toContain('content: redacted');
    expect(await readFile(at(copy, INTAKE), 'utf8')).toContain('SECRET');
    const [event] = (await team.json<{ events: { contentDigest: string }[] }>(alice, ['log', '-n', '1']))
      .events;
    const digest = createHash('sha256').update(promptText('intake', 'redacted')).digest('hex');
    expect(event?.contentDigest).toBe(`sha256:${digest}`);
  });
});
