import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { run, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { Team } from '../helpers/team.ts';

/** A clone and the bare repository that it pushes to, neither of them a registry; hooks that were there write down what they were told. */
let box: Sandbox;
let team: Team;
let server: Team;

beforeEach(async () => {
  box = await sandbox();
  team = new Team(box, 'native', join(box.dir, `it's "here"`));
  server = new Team(box, 'native', join(box.dir, 'server.git'));
  await team.initRepository();
  await server.initRepository('--bare');
  await team.git('config', 'maintenance.auto', 'false');
  await team.git('remote', 'add', 'origin', `file://${server.repo}`);
  await team.write('a.txt', 'one\n');
  await team.git('add', '-A');
});

/** Appends what it is told to `told.txt` beside the repositories, and ends with `code`. */
async function putHook(file: string, code = 0): Promise<void> {
  const told = join(box.dir, 'told.txt');
  const lines = [
    '#!/bin/sh',
    `{ echo "$(basename "$0")" "$#" "$@"; pwd; echo "dir=$GIT_DIR"; cat; } >>'${told}'`,
    'echo said by the one before >&2',
    `exit ${code}`,
  ];
  await writeFile(file, lines.join('\n'));
  await chmod(file, 0o755);
}

const told = () => readFile(join(box.dir, 'told.txt'), 'utf8').catch(() => '');
const git = (...args: readonly string[]) => run('git', args, { cwd: team.repo, env: { ...box.env, ...WHO } });
const WHO = {
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@acme.example',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@acme.example',
};

describe('a hook that was there before', () => {
  it('is run first, with what git gave, and ours has it too', async () => {
    await putHook(join(team.repo, '.git/hooks/pre-push'));
    await putHook(join(server.repo, 'hooks/pre-receive'));
    const oid = await commit();
    const zero = '0'.repeat(40);
    const alone = (await git('push', 'origin', 'main')) && (await told());
    await server.git('update-ref', '-d', 'refs/heads/main');
    await writeFile(join(box.dir, 'told.txt'), '');
    await team.ok(undefined, ['hook', 'install']);
    await server.ok(undefined, ['hook', 'install']);
    const pushed = await git('push', 'origin', 'main');
    expect([pushed.code, pushed.stderr.match(/said by the one before/g)?.length]).toEqual([0, 2]);
    // Only the name that it goes by is another.
    expect((await told()).replaceAll('.before-promptaudit', '')).toBe(alone);
    expect(alone).toContain(`refs/heads/main ${oid} refs/heads/main ${zero}\n`);
    expect(alone).toContain(`${zero} ${oid} refs/heads/main\n`);
    const replaced = await git('push', 'origin', `main:refs/replace/${oid}`);
    expect(replaced.code).toBe(1);
    expect(replaced.stderr).toMatch(/said by the one before\npromptaudit refuses this push:\n/);
  });

  it('has the last word when it refuses', async () => {
    await commit();
    await putHook(join(team.repo, '.git/hooks/pre-push'), 7);
    await team.ok(undefined, ['hook', 'install']);
    const kept = join(team.repo, '.git/hooks/pre-push.before-promptaudit');
    const pushed = await git('push', 'origin', 'main');
    expect(pushed.code).toBe(1);
    expect(pushed.stderr).toContain(`said by the one before\npromptaudit: the hook ${kept} refused\n`);
    await chmod(kept, 0o644);
    expect((await git('push', 'origin', 'main')).code).toBe(0);
  });

  it('of a commit has the terminal, and a shell runs it where it does not say what should', async () => {
    const file = join(team.repo, '.git/hooks/pre-commit');
    await writeFile(file, 'echo without a first line >&2; test "$#" = 0');
    await chmod(file, 0o755);
    await team.ok(undefined, ['hook', 'install']);
    const committed = await git('commit', '-m', 'One');
    expect([committed.code, committed.stderr]).toEqual([0, 'without a first line\n']);
  });

  it('may leave unread what it is told', async () => {
    await commit();
    const file = join(server.repo, 'hooks/pre-receive');
    await writeFile(file, '#!/bin/sh\nexit 0\n');
    await chmod(file, 0o755);
    await server.ok(undefined, ['hook', 'install']);
    const refs = Array.from({ length: 1000 }, (_, number) => `main:refs/heads/branch-${number}`);
    expect((await git('push', '-q', 'origin', ...refs)).code).toBe(0);
    expect((await server.git('for-each-ref')).split('\n')).toHaveLength(1000);
  });
});

describe('hook run', () => {
  it.each([
    [['post-commit'], '"post-commit" is none of pre-commit, pre-push, pre-receive: did you mean pre-commit?'],
    [['pre-receive'], 'standard input has "nonsense" where a line <old oid> <new oid> <ref> should be'],
    [
      ['pre-push', 'origin'],
      'standard input has "nonsense" where a line <local ref> <local oid> <remote ref> <remote oid> should be',
    ],
  ])('%j says what is wrong with it', async (args, says) => {
    expect(await team.told(undefined, ['hook', 'run', ...args], { stdin: 'nonsense\n' })).toEqual([
      2,
      `promptaudit: ${says}`,
    ]);
  });

  it('answers with a document', async () => {
    const oid = await commit();
    const stdin = `HEAD^{/a b} ${oid} refs/replace/${oid} ${'0'.repeat(40)}\n`;
    const { code, stdout } = await team.cli(undefined, ['--json', 'hook', 'run', 'pre-push', 'x'], { stdin });
    const document: { findings: { code: string }[] } = JSON.parse(stdout);
    expect(code).toBe(1);
    expect(document).toMatchObject({ schema: 'promptaudit/hook@1', hook: 'pre-push', ok: false });
    expect(document.findings.map((found) => found.code)).toEqual(['repo/replace']);
  });
});

async function commit(): Promise<string> {
  await team.git('commit', '-q', '--no-verify', '-m', 'One');
  return team.git('rev-parse', 'HEAD');
}
