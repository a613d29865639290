import { chown, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { type Clinic, copyOf, foundClinic, INTAKE, promptText } from '../helpers/clinic.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type CliOptions } from '../helpers/team.ts';
import { type BadInput, expectTold } from '../helpers/told.ts';

const LEDGER = 'refs/notes/promptaudit';
const COMMIT = ['commit', '-m', 'Ask about smoking'];
const BARE = 'this repository is bare: work in a clone that has a working tree';

const dana = (clinic: Clinic) => clinic.dana;
const olga = (clinic: Clinic) => clinic.olga;
const draft = ({ team }: Clinic) => team.write(INTAKE, promptText('intake', 'Ask about smoking.'));

/** Runs the command in a folder of the repository. */
const within =
  (folder: string) =>
  ({ team }: Clinic): CliOptions => ({ cwd: join(team.repo, folder) });

/** Runs a few lines of shell in the repository, as its owner. */
const shell =
  (script: string) =>
  ({ team }: Clinic): Promise<string> =>
    team.sandbox.ok('sh', ['-ec', script], { cwd: team.repo });

/** As if this clone had never looked at a ledger. */
const unseen = 'rm -r .git/promptaudit';

const PLACES: Readonly<Record<string, BadInput>> = {
  'no repository': {
    args: ['status'],
    options: ({ team }) => ({ cwd: team.sandbox.dir }),
    says: ({ team }) => `${team.sandbox.dir} is not in a git repository: run git init, or name one with -C`,
  },
  'no repository to start a registry in': {
    args: ['init'],
    options: ({ team }) => ({ cwd: team.sandbox.dir }),
    says: ({ team }) => `${team.sandbox.dir} is not in a git repository: run git init, or name one with -C`,
  },
  'a folder that does not exist': {
    args: ['-C', 'no/where', 'status'],
    says: ({ team }) => `-C ${join(team.repo, 'no/where')}: there is no such folder`,
  },
  'a repository without a registry': {
    args: ['status'],
    spoil: shell('git init -q fresh'),
    options: within('fresh'),
    says: 'this repository has no promptaudit registry: start one with promptaudit init',
  },
  'a policy to check without a registry': {
    args: ['policy', 'check'],
    spoil: shell('git init -q fresh'),
    options: within('fresh'),
    says: 'this repository has no promptaudit registry: start one with promptaudit init',
  },
  'a bare repository that somebody put among the files': {
    args: ['verify'],
    spoil: shell('git init -q --bare prompts/planted'),
    options: within('prompts/planted/objects'),
    says: ({ team }) =>
      `${join(team.repo, 'prompts/planted')} is a bare repository in the working tree of ${team.repo}, where whoever can push may have put it: go to ${team.repo}, or name it with GIT_DIR if it is yours`,
  },
  'a clone that never fetched the ledger': {
    args: ['log'],
    spoil: shell('git clone -q . clone'),
    options: within('clone'),
    says: 'this clone does not have the ledger of its registry, which git clone does not bring: run promptaudit sync',
  },
  'a registry started in such a clone whose remote is gone': {
    args: ['init'],
    as: olga,
    spoil: shell('git clone -q . clone && git -C clone remote remove origin'),
    options: within('clone'),
    says: '.promptaudit/policy.yml is here already but its ledger is not: in a clone of a registry run promptaudit sync; to start a new registry, delete the file',
  },
  'a registry started where HEAD is detached': {
    args: ['init'],
    as: olga,
    spoil: shell(
      'git init -q fresh && cd fresh && git -c user.name=G -c user.email=g@x commit -q --allow-empty -m x && git checkout -q --detach',
    ),
    options: within('fresh'),
    says: 'HEAD is detached: run git switch <branch> first',
  },
  'a registry started with a name of two lines': {
    args: ['init', '--name', 'a\nb'],
    as: olga,
    spoil: shell('git init -q fresh'),
    options: within('fresh'),
    says: `the registry's name "a\\nb" is more than one line`,
  },
  'a registry started with prompts outside': {
    args: ['init', '--prompts', '../prompts'],
    as: olga,
    spoil: shell('git init -q fresh'),
    options: within('fresh'),
    says: `no registry can be started like this: the folder "../prompts" has the segment '..'`,
  },
  'a commit in a bare repository': {
    args: COMMIT,
    spoil: async (clinic) => {
      await shell(
        `git clone -q --bare . ../bare.git && cd ../bare.git && git fetch -q ../repo ${LEDGER}:${LEDGER}`,
      )(clinic);
      await clinic.team.ok(clinic.alice, ['log'], within('../bare.git')(clinic));
    },
    options: within('../bare.git'),
    says: BARE,
  },
  'a registry started in a bare repository': {
    args: ['init'],
    as: olga,
    spoil: shell('git init -q --bare ../bare.git'),
    options: within('../bare.git'),
    says: 'this repository is bare: run init in a clone that has a working tree, then promptaudit sync',
  },
  'core.bare': { args: COMMIT, spoil: shell('git config core.bare true'), says: BARE },
  'no git, which --git native needs': {
    args: ['--git', 'native', 'status'],
    options: ({ team }) => ({ env: { PATH: join(team.sandbox.dir, 'empty') } }),
    says: ({ team }) =>
      `git could not be started in ${team.repo}: check that the folder is there, install git 2.34 or newer, or use --git embedded`,
  },
  'a GIT_DIR that leads nowhere': {
    args: ['status'],
    options: { env: { GIT_DIR: '/nowhere/.git' } },
    says: 'GIT_DIR names /nowhere/.git, which is not a git repository',
  },
  'a HEAD that is none': {
    args: ['status'],
    spoil: shell('echo junk > .git/HEAD'),
    says: ({ team }) =>
      `${join(team.repo, '.git')} is there but git takes it for no repository: mend its HEAD, objects or refs, of which one is missing, damaged or unreadable`,
  },
};

const LEDGERS: Readonly<Record<string, BadInput>> = {
  'a branch in the ledger’s place': {
    args: ['log'],
    spoil: shell(`${unseen}; git update-ref ${LEDGER} main`),
    says: `${LEDGER} is not the ledger of a promptaudit registry: its first commit is no genesis event`,
    refused: [
      [
        'ledger/malformed',
        `${LEDGER} is not the ledger of a promptaudit registry: its first commit is no genesis event`,
        "fetch the ledger from where it is kept; if that ref is another tool's, move it away",
      ],
    ],
  },
  'notes that git made in the ledger’s place': {
    args: ['list'],
    spoil: shell(
      `${unseen}; git update-ref -d ${LEDGER}; git -c user.name=G -c user.email=g@x notes --ref promptaudit add -m hi`,
    ),
    says: `${LEDGER} is not the ledger of a promptaudit registry: its first commit is no genesis event`,
    refused: [
      [
        'ledger/malformed',
        `${LEDGER} is not the ledger of a promptaudit registry: its first commit is no genesis event`,
        "fetch the ledger from where it is kept; if that ref is another tool's, move it away",
      ],
    ],
  },
  'a file in the ledger’s place': {
    args: ['log'],
    spoil: shell(`${unseen}; git update-ref ${LEDGER} "$(git rev-parse main:${INTAKE})"`),
    says: `${LEDGER} is not the ledger of a promptaudit registry: it names no commit: fetch the ledger from where it is kept; if that ref is another tool's, move it away`,
  },
  'a branch in the place of a ledger that was seen': {
    args: ['log'],
    spoil: shell(`git update-ref ${LEDGER} main`),
    says: ({ team }) =>
      `the ledger begins with another genesis than the one this clone pinned (${roots.get(team.repo)})`,
    refused: [
      [
        'ledger/fork',
        'the ledger begins with another genesis than the one this clone pinned (ROOT)',
        'somebody rewrote the ledger: compare both heads with another clone before trusting either',
      ],
    ],
  },
  'a ledger that is gone': {
    args: ['status'],
    spoil: shell(`git update-ref -d ${LEDGER}`),
    says: `${LEDGER} is gone, though this clone verified it up to event 9`,
    refused: [
      [
        'ledger/missing',
        `${LEDGER} is gone, though this clone verified it up to event 9`,
        'get it back with promptaudit sync or from another clone, and find out who deleted it',
      ],
    ],
  },
  'a registry started in its place': {
    args: ['init'],
    as: olga,
    spoil: shell(`git update-ref -d ${LEDGER}; rm .promptaudit/policy.yml`),
    says: ({ team }) =>
      `this clone verified a registry up to event 9, and its ledger is gone: get it back with promptaudit sync; to start a new registry, delete ${join(team.repo, '.git/promptaudit/trust.json')}`,
    refused: [],
  },
  'another root than the one that was given': {
    args: ['status'],
    options: { env: { PROMPTAUDIT_ROOT: `sha256:${'0'.repeat(64)}` } },
    says: ({ team }) =>
      `the ledger's genesis is ${roots.get(team.repo)}, not the root that was given, sha256:${'0'.repeat(64)}`,
    refused: [
      [
        'ledger/fork',
        `the ledger's genesis is ROOT, not the root that was given, sha256:${'0'.repeat(64)}`,
        'somebody rewrote the ledger: compare both heads with another clone before trusting either',
      ],
    ],
  },
  'a root that is none': {
    args: ['status'],
    options: { env: { PROMPTAUDIT_ROOT: 'latest' } },
    says: 'PROMPTAUDIT_ROOT is "latest": a root is written as sha256: and 64 hex digits',
  },
  'a root that a pipeline has no value for': {
    args: ['status'],
    options: { env: { PROMPTAUDIT_ROOT: '' } },
    says: 'PROMPTAUDIT_ROOT is "": a root is written as sha256: and 64 hex digits',
  },
  'a damaged record of what was verified': {
    args: ['status'],
    spoil: ({ team }) => writeFile(join(team.repo, '.git/promptaudit/trust.json'), '{}'),
    says: ({ team }) =>
      `${join(team.repo, '.git/promptaudit/trust.json')} is damaged, so this clone no longer knows what it verified before: compare the registry's root with a colleague, then delete the file`,
  },
  'a shallow clone': {
    args: ['deploy', 'intake@1', '-e', 'staging'],
    as: dana,
    spoil: shell(
      `git clone -q --depth 1 "file://$PWD" clone && cd clone && git fetch -q --depth 1 origin ${LEDGER}:${LEDGER}`,
    ),
    options: within('clone'),
    says: "the ledger's history is cut short in this clone: fetch the whole history: git fetch --unshallow",
  },
  'a list of where history is cut short that git cannot read': {
    args: ['verify'],
    spoil: shell('git rev-parse main > .git/shallow; echo main >> .git/shallow'),
    says: ({ team }) =>
      team.adapter === 'native'
        ? `${team.repo} is not in a repository that git opens: bad shallow line: main`
        : `${join(team.repo, '.git/shallow')} is damaged in line 2: restore it from a backup or from another clone`,
  },
  'an index that somebody holds': {
    args: COMMIT,
    spoil: async (clinic) => {
      await draft(clinic);
      await writeFile(join(clinic.team.repo, '.git/index.lock'), '');
    },
    says: ({ team }) =>
      `another git process holds the index: if there is none, remove ${join(team.repo, '.git/index.lock')}`,
  },
};

/** Somebody put something else in the place of a file of the git directory: it is told, and not waited for. */
const ODD: Readonly<Record<string, BadInput>> = Object.fromEntries(
  (
    [
      ['a pipe', '.git/HEAD', 'mkfifo'],
      ['a pipe', '.git/config', 'mkfifo'],
      ['a pipe', '.git/commondir', 'mkfifo'],
      ['a pipe', '.git/packed-refs', 'mkfifo'],
      ['a pipe', '.git/shallow', 'mkfifo'],
      ['a pipe', '.git/info/grafts', 'mkfifo'],
      ['a pipe', '.git/objects/info/alternates', 'mkfifo'],
      ['a pipe', `.git/${LEDGER}`, 'mkfifo'],
      ['a pipe', '.git/refs/tags/promptaudit/more', 'mkfifo'],
      ['a pipe', '.git/promptaudit/trust.json', 'mkfifo'],
      ['a pipe', '.git/promptaudit/branches.json', 'mkfifo'],
      ['a link to a device', '.git/promptaudit/trust.json', 'ln -s /dev/zero'],
      ['a folder', '.git/promptaudit/trust.json', 'mkdir'],
      ['a folder', '.git/promptaudit/branches.json', 'mkdir'],
      ['a folder', '.git/packed-refs', 'mkdir'],
      ['a pipe', '.git/objects/pack/pack-0.idx', 'touch .git/objects/pack/pack-0.pack; mkfifo'],
    ] as const
  ).map(([what, path, make]) => [
    `${what} at ${path}`,
    {
      args: ['verify'],
      spoil: shell(`mkdir -p ${dirname(path)}; rm -f ${path}; ${make} ${path}`),
      says: ({ team }) =>
        `${join(team.repo, path)} is ${make === 'mkdir' ? 'a folder' : 'a pipe, a device or a socket'}, where a file belongs: find out who put it there, and remove it`,
    },
  ]),
);

/** The root of the registry in a repository. */
const roots = new Map<string, string>();
let sandbox: Sandbox;
let clinic: Clinic;
let root: string;

beforeAll(async () => {
  sandbox = await createSandbox();
  clinic = await foundClinic(sandbox);
  const trust: { root: { digest: string } } = JSON.parse(
    await readFile(join(clinic.team.repo, '.git/promptaudit/trust.json'), 'utf8'),
  );
  root = trust.root.digest;
});

afterAll(() => sandbox.remove());

describe.each(ADAPTERS)('%s tells in one sentence what to do, and changes nothing:', (adapter) => {
  describe.each(Object.entries({ PLACES, LEDGERS, ODD }))('%s', (_, cases) => {
    test.each(Object.entries(cases))('%s', async (_name, bad) => {
      const copy = await copyOf(clinic, adapter);
      roots.set(copy.team.repo, root);
      const refused = bad.refused?.map(
        ([rule, message, remedy]) => [rule, message.replace('ROOT', root), remedy] as const,
      );
      await expectTold(copy, refused === undefined ? bad : { ...bad, refused });
    });
  });

  it.skipIf(process.getuid?.() !== 0)('a repository that belongs to somebody else', async () => {
    const copy = await copyOf(clinic, adapter);
    const { repo } = copy.team;
    for (const path of ['', '.git']) await chown(join(repo, path), 12345, 12345);
    const says = `${repo} belongs to another user: if you trust it, run git config --global --add safe.directory ${repo}`;
    await expectTold(copy, { args: COMMIT, spoil: draft, says });
  });

  it('verify cannot tell where history is cut short', async () => {
    const copy = await copyOf(clinic, adapter);
    await shell(
      `git clone -q --depth 1 "file://$PWD" clone && cd clone && git fetch -q --depth 1 origin ${LEDGER}:${LEDGER}`,
    )(copy);
    const { code, stdout } = await copy.team.cli(copy.alice, ['--json', 'verify'], within('clone')(copy));
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, findings: [{ code: 'repo/shallow' }] });
  });
});

describe.each(ADAPTERS)('%s works', (adapter) => {
  const active = async ({ team, dana }: Clinic, options: CliOptions) =>
    JSON.parse((await team.cli(dana, ['--json', 'active', '-e', 'staging'], options)).stdout).active[0]
      .version;

  it('in a folder whose name has spaces and letters of every kind in it', async () => {
    const copy = await copyOf(clinic, adapter, 'Größe 的 "prompts" & $HOME');
    const { team, alice } = copy;
    await draft(copy);
    expect(await team.ok(alice, COMMIT)).toMatch(/^10 [0-9a-f]{10} registered intake v3\n$/);
    expect(await team.ok(alice, ['verify'])).toContain('Verified');
    expect(await team.git('status', '--porcelain')).toBe('');
  });

  it('from a subfolder, and names paths from there', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await draft(copy);
    const options = within('prompts/triage')(copy);
    expect(await team.ok(alice, ['lint', 'adults.prompt.yml'], options)).toContain('1 file checked');
    expect(await team.ok(alice, ['commit', '../intake.prompt.yml', '-m', 'x'], options)).toContain(
      'registered intake v3',
    );
    expect(await team.ok(alice, ['new', 'triage/children'], options)).toContain(
      'prompts/triage/children.prompt.yml',
    );
    expect(await team.git('status', '--porcelain')).toBe('?? prompts/triage/children.prompt.yml');
  });

  it('from elsewhere with -C, each from the one before', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await draft(copy);
    const folder = relative(sandbox.dir, team.repo);
    const args = ['-C', folder, '-C', 'prompts', 'commit', 'intake.prompt.yml', '-m', 'x'];
    expect(await team.ok(alice, args, { cwd: sandbox.dir })).toContain('registered intake v3');
  });

  it('where GIT_DIR and GIT_WORK_TREE say', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await draft(copy);
    const env = { GIT_DIR: join(team.repo, '.git'), GIT_WORK_TREE: team.repo };
    expect(await team.ok(alice, COMMIT, { cwd: sandbox.dir, env })).toContain('registered intake v3');
    expect(await team.git('status', '--porcelain')).toBe('');
  });

  it('in a linked worktree', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, alice } = copy;
    await team.git('worktree', 'add', '-q', '-b', 'side', 'side');
    await team.write(`side/${INTAKE}`, promptText('intake', 'Ask about smoking.'));
    expect(await team.ok(alice, COMMIT, within('side')(copy))).toContain('registered intake v3');
    expect(await team.git('-C', 'side', 'status', '--porcelain')).toBe('');
    expect(await team.git('rev-parse', 'side~1')).toBe(await team.git('rev-parse', 'main'));
  });

  it('in a bare repository, where nothing needs a working tree', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, dana } = copy;
    await shell(
      `git clone -q --bare . ../bare.git && cd ../bare.git && git fetch -q ../repo ${LEDGER}:${LEDGER}`,
    )(copy);
    const options = within('../bare.git')(copy);
    await team.ok(dana, ['deploy', 'intake@1', '-e', 'staging'], options);
    expect(await active(copy, options)).toBe(1);
    expect((await team.cli(dana, ['verify'], options)).code).toBe(0);
  });

  it('in a clone whose branch is cut short and whose ledger is whole', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team, dana } = copy;
    await shell(
      `git clone -q --depth 1 "file://$PWD" clone && cd clone && git fetch -q --unshallow origin ${LEDGER}:${LEDGER}`,
    )(copy);
    const options = within('clone')(copy);
    await team.ok(dana, ['deploy', 'intake@1', '-e', 'staging'], options);
    expect(await active(copy, options)).toBe(1);
  });

  it('where the verified index is damaged, or gone', async () => {
    const copy = await copyOf(clinic, adapter);
    const { team } = copy;
    const index = join(team.repo, '.git/promptaudit/index');
    for (const entry of await readdir(index, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) await writeFile(join(entry.parentPath, entry.name), 'junk');
    }
    expect(await active(copy, {})).toBe(2);
    await shell('find .git/promptaudit/index -type f -exec rm {} \\; -exec mkfifo {} \\;')(copy);
    expect(await active(copy, {})).toBe(2);
    await rm(index, { recursive: true });
    await mkdir(index);
    expect(await active(copy, {})).toBe(2);
  });
});
