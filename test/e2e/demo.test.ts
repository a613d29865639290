import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run.ts';
import { visibleWidth } from '../../src/report/text.ts';
import { builtBin } from '../helpers/built.ts';
import type { ActiveDocument, LogDocument, ShowDocument, VerifyDocument } from '../helpers/documents.ts';
import { createSandbox, run, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Adapter } from '../helpers/team.ts';

const EXAMPLE = resolve(import.meta.dirname, '../../prompts.example');
const LEDGER = 'refs/notes/promptaudit';

/** The day of the audit: the story begins on 2026-10-31 and ends on 2026-11-20. */
const NOW = new Date('2026-11-21T10:11:12Z');

interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line in this process. Random bytes are others at each call, and the same in each run. */
async function cli(env: World['env'], cwd: string, argv: readonly string[]): Promise<Told> {
  let stdout = '';
  let stderr = '';
  let calls = 0;
  const stream = (write: (text: string) => void) => ({
    isTTY: false,
    columns: 80,
    open: true,
    write: async (text: string) => write(text),
  });
  const code = await runCli({
    argv,
    cwd,
    env,
    version: '0.0.0',
    now: () => NOW,
    random: {
      uuid: () => '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
      bytes: (length) => createHash('sha256').update(`${calls++}`).digest().subarray(0, length),
    },
    program: { node: process.execPath, script: builtBin() },
    interrupted: () => new AbortController().signal,
    stdin: {
      isTTY: false,
      read: () => Promise.reject(new Error('the demo asks nothing')),
      chunks: async function* () {},
    },
    stdout: stream((text) => {
      stdout += text;
    }),
    stderr: stream((text) => {
      stderr += text;
    }),
    stores: {
      native: async (place) => (await import('../../src/git/native/store.ts')).openNativeStore(place),
      embedded: async (place) => (await import('../../src/git/embedded/store.ts')).openEmbeddedStore(place),
    },
  });
  return { code, stdout, stderr };
}

/** A user whose own configuration and environment would break every step, were they heard. */
async function unkind({ dir, env }: Sandbox): Promise<Record<string, string>> {
  const hooks = join(dir, 'hooks');
  await mkdir(hooks);
  for (const name of ['pre-commit', 'reference-transaction', 'post-checkout']) {
    await writeFile(join(hooks, name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  }
  await mkdir(join(dir, '.config/git'), { recursive: true });
  await writeFile(join(dir, '.config/git/ignore'), '*.yml\n');
  await writeFile(
    join(dir, '.gitconfig'),
    `[user]\n\tname = Nobody\n\temail = nobody@nowhere.example\n\tsigningKey = /nowhere\n[commit]\n\tgpgSign = true\n[tag]\n\tgpgSign = true\n[core]\n\thooksPath = ${hooks}\n\tautocrlf = true\n[init]\n\tdefaultBranch = trunk\n`,
  );
  return {
    ...env,
    GIT_DIR: '/nowhere/.git',
    GIT_AUTHOR_NAME: 'Nobody',
    GIT_AUTHOR_DATE: '@1 +0000',
    PROMPTAUDIT_ROOT: `sha256:${'00'.repeat(32)}`,
  };
}

/** Everything in a folder but what is below `leftOut`, with the time of its last change. */
async function filesOf(dir: string, leftOut: string): Promise<readonly string[]> {
  const names = (await readdir(dir, { recursive: true })).filter(
    (name) => !`${name}/`.startsWith(`${leftOut}/`),
  );
  return Promise.all(names.sort().map(async (name) => `${name} ${(await stat(join(dir, name))).mtimeMs}`));
}

interface Demo {
  readonly box: Sandbox;
  readonly folder: string;
  readonly told: Told;
  readonly before: readonly string[];
}

async function demoBy(adapter: Adapter): Promise<Demo> {
  const box = await createSandbox();
  const env = await unkind(box);
  const PATH = adapter === 'embedded' ? join(box.dir, 'empty') : (env.PATH ?? '');
  const before = await filesOf(box.dir, 'demo');
  const told = await cli({ ...env, PATH }, box.dir, ['--git', adapter, 'demo', 'demo']);
  return { box, folder: join(box.dir, 'demo'), told, before };
}

/** Which versions of clinical-intake were live, from the story by hand: `staging`, `production`. */
const LIVE: readonly (readonly [string, number | undefined, number | undefined])[] = [
  ['2026-11-02T09:44:59Z', undefined, undefined],
  ['2026-11-02T09:45:00Z', 3, undefined],
  ['2026-11-03T13:29:59Z', 3, undefined],
  ['2026-11-03T13:30:00Z', 3, 3],
  ['2026-11-07T10:00:00Z', 8, 3],
  ['2026-11-08T10:00:00Z', 8, 8],
  ['2026-11-12T13:14:59Z', 10, 8],
  ['2026-11-12T13:15:00Z', 10, 10],
  ['2026-11-15T13:00:00Z', 11, 11],
  ['2026-11-17', 11, 11],
  ['2026-11-19T16:29:59Z', 11, 11],
  ['2026-11-19T16:30:00Z', 11, 10],
  ['2026-11-19T18:40:00Z', 11, 12],
  ['2026-11-20T09:40:00Z', 12, 12],
];

let demos: Readonly<Record<Adapter, Demo>>;

beforeAll(async () => {
  const [native, embedded] = await Promise.all([demoBy('native'), demoBy('embedded')]);
  demos = { native, embedded };
});
afterAll(() => Promise.all(ADAPTERS.map((adapter) => demos[adapter].box.remove())));

describe.each(ADAPTERS)('the demo by the %s adapter', (adapter) => {
  let demo: Demo;

  beforeAll(() => {
    demo = demos[adapter];
  });

  const git = (...args: readonly string[]) => demo.box.git(args, { cwd: join(demo.folder, 'repo') });
  const json = async <T>(repo: string, ...args: readonly string[]): Promise<T> =>
    JSON.parse((await cli(demo.box.env, join(demo.folder, repo), ['--json', ...args])).stdout);
  const active = async (environment: string, ...args: readonly string[]) => {
    const document = await json<ActiveDocument>('repo', 'active', '-e', environment, ...args);
    return document.active.find(({ prompt }) => prompt === 'clinical-intake');
  };

  test('goes as the story has it, and touches nothing outside its folder', async () => {
    const { told, box, before, folder } = demo;
    expect(told.stderr).toBe('');
    expect(told.code).toBe(0);
    expect(await filesOf(box.dir, 'demo')).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(['README.md', 'people', 'repo', 'tampered']);
  });

  test('shows commands and answers at 80 columns', () => {
    const { stdout } = demo.told;
    expect(stdout).toContain(
      '\nada$ promptaudit init --name acme-clinical --environments staging,production\n',
    );
    expect(stdout).toContain(
      '\ndan$ promptaudit approve clinical-intake@11 -m "Gentler, as asked"\nrefused: ',
    );
    expect(stdout).toContain('    approval/self\n(exit code 1)\n');
    expect(stdout).toContain('    deployment/unapproved\n(exit code 1)\n');
    expect(stdout).toContain('[-to call emergency services');
    expect(stdout).toContain(
      '\nbob$ promptaudit review clinical-intake\nclinical-intake v12  compared with v10\n',
    );
    // What git says is as wide as git makes it.
    const wide = stdout
      .split('\n')
      .filter((line) => visibleWidth(line) > 80 && !line.startsWith('Deleted tag'));
    expect(wide).toEqual([]);
  });

  test('leaves a repository in which git finds every object sound and every signature good', async () => {
    expect(await git('fsck', '--strict', '--no-progress')).toBe('');
    expect(await git('status', '--porcelain')).toBe('');
    const versions = (await git('rev-list', 'main')).trim().split('\n');
    const events = (await git('rev-list', '--first-parent', LEDGER)).trim().split('\n');
    const tags = (await git('tag', '--list')).trim().split('\n');
    expect([versions.length, events.length, tags.length]).toEqual([16, 41, 11]);
    const cwd = join(demo.folder, 'repo');
    const { env } = demo.box;
    const commits = await run('git', ['verify-commit', ...versions, ...events], { cwd, env });
    expect(commits.code).toBe(0);
    expect(commits.stderr.match(/^Good "git" signature for /gm)).toHaveLength(16 + 41);
    const approvals = await run('git', ['verify-tag', ...tags], { cwd, env });
    expect(approvals.code).toBe(0);
    expect(approvals.stderr.match(/^Good "git" signature for /gm)).toHaveLength(11);
  });

  test('is told by git log alone', async () => {
    const notes = await git('log', '--notes=promptaudit', 'main');
    expect(notes.match(/^Notes \(promptaudit\):$/gm)).toHaveLength(16);
    expect(notes).toContain('deploy clinical-intake v11 to production');
    const trail = await git('log', '--first-parent', '--show-signature', LEDGER);
    expect(trail.match(/^Good "git" signature/gm)).toHaveLength(41);
    expect(trail).toContain('roll back clinical-intake to v10 in production');
  });

  test('verifies', async () => {
    const { ok, counts, findings } = await json<VerifyDocument>('repo', 'verify');
    expect({ ok, counts, findings }).toEqual({
      ok: true,
      counts: { events: 41, signatures: 41 + 16 + 11, versions: 14, approvals: 11, deployments: 13 },
      findings: [],
    });
  });

  test('has in the tampered clone what Mallory did, and nothing else', async () => {
    const { ok, findings } = await json<VerifyDocument>('tampered', 'verify');
    expect(ok).toBe(false);
    expect(findings.map(({ code, sequence }) => `${code} ${sequence}`).sort()).toEqual([
      'approval/tag-missing 34',
      'ledger/malformed 42',
      'ledger/tree 42',
      'signature/missing 42',
    ]);
    const erased = findings.find(({ code }) => code === 'approval/tag-missing');
    expect(erased?.ref).toBe('refs/tags/promptaudit/clinical-intake/v11/approved/carol@acme.example');
    const cwd = join(demo.folder, 'tampered');
    const [forger, note] = await Promise.all([
      demo.box.git(['log', '-1', '--format=%ae', LEDGER], { cwd }),
      demo.box.git(['notes', '--ref=promptaudit', 'show', 'main~1'], { cwd }),
    ]);
    expect([forger, note]).toEqual([
      'dee@acme.example\n',
      'v11 was withdrawn in review and never reached production.\n',
    ]);
  });

  test('holds the bytes of the example, by the digests that sha256sum gives', async () => {
    for (let version = 1; version <= 12; version += 1) {
      const { commit, path, contentDigest } = await json<ShowDocument>(
        'repo',
        'show',
        `clinical-intake@${version}`,
      );
      const blob = await git('cat-file', 'blob', `${commit}:${path}`);
      const file = join(EXAMPLE, 'history/clinical-intake', `${String(version).padStart(2, '0')}.yml`);
      expect(blob).toBe(await readFile(file, 'utf8'));
      const sum = await demo.box.ok('sha256sum', [], { input: blob });
      expect(`sha256:${sum.split(' ')[0]}`).toBe(contentDigest);
    }
  });

  test.each(LIVE)('knows what was live at %s', async (at, staging, production) => {
    expect([
      (await active('staging', '--at', at))?.version,
      (await active('production', '--at', at))?.version,
    ]).toEqual([staging, production]);
  });

  test('knows who put it live, and who allowed it', async () => {
    expect(await active('production', '--at', '2026-11-17')).toMatchObject({
      version: 11,
      deployedBy: 'dee@acme.example',
      approvedBy: ['bob@acme.example', 'carol@acme.example'],
    });
    expect(await active('production')).toMatchObject({
      version: 12,
      deployedBy: 'ada@acme.example',
      approvedBy: ['bob@acme.example', 'carol@acme.example'],
    });
    const { events } = await json<LogDocument>('repo', 'log', '--event', 'version', '--reverse');
    const authors = [
      'ada',
      'ada',
      'alice',
      'dan',
      'alice',
      'alice',
      'dan',
      'dan',
      'alice',
      'alice',
      'dan',
      'alice',
      'dan',
      'alice',
    ];
    expect(events.map(({ actor }) => actor?.principal)).toEqual(authors.map((who) => `${who}@acme.example`));
  });

  test('gives everybody a key that ssh-keygen reads, and a file that makes a shell theirs', async () => {
    const people = join(demo.folder, 'people');
    const keys = (await readdir(people)).filter((name) => name.endsWith('.key'));
    expect(keys.sort()).toEqual(
      ['ada', 'alice', 'bob', 'carol', 'dan', 'dee', 'deploy-bot'].map((who) => `${who}.key`),
    );
    for (const key of keys) {
      expect((await stat(join(people, key))).mode & 0o777).toBe(0o600);
      const derived = await demo.box.ok('ssh-keygen', ['-y', '-f', join(people, key)]);
      expect(derived).toBe(await readFile(join(people, `${key}.pub`), 'utf8'));
    }
    const said = await demo.box.ok(
      'sh',
      ['-c', '. ./people/alice.sh; git var GIT_AUTHOR_IDENT; echo $PROMPTAUDIT_SIGNING_KEY'],
      {
        cwd: demo.folder,
      },
    );
    expect(said).toMatch(/^Alice Ng <alice@acme\.example> \d+ \+0000\n/);
    expect(said.split('\n')[1]).toBe(join(people, 'alice.key'));
  });
});

test('gives the same repository with git and without', async () => {
  const [native, embedded] = await Promise.all(
    ADAPTERS.map((adapter) =>
      demos[adapter].box.git(['for-each-ref'], { cwd: join(demos[adapter].folder, 'repo') }),
    ),
  );
  expect(native).toContain(LEDGER);
  expect(embedded).toBe(native);
});

test('runs as installed, and lists its commands as one document', async () => {
  const box = await sandbox();
  const done = await run(process.execPath, [builtBin(), '--json', 'demo'], {
    cwd: box.dir,
    env: await unkind(box),
  });
  expect(done.stderr).toBe('');
  expect(done.code).toBe(0);
  const { schema, folder, commands }: DemoDocument = JSON.parse(done.stdout.toString());
  expect([schema, folder]).toEqual(['promptaudit/demo@1', join(box.dir, 'promptaudit-demo')]);
  expect(commands).toHaveLength(55);
  expect(commands[0]).toEqual({ who: 'ada', command: 'git init -q -b main repo', exit: 0 });
  expect(commands.filter(({ exit }) => exit !== 0)).toEqual([
    { who: 'dee', command: 'promptaudit deploy clinical-intake@3 -e production', exit: 1 },
    { who: 'dan', command: 'promptaudit approve clinical-intake@11 -m "Gentler, as asked"', exit: 1 },
    { who: 'dee', command: 'promptaudit diff clinical-intake 10 11', exit: 1 },
    { who: 'auditor', command: 'promptaudit -C tampered verify', exit: 1 },
  ]);
});

interface DemoDocument {
  readonly schema: string;
  readonly folder: string;
  readonly commands: readonly { readonly who: string; readonly command: string; readonly exit: number }[];
}

test('leaves a folder that is not empty alone, and what is no folder', async () => {
  const { dir, env } = await sandbox();
  await mkdir(join(dir, 'taken'));
  await writeFile(join(dir, 'taken/mine'), 'mine');
  const before = await filesOf(dir, '');
  expect(await cli(env, dir, ['demo', 'taken'])).toEqual({
    code: 2,
    stdout: '',
    stderr: `promptaudit: ${dir}/taken is not empty: name a new folder, or delete it first\n`,
  });
  expect(await cli(env, dir, ['demo', 'taken/mine'])).toEqual({
    code: 2,
    stdout: '',
    stderr: `promptaudit: ${dir}/taken/mine is not a folder: name a new one\n`,
  });
  expect(await filesOf(dir, '')).toEqual(before);
});

test('ends at the command that does not end as the story has it', async () => {
  const box = await sandbox();
  const real = (await box.ok('sh', ['-c', 'command -v git'])).trim();
  const bin = join(box.dir, 'bin');
  await mkdir(bin);
  await symlink(real, join(bin, 'real-git'));
  await writeFile(
    join(bin, 'git'),
    `#!/bin/sh\n[ "$1" = init ] && { echo no room >&2; exit 3; }\nexec real-git "$@"\n`,
  );
  await chmod(join(bin, 'git'), 0o755);
  const before = await filesOf(box.dir, 'demo');
  const { code, stderr } = await cli({ ...box.env, PATH: `${bin}:${box.env.PATH}` }, box.dir, [
    '--quiet',
    'demo',
    'demo',
  ]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    `promptaudit: the demo went wrong: git init -q -b main repo, by ada, ended with 3 and not 0, and said "no room\\n"; ${box.dir}/demo is left for a look, and can be deleted\n`,
  );
  expect(await filesOf(box.dir, 'demo')).toEqual(before);
});
