import { chmod, lstat, mkdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hookScript } from '../../src/hooks/script.ts';
import { builtBin } from '../helpers/built.ts';
import { run, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Adapter, Team } from '../helpers/team.ts';

const MINE = '#!/bin/sh\necho mine\n';

interface HooksDocument {
  readonly schema: string;
  readonly action: string;
  readonly dryRun: boolean;
  readonly root: string | null;
  readonly hooks: readonly { hook: string; file: string; state: string; before: string | null }[];
}

async function repository(
  box: Sandbox,
  adapter: Adapter = 'native',
  ...init: readonly string[]
): Promise<Team> {
  const team = new Team(box, adapter, join(box.dir, 'repo'));
  await team.initRepository('--template=', ...init);
  return team;
}

/** `pre-push installed`, a hook. */
const states = ({ hooks }: HooksDocument) => hooks.map(({ hook, state }) => `${hook} ${state}`);
const install = (team: Team, ...args: readonly string[]) =>
  team.json<HooksDocument>(undefined, ['hook', 'install', ...args]);
const uninstall = (team: Team, ...args: readonly string[]) =>
  team.json<HooksDocument>(undefined, ['hook', 'uninstall', ...args]);

async function putHook(file: string, text: string, mode = 0o755): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
}

/** The permissions and content of a file. */
async function look(file: string): Promise<readonly [string, string]> {
  return [((await stat(file)).mode & 0o7777).toString(8), await readFile(file, 'utf8')];
}

const exists = (file: string) =>
  lstat(file).then(
    () => true,
    () => false,
  );

describe.each(ADAPTERS)('hook install (%s)', (adapter) => {
  it('puts two hooks into a repository with a working tree, and says so', async () => {
    const team = await repository(await sandbox(), adapter);
    const hooks = join(team.repo, '.git/hooks');
    expect(await team.ok(undefined, ['hook', 'install', '--dry-run'])).toBe(
      `pre-commit would be installed: ${hooks}/pre-commit\npre-push would be installed: ${hooks}/pre-push\n`,
    );
    expect(await exists(hooks)).toBe(false);
    expect(await install(team)).toEqual({
      schema: 'promptaudit/hooks@1',
      action: 'install',
      dryRun: false,
      root: null,
      hooks: ['pre-commit', 'pre-push'].map((hook) => {
        return { hook, file: join(hooks, hook), state: 'installed', before: null };
      }),
    });
    const [mode, text] = await look(join(hooks, 'pre-push'));
    expect(mode).toMatch(/^7[0-7]5$/);
    expect(text).toBe(hookScript('pre-push', { node: process.execPath, script: builtBin() }));
  });

  it('changes nothing when it is done again, and brings an old script of ours up to date', async () => {
    const team = await repository(await sandbox(), adapter);
    await install(team);
    const file = join(team.repo, '.git/hooks/pre-push');
    const before = await lstat(file);
    expect(states(await install(team))).toEqual(['pre-commit unchanged', 'pre-push unchanged']);
    expect((await lstat(file)).ino).toBe(before.ino);
    const current = await readFile(file, 'utf8');
    await putHook(file, hookScript('pre-push', { node: '/old/node', script: '/old/promptaudit' }));
    await chmod(join(team.repo, '.git/hooks/pre-commit'), 0o644);
    expect(states(await install(team))).toEqual(['pre-commit rewritten', 'pre-push rewritten']);
    expect(await readFile(file, 'utf8')).toBe(current);
    expect(await exists(`${file}.before-promptaudit`)).toBe(false);
  });

  it('keeps a hook that is there, and uninstall puts it back byte for byte with its mode', async () => {
    const team = await repository(await sandbox(), adapter);
    const hooks = join(team.repo, '.git/hooks');
    await putHook(join(hooks, 'pre-push'), `${MINE}\xff`, 0o700);
    await putHook(join(hooks, 'pre-commit'), 'not run by git', 0o644);
    const before = await Promise.all([look(join(hooks, 'pre-push')), look(join(hooks, 'pre-commit'))]);
    const { hooks: installed } = await install(team);
    expect(installed.map(({ before }) => before)).toEqual(
      ['pre-commit', 'pre-push'].map((hook) => join(hooks, `${hook}.before-promptaudit`)),
    );
    expect(await look(join(hooks, 'pre-push.before-promptaudit'))).toEqual(before[0]);
    expect(states(await install(team))).toEqual(['pre-commit unchanged', 'pre-push unchanged']);
    expect(states(await uninstall(team, '--dry-run'))).toEqual(['pre-commit removed', 'pre-push removed']);
    expect(states(await install(team))).toEqual(['pre-commit unchanged', 'pre-push unchanged']);
    expect(states(await uninstall(team))).toEqual(['pre-commit removed', 'pre-push removed']);
    expect(await Promise.all([look(join(hooks, 'pre-push')), look(join(hooks, 'pre-commit'))])).toEqual(
      before,
    );
    expect(await team.sandbox.ok('ls', [hooks])).toBe('pre-commit\npre-push\n');
  });

  it.each(['../shared/hook', 'nowhere'])('keeps a hook that is a symbolic link to %s', async (target) => {
    const team = await repository(await sandbox(), adapter);
    await putHook(join(team.repo, '.git/shared/hook'), MINE);
    const file = join(team.repo, '.git/hooks/pre-push');
    await mkdir(join(file, '..'));
    await symlink(target, file);
    await install(team);
    expect((await lstat(file)).isFile()).toBe(true);
    expect(await readFile(join(team.repo, '.git/shared/hook'), 'utf8')).toBe(MINE);
    await uninstall(team);
    expect(await readlink(file)).toBe(target);
  });

  it('says what is not installed, and leaves alone what is not its own', async () => {
    const team = await repository(await sandbox(), adapter);
    const file = join(team.repo, '.git/hooks/pre-push');
    const kept = `${file}.before-promptaudit`;
    expect(await team.told(undefined, ['hook', 'uninstall'])).toEqual([
      1,
      'refused: no pre-commit or pre-push hook of promptaudit is installed here',
    ]);
    await putHook(file, MINE);
    await install(team);
    await putHook(file, '#!/bin/sh\necho another\n');
    const { code, stdout } = await team.cli(undefined, ['hook', 'uninstall']);
    expect([code, stdout]).toEqual([
      1,
      `pre-commit is taken out: ${join(file, '../pre-commit')}\n` +
        `pre-push is somebody else's and was left alone: ${file}\n` +
        `  the hook from before promptaudit is ${kept}: put it back by hand\n`,
    ]);
    expect(await readFile(file, 'utf8')).toBe('#!/bin/sh\necho another\n');
    expect(await readFile(kept, 'utf8')).toBe(MINE);
    expect(await team.told(undefined, ['hook', 'install'])).toEqual([
      2,
      `promptaudit: ${file} is not promptaudit's, and ${kept} is a hook that was there before: keep what you need of the two in ${file}, and remove the other`,
    ]);
    await rm(file);
    expect(states(await uninstall(team))).toEqual(['pre-commit removed', 'pre-push removed']);
    expect(await readFile(file, 'utf8')).toBe(MINE);
  });

  it('takes a script of ours that somebody changed for theirs', async () => {
    const team = await repository(await sandbox(), adapter);
    await install(team);
    const file = join(team.repo, '.git/hooks/pre-push');
    const changed = (await readFile(file, 'utf8')).replace("script='", "echo first\nscript='");
    await putHook(file, changed);
    expect(states(await install(team))).toEqual(['pre-commit unchanged', 'pre-push installed']);
    expect(await readFile(`${file}.before-promptaudit`, 'utf8')).toBe(changed);
  });

  it('goes where git looks: core.hooksPath, from a linked worktree too', async () => {
    const box = await sandbox();
    const team = await repository(box, adapter);
    await team.git('commit', '-q', '--allow-empty', '-m', 'One');
    await team.git('worktree', 'add', '-q', '../linked');
    const linked = new Team(box, adapter, join(box.dir, 'linked'));
    expect((await install(linked)).hooks[0]?.file).toBe(join(team.repo, '.git/hooks/pre-commit'));
    await team.git('config', 'core.hooksPath', '.githooks');
    expect((await install(linked)).hooks[0]?.file).toBe(join(linked.repo, '.githooks/pre-commit'));
    const shared = join(box.dir, 'shared');
    await team.git('config', '--global', 'core.hooksPath', '~/shared');
    await team.git('config', '--unset', 'core.hooksPath');
    const { stdout, stderr } = await team.cli(undefined, ['hook', 'install']);
    expect(stdout).toContain(`pre-commit is installed: ${shared}/pre-commit\n`);
    expect(stderr).toBe(`core.hooksPath is ${shared}: every repository that names it has these hooks\n`);
    expect((await box.git(['rev-parse', '--git-path', 'hooks'], { cwd: team.repo })).trim()).toBe(shared);
  });

  it.each([
    ['', 'git looks for hooks in no folder: set core.hooksPath to a folder, or unset it'],
    ['/dev/null', 'git looks for hooks in /dev/null: set core.hooksPath to a folder, or unset it'],
    ['/proc/none', 'the hooks in /proc/none cannot be changed: there is no such file or folder'],
  ])('says in a sentence that it cannot write to %j', async (path, says) => {
    const team = await repository(await sandbox(), adapter);
    await team.git('config', 'core.hooksPath', path);
    expect(await team.told(undefined, ['hook', 'install'])).toEqual([2, `promptaudit: ${says}`]);
  });
});

it('puts one hook into a bare repository', async () => {
  const team = await repository(await sandbox(), 'native', '--bare');
  expect(await team.ok(undefined, ['hook', 'install'])).toBe(
    `pre-receive is installed: ${team.repo}/hooks/pre-receive\n`,
  );
  expect(await team.ok(undefined, ['hook', 'uninstall'])).toBe(
    `pre-receive is taken out: ${team.repo}/hooks/pre-receive\n`,
  );
});

describe('the script', () => {
  const ODD = `o'brien's "$HOME" \`x\` \\ *\n`;

  it('starts what installed it, whatever its path, with all that git gave', async () => {
    const box = await sandbox();
    const folder = join(box.dir, ODD);
    await mkdir(folder);
    const script = join(folder, 'tool.js');
    await writeFile(script, 'console.log(JSON.stringify(process.argv.slice(2)));process.exit(3)');
    const hook = join(folder, 'pre-push');
    await putHook(hook, hookScript('pre-push', { node: process.execPath, script }));
    const ran = await run(hook, ['origin', 'a b', '--json', ''], { cwd: box.dir, env: box.env });
    expect([ran.code, JSON.parse(ran.stdout.toString())]).toEqual([
      3,
      [
        'hook',
        'run',
        '--after',
        `${hook}.before-promptaudit`,
        'pre-push',
        '--',
        'origin',
        'a b',
        '--json',
        '',
      ],
    ]);
  });

  it('falls back to the PATH, and lets nothing past where there is no promptaudit', async () => {
    const box = await sandbox();
    const hook = join(box.dir, 'pre-receive');
    const program = { node: process.execPath, script: '/gone/promptaudit.js' };
    await putHook(hook, hookScript('pre-receive', program));
    const lost = await run(hook, [], { env: box.env });
    expect([lost.code, lost.stderr]).toEqual([
      1,
      `promptaudit: neither /gone/promptaudit.js nor promptaudit on the PATH can be run: install promptaudit again, or remove the hook ${hook}\n`,
    ]);
    await putHook(join(box.dir, 'bin/promptaudit'), '#!/bin/sh\nprintf "%s," "$@"\n');
    const found = await run(hook, [], { env: { ...box.env, PATH: `${box.dir}/bin:${box.env.PATH}` } });
    expect([found.code, found.stdout.toString()]).toEqual([
      0,
      `hook,run,--after,${hook}.before-promptaudit,pre-receive,--,`,
    ]);
  });
});
