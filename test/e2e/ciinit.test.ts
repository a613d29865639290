import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOf, foundForNative, type Hospital, policyOf, setPolicy } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Team } from '../helpers/team.ts';

const WORKFLOW = '.github/workflows/promptaudit.yml';
const PIPELINE = '.gitlab/promptaudit.gitlab-ci.yml';
const ENTRY = '.gitlab-ci.yml';

interface CiDocument {
  readonly schema: string;
  readonly files: readonly { readonly path: string; readonly state: string }[];
  readonly todo: readonly string[];
}

describe('promptaudit ci init', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundForNative(sandbox);
  });
  afterAll(() => sandbox.remove());

  const start = async (): Promise<Team> => {
    h = await copyOf(base);
    return h.team;
  };
  /** The exit code, and what became of each file. */
  const init = async (...args: readonly string[]) => {
    const { code, stdout } = await h.team.cli(undefined, ['--json', 'ci', 'init', ...args]);
    const { schema, files, todo }: CiDocument = JSON.parse(stdout);
    expect(schema).toBe('promptaudit/ci@1');
    return { code, files: Object.fromEntries(files.map(({ path, state }) => [path, state])), todo };
  };
  const read = (path: string) => readFile(join(h.team.repo, path), 'utf8');
  const isThere = (path: string) => read(path).then(Boolean, () => false);

  test.each(ADAPTERS)(
    'writes what is not there, and again only what changed, by the %s adapter',
    async (adapter) => {
      const team = await start();
      h = { ...h, team: team.through(adapter) };
      expect(await init('github')).toMatchObject({ code: 0, files: { [WORKFLOW]: 'written' } });
      const first = await read(WORKFLOW);
      const again = await init('github');
      expect(again).toMatchObject({ code: 0, files: { [WORKFLOW]: 'unchanged' } });
      expect(again.todo[0]).toBe(`commit ${WORKFLOW}`);
      expect(await init('github', '-e', 'staging')).toMatchObject({
        code: 0,
        files: { [WORKFLOW]: 'renewed' },
      });
      expect(
        (await read(WORKFLOW)).replace(/^.*\n/, '').replace('default: "staging"', 'default: "production"'),
      ).toBe(first.replace(/^.*\n/, ''));
      expect(await team.git('status', '--porcelain', '-uall')).toBe(`?? ${WORKFLOW}`);
      await team.git('add', WORKFLOW);
      await team.git('commit', '-q', '-m', 'Verify in CI');
      expect((await init('github', '--env', 'staging')).todo.join('\n')).not.toContain('commit .github');
      await team.write(WORKFLOW, first);
      expect((await init('github')).todo[0]).toBe(`commit ${WORKFLOW}`);
    },
  );

  test('leaves alone what somebody changed, until it is told otherwise', async () => {
    await start();
    await init('github');
    const first = await read(WORKFLOW);
    const theirs = first.replace('timeout-minutes: 30', 'timeout-minutes: 5');
    await h.team.write(WORKFLOW, theirs);
    expect(await init('github')).toEqual({ code: 1, files: { [WORKFLOW]: 'kept' }, todo: [] });
    expect(await read(WORKFLOW)).toBe(theirs);
    const { code, stdout } = await h.team.cli(undefined, ['ci', 'init', 'github']);
    expect([code, stdout.replace(/\s+/g, ' ')]).toEqual([
      1,
      `left ${WORKFLOW} alone: it is not what promptaudit wrote; --force writes over it `,
    ]);
    expect(await init('github', '--force', '--dry-run')).toMatchObject({ files: { [WORKFLOW]: 'renewed' } });
    expect(await read(WORKFLOW)).toBe(theirs);
    expect(await init('github', '--force')).toMatchObject({ code: 0, files: { [WORKFLOW]: 'renewed' } });
    expect(await read(WORKFLOW)).toBe(first);
  });

  test('writes nothing of GitLab’s where the pipeline is somebody else’s', async () => {
    await start();
    await h.team.write(PIPELINE, 'mine: {}\n');
    expect(await init('gitlab')).toMatchObject({ code: 1, files: { [PIPELINE]: 'kept' } });
    expect(await isThere(ENTRY)).toBe(false);
  });

  test('adds to a repository’s own GitLab pipeline by saying what to add', async () => {
    await start();
    expect(await init('gitlab', '--dry-run')).toMatchObject({
      code: 0,
      files: { [PIPELINE]: 'written', [ENTRY]: 'written' },
    });
    expect(await isThere(PIPELINE)).toBe(false);
    const theirs = 'stages: [build, deploy]\n';
    await h.team.write(ENTRY, theirs);
    const { code, stdout } = await h.team.cli(undefined, ['ci', 'init', 'gitlab']);
    expect(code).toBe(0);
    expect(stdout).toContain(`left ${ENTRY} alone: add to it\n\n    include:\n      - local: ${PIPELINE}\n`);
    expect(stdout).toContain(`1. add to the stages of ${ENTRY}: test\n2. commit ${PIPELINE}\n`);
    expect(await init('gitlab', '--force')).toMatchObject({
      code: 0,
      files: { [PIPELINE]: 'unchanged', [ENTRY]: 'lacking' },
    });
    expect(await read(ENTRY)).toBe(theirs);
    await h.team.write(ENTRY, `include: /${PIPELINE}\n`);
    expect(await init('gitlab')).toMatchObject({ files: { [ENTRY]: 'unchanged' } });
  });

  test('pins this registry, this version and the service that deploys', async () => {
    const team = await start();
    const genesis = await team.git('rev-list', '--first-parent', '--max-parents=0', 'refs/notes/promptaudit');
    const root = await sandbox.ok('sh', ['-c', `git cat-file commit ${genesis} | sha256sum`], {
      cwd: team.repo,
    });
    const { todo } = await init('github');
    const unlisted = await read(WORKFLOW);
    expect(unlisted).toContain(`PROMPTAUDIT_ROOT: sha256:${root.slice(0, 64)}\n`);
    expect(unlisted).toContain('GIT_AUTHOR_EMAIL: "deploy-bot@acme.example"');
    expect(todo.join('\n')).toContain(
      "policy add deploy-bot@acme.example --name 'Deploy pipeline' --kind service --role deployer",
    );
    expect(todo.join('\n')).toContain('ledgerBranch: promptaudit-ledger');

    const robot = await team.person('Robot');
    const policy = policyOf(h);
    const service = (name: string, ...keys: (string | { key: string; revokedFrom: number })[]) => ({
      name,
      kind: 'service',
      roles: ['deployer'],
      keys,
    });
    const old = (await team.person('Old')).publicKey;
    const mirrored = {
      ...policy,
      ledgerBranch: 'audit-ledger',
      principals: {
        ...policy.principals,
        'none@acme.example': service('Keyless'),
        'old@acme.example': service('Old robot', { key: old, revokedFrom: 3 }),
        'robot@acme.example': service('Robot', robot.publicKey),
      },
    };
    await setPolicy(h, mirrored);
    const listed = await init('github');
    expect(listed.files).toEqual({ [WORKFLOW]: 'renewed' });
    expect(await read(WORKFLOW)).toContain('GIT_AUTHOR_EMAIL: "robot@acme.example"');
    expect(listed.todo.join('\n')).not.toMatch(/policy add|ledgerBranch:/);
    expect(listed.todo.at(-1)).toContain('the branches main and audit-ledger');
  });

  test('has no deployment where the policy has no environment', async () => {
    await start();
    await setPolicy(h, policyOf(h, { environments: {}, rules: [] }));
    expect((await init('github')).todo.join('\n')).not.toContain('PROMPTAUDIT_SIGNING_KEY_FILE');
    expect(await read(WORKFLOW)).not.toMatch(/workflow_dispatch|DEPLOY_|promptaudit\S* deploy/);
  });

  test.each([
    [['bitbucket'], 'is none of github, gitlab'],
    [[], 'ci init needs <host>'],
    [['github', '--env', 'prodution'], 'the policy has no environment "prodution": did you mean production?'],
  ])('is told what is wrong with %j', async (args, says) => {
    const team = await start();
    const [code, said] = await team.told(undefined, ['ci', 'init', ...args]);
    expect(code).toBe(2);
    expect(said).toContain(says);
  });

  test('cannot write into a bare repository, a link, or where there is no registry', async () => {
    const team = await start();
    const bare = join(sandbox.dir, 'bare.git');
    await sandbox.git(['clone', '-q', '--mirror', team.repo, bare]);
    const inBare = await team.told(undefined, ['ci', 'init', 'github'], { cwd: bare });
    expect(inBare).toEqual([2, expect.stringContaining('this repository is bare')]);
    await mkdir(join(team.repo, '.github/workflows'), { recursive: true });
    await writeFile(join(sandbox.dir, 'outside'), 'outside');
    await symlink(join(sandbox.dir, 'outside'), join(team.repo, WORKFLOW));
    const [code, said] = await team.told(undefined, ['ci', 'init', 'github', '--force']);
    expect([code, said]).toEqual([2, expect.stringContaining('it is a symbolic link')]);
    expect(await readFile(join(sandbox.dir, 'outside'), 'utf8')).toBe('outside');
    await team.git('update-ref', '-d', 'refs/notes/promptaudit');
    expect((await team.told(undefined, ['ci', 'init', 'github']))[0]).not.toBe(0);
  });

  test('keeps to 80 columns but for what cannot be broken', async () => {
    await start();
    for (const host of ['github', 'gitlab']) {
      const { stdout } = await h.team.cli(undefined, ['ci', 'init', host]);
      const isCommand = (line: string) => /^ {3}promptaudit /.test(line);
      for (const line of stdout.split('\n'))
        if (!isCommand(line)) expect(line.length).toBeLessThanOrEqual(80);
    }
  });
});
