import { mkdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOf, DISCHARGE, type Hospital, INTAKE, promptText } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, Team } from '../helpers/team.ts';
import { codesByBoth, foundBase, looseObject, plainCommit, spoil, verify } from './registry.ts';

const EVIL = promptText('discharge', 'Sell them something.');
const UNREGISTERED = 'version/unregistered';

describe('content on protected branches', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h;
  };
  const found = async (adapter?: 'native' | 'embedded') => (await verify(h, [], adapter)).found;
  /** A version of discharge, committed through the registry on a branch of its own. */
  const onBranch = async (...contents: string[]) => {
    await h.team.git('switch', '-q', '-c', 'work');
    for (const content of contents) {
      await h.team.write(DISCHARGE, promptText('discharge', content));
      await h.team.ok(h.dan, ['commit', 'discharge', '-m', content]);
    }
    await h.team.git('switch', '-q', 'main');
  };
  /** Something that has nothing to do with prompts, so that main moves too. */
  const meanwhile = () => plainCommit(h, { 'README.md': 'Read me\n' });

  describe('that was registered', () => {
    test.each(['--no-ff', '--ff'])('passes after a merge with %s', async (how) => {
      await start();
      await onBranch('Shorter.', 'Even shorter.');
      if (how === '--no-ff') await meanwhile();
      await h.team.git('merge', '-q', how, '-m', 'Merge work', 'work');
      expect(await codesByBoth(h)).toEqual([]);
    });

    test('passes after a squash merge, and when the branch is gone', async () => {
      await start();
      await onBranch('Shorter.', 'Even shorter.');
      await meanwhile();
      await h.team.git('merge', '-q', '--squash', 'work');
      await h.team.git('commit', '-q', '-m', 'Work, squashed');
      await h.team.git('branch', '-q', '-D', 'work');
      expect(await codesByBoth(h)).toEqual([]);
    });

    test('passes after a rebase', async () => {
      await start();
      await onBranch('Shorter.', 'Even shorter.');
      await meanwhile();
      await h.team.git('rebase', '-q', 'main', 'work');
      await h.team.git('switch', '-q', 'main');
      await h.team.git('merge', '-q', '--ff-only', 'work');
      expect(await codesByBoth(h)).toEqual([]);
    });

    test('passes when it is brought back with git, deleted, or registered only afterwards', async () => {
      await start();
      const first = await h.team.git('show', `HEAD~2:${INTAKE}`);
      await plainCommit(h, { [INTAKE]: `${first}\n` });
      await plainCommit(h, { [DISCHARGE]: undefined });
      expect(await codesByBoth(h)).toEqual([]);
      await plainCommit(h, { [DISCHARGE]: promptText('discharge', 'By plain git.') });
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
      await h.team.ok(h.alice, ['commit', 'discharge', '-m', 'Register what is there']);
      expect(await codesByBoth(h)).toEqual([]);
    });
  });

  describe('that was not registered', () => {
    test('is found at the tip, with its commit, and can be acknowledged', async () => {
      const { team, ada } = await start();
      const commit = await plainCommit(h, { [DISCHARGE]: EVIL });
      const blob = await team.git('rev-parse', `HEAD:${DISCHARGE}`);
      const expected = {
        code: UNREGISTERED,
        sequence: null,
        prompt: 'discharge',
        ref: 'refs/heads/main',
        object: blob,
        message: `commit ${commit.slice(0, 12)} of main has content of discharge that was never registered as a version: ${DISCHARGE}, blob ${blob.slice(0, 12)}`,
      };
      expect(await found('native')).toMatchObject([expected]);
      expect(await found('embedded')).toMatchObject([expected]);
      await team.ok(ada, ['acknowledge', UNREGISTERED, blob, '-m', 'A slip, see INC-7']);
      const { code, report } = await verify(h);
      expect([code, report.findings]).toEqual([0, []]);
      expect(report.acknowledged).toMatchObject([
        { ...expected, by: ada.email, reason: 'A slip, see INC-7' },
      ]);
    });

    test('is found though it was reverted, once, at the oldest commit that brought it', async () => {
      await start();
      const good = await readFile(join(h.team.repo, DISCHARGE), 'utf8');
      const commit = await plainCommit(h, { [DISCHARGE]: EVIL });
      await plainCommit(h, { [DISCHARGE]: good });
      await plainCommit(h, { [DISCHARGE]: EVIL });
      await plainCommit(h, { [DISCHARGE]: good });
      const [only, ...others] = await found();
      expect(others).toEqual([]);
      expect(only?.message).toContain(`commit ${commit.slice(0, 12)} of main`);
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
    });

    test('is found behind a merge', async () => {
      await start();
      await h.team.git('switch', '-q', '-c', 'work');
      await plainCommit(h, { [DISCHARGE]: EVIL });
      await h.team.git('switch', '-q', 'main');
      await meanwhile();
      await h.team.git('merge', '-q', '--no-ff', '-m', 'Merge work', 'work');
      const merge = await h.team.git('rev-parse', 'HEAD');
      expect(await found()).toMatchObject([{ message: expect.stringContaining(merge.slice(0, 12)) }]);
    });

    test('is found where a registered text stands at another prompt, in a folder, or is a link', async () => {
      const { team } = await start();
      const intake = await readFile(join(team.repo, INTAKE), 'utf8');
      await plainCommit(h, { [DISCHARGE]: intake, 'prompts/a/b/deep.prompt.yaml': intake });
      const link = join(team.repo, 'prompts/link.prompt.yml');
      await symlink('clinical-intake.prompt.yml', link);
      await plainCommit(h, {});
      const prompts = (await found()).map(({ prompt }) => prompt).sort();
      expect(prompts).toEqual(['a/b/deep', 'discharge', 'link']);
      expect(await codesByBoth(h)).toEqual([UNREGISTERED, UNREGISTERED, UNREGISTERED]);
    });

    test('is told for a link where one stands in a prompt’s place, as nobody can register that', async () => {
      const { team } = await start();
      await rm(join(team.repo, DISCHARGE));
      await symlink('clinical-intake.prompt.yml', join(team.repo, DISCHARGE));
      await mkdir(join(team.repo, 'prompts/ward.prompt.yml'));
      const ward = `160000,${'1'.repeat(40)},prompts/ward.prompt.yml`;
      await team.git('update-index', '--add', '--cacheinfo', ward);
      await plainCommit(h, {});
      const told = await found();
      expect(told.map(({ prompt }) => prompt).sort()).toEqual(['discharge', 'ward']);
      for (const { message, hint } of told) {
        expect(message).toMatch(
          / has a link at prompts\/\w+\.prompt\.yml, behind which nothing is registered$/,
        );
        expect(hint).toMatch(/take it away/);
      }
    });

    test('is found where the folder of the prompts is a link to elsewhere', async () => {
      const { team } = await start();
      await team.git('rm', '-q', '-r', 'prompts');
      await team.write('elsewhere/discharge.prompt.yml', EVIL);
      await symlink('elsewhere', join(team.repo, 'prompts'));
      await plainCommit(h, {});
      expect(await found()).toMatchObject([
        { code: UNREGISTERED, prompt: null, message: expect.stringContaining('a link at prompts') },
      ]);
    });

    test('is found where a folder of prompts is a link or a submodule', async () => {
      const { team } = await start();
      await team.write('elsewhere/intake.prompt.yml', EVIL);
      await symlink('../elsewhere', join(team.repo, 'prompts/ward'));
      await symlink('../README.md', join(team.repo, 'prompts/README.md'));
      await mkdir(join(team.repo, 'prompts/policy'));
      await team.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},prompts/policy`);
      await plainCommit(h, {});
      const said = (await found()).map(({ message }) => message.replace(/^commit \w+ /, '')).sort();
      expect(said).toEqual([
        'of main has a link at prompts/policy, behind which nothing is registered',
        'of main has a link at prompts/ward, behind which nothing is registered',
      ]);
    });

    /** Commits a tree of such lines as `git ls-tree` prints, whatever their modes. */
    async function commitTree(parent: string, lines: readonly string[]): Promise<void> {
      const { team } = h;
      const tree = await makeTree(lines);
      const commit = await team.git('commit-tree', '-p', parent, '-m', 'Quick fix', tree);
      await team.git('update-ref', 'refs/heads/main', commit);
    }

    async function makeTree(lines: readonly string[]): Promise<string> {
      const bytes = lines.map((line) => {
        const [, digits = '', oid = '', path = ''] = /^0*(\d+) \w+ (\w+)\t(.*)$/.exec(line) ?? [];
        return Buffer.concat([Buffer.from(`${digits} ${path}\0`), Buffer.from(oid, 'hex')]);
      });
      const args = ['hash-object', '-t', 'tree', '--literally', '-w', '--stdin'];
      const { team } = h;
      return (await team.sandbox.git(args, { cwd: team.repo, input: Buffer.concat(bytes) })).trim();
    }

    test('is found where git has no file behind the mode of what is registered', async () => {
      const { team } = await start();
      const standing = await team.git('ls-tree', 'HEAD:prompts');
      const prompts = await makeTree(standing.replace('100644', '10064').split('\n'));
      const rest = (await team.git('ls-tree', 'HEAD'))
        .split('\n')
        .filter((line) => !line.endsWith('prompts'));
      await commitTree('HEAD', [...rest, `40000 tree ${prompts}\tprompts`]);
      expect(await team.git('ls-tree', 'HEAD:prompts')).toMatch(/^160000 commit/);
      expect(await found()).toMatchObject([{ code: UNREGISTERED, prompt: 'clinical-intake' }]);
    });

    /** git looks at the type in a mode alone: it checks out what hangs on these, and its fsck says no more than that they are odd. */
    test.each([
      ['a folder', '40755', 'prompts', 'content of discharge'],
      ['a link', '120777', 'prompts', 'a link at prompts'],
    ])('is found behind the mode of %s as no git writes it', async (_, mode, name, what) => {
      const { team } = await start();
      await plainCommit(h, { [DISCHARGE]: EVIL });
      const evil = await team.git('rev-parse', `HEAD:${name}`);
      const entries = (await team.git('ls-tree', 'HEAD~1'))
        .split('\n')
        .filter((line) => !line.endsWith(name));
      await commitTree('HEAD~1', [...entries, `${mode} tree ${evil}\t${name}`]);
      expect(await team.git('ls-tree', 'HEAD')).toContain(name);
      expect(await found()).toMatchObject([{ code: UNREGISTERED, message: expect.stringContaining(what) }]);
    });

    test('is found at a remote that shares the registry, and at no other', async () => {
      const { team } = await start();
      const good = await team.git('rev-parse', 'HEAD');
      await plainCommit(h, { [DISCHARGE]: EVIL });
      await team.git('update-ref', 'refs/remotes/fork/main', 'HEAD');
      await team.git('reset', '-q', '--hard', good);
      expect(await codesByBoth(h)).toEqual([]);
      await team.git('update-ref', 'refs/remotes/origin/main', 'refs/remotes/fork/main');
      expect(await found()).toMatchObject([{ code: UNREGISTERED, ref: 'refs/remotes/origin/main' }]);
      await team.git('update-ref', '-d', 'refs/remotes/origin/main');
      await team.git('config', 'branch.main.remote', 'fork');
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
    });
  });

  test('a protected branch that is nowhere here is not proven', async () => {
    const { team } = await start();
    const line =
      'that only registered content reached main: no such branch is here; fetch it and verify again';
    expect((await verify(h)).report.notProven).not.toContain(line);
    await team.git('switch', '-q', '-c', 'work');
    await team.git('branch', '-q', '-D', 'main');
    const { code, report } = await verify(h);
    expect([code, report.notProven.includes(line)]).toEqual([0, true]);
  });

  describe('where the registry arrived', () => {
    /** A repository whose main had prompts before, and a registry that is founded on a branch. */
    const prehistory = async () => {
      const team = new Team(sandbox, 'embedded', join(sandbox.dir, `early-${Math.random()}`));
      h = { ...base, team };
      await team.initRepository();
      await plainCommit(h, { [DISCHARGE]: promptText('discharge', 'Long ago.') });
      await plainCommit(h, { [DISCHARGE]: promptText('discharge', 'Before.') });
      await team.git('switch', '-q', '-c', 'registry');
      await team.ok(h.ada, ['init', '--name', 'late']);
      const policy = join(team.repo, '.promptaudit/policy.yml');
      await team.write(
        '.promptaudit/policy.yml',
        (await readFile(policy, 'utf8')).replace(
          'protectedBranches: [registry]',
          'protectedBranches: [main]',
        ),
      );
      await team.ok(h.ada, ['policy', 'commit', '-m', 'Protect main']);
      await team.git('switch', '-q', 'main');
      await plainCommit(h, { 'prompts/other.prompt.yml': promptText('other', 'Meanwhile.') });
      await plainCommit(h, { 'prompts/other.prompt.yml': undefined });
    };

    test.each(['--no-ff', '--squash'])('by a merge with %s, only what came since counts', async (how) => {
      await prehistory();
      await h.team.git('merge', '-q', how, 'registry');
      if (how === '--squash') await h.team.git('commit', '-q', '-m', 'Registry');
      expect(await codesByBoth(h)).toEqual([]);
      const good = await readFile(join(h.team.repo, DISCHARGE), 'utf8');
      await plainCommit(h, { [DISCHARGE]: EVIL });
      await plainCommit(h, { [DISCHARGE]: good });
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
      await h.team.git('rm', '-q', '-r', '.promptaudit');
      await h.team.git('commit', '-q', '-m', 'Take the policy away');
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
    });
  });

  describe('that stood where a merge brought the registry to an older line', () => {
    /** Main goes on from a merge whose first parent never had a policy: what it stands on, and what main had. */
    const mergedOnto = async (files: Readonly<Record<string, string>>) => {
      const { team } = await start();
      const main = await team.git('rev-parse', 'HEAD');
      await team.git('checkout', '-q', '--orphan', 'apart');
      await team.git('rm', '-q', '--cached', '.promptaudit/policy.yml');
      await plainCommitStaged(files);
      await team.git('add', '.promptaudit/policy.yml');
      const tree = await team.git('write-tree');
      const merge = await team.git('commit-tree', tree, '-p', 'HEAD', '-p', main, '-m', 'Merge main');
      await team.git('switch', '-q', '-C', 'main', merge);
      await team.git('checkout', '-q', main, '--', 'prompts');
      await team.git('commit', '-q', '--allow-empty', '-m', 'Put it right');
    };
    const plainCommitStaged = async (files: Readonly<Record<string, string>>) => {
      for (const [path, text] of Object.entries(files)) {
        await h.team.write(path, text);
        await h.team.git('add', path);
      }
      await h.team.git('commit', '-q', '-m', 'Before');
    };

    test('is found though it was there before and is gone again', async () => {
      await mergedOnto({ [DISCHARGE]: EVIL });
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
    });

    test('passes where it is registered', async () => {
      await mergedOnto({ 'README.md': 'Read me\n' });
      expect(await codesByBoth(h)).toEqual([]);
    });

    test('passes where the registry was founded on it', async () => {
      const team = new Team(sandbox, 'embedded', join(sandbox.dir, `founded-${Math.random()}`));
      h = { ...base, team };
      await team.initRepository();
      // Not a prompt's name, so that nobody can ever register it.
      await plainCommit(h, { 'prompts/Old.prompt.yml': promptText('old', 'Long ago.') });
      await team.ok(h.ada, ['init', '--name', 'old']);
      const [before, after] = [await team.git('rev-parse', 'HEAD~1^{tree}'), 'HEAD^{tree}'];
      const root = await team.git('commit-tree', before, '-m', 'The same history');
      const anew = await team.git('commit-tree', after, '-p', root, '-m', 'Written anew');
      await team.git('switch', '-q', '-C', 'main', anew);
      expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
      await plainCommit(h, { 'prompts/Old.prompt.yml': undefined });
      expect(await codesByBoth(h)).toEqual([]);
    });
  });

  describe('that cannot be read', () => {
    test('because a tree or a commit is gone or damaged is found', async () => {
      const { team } = await start();
      await plainCommit(h, { 'README.md': 'One\n' });
      const inTheWay = await looseObject(h, 'HEAD^{tree}');
      const saved = await readFile(inTheWay);
      await plainCommit(h, { 'README.md': 'Two\n' });
      await rm(inTheWay);
      expect(await codesByBoth(h)).toEqual(['object/missing']);
      await spoil(inTheWay, await readFile(await looseObject(h, 'HEAD')));
      expect(await codesByBoth(h)).toEqual(['object/corrupt']);
      await spoil(inTheWay, saved);
      expect(await codesByBoth(h)).toEqual([]);
      await rm(await looseObject(h, 'HEAD^'));
      expect(await found()).toMatchObject([
        { code: 'object/missing', ref: 'refs/heads/main', object: await team.git('rev-parse', 'HEAD^') },
      ]);
    });

    test('because a tree holds itself ever more often is found, and can be acknowledged', async () => {
      const { team } = await start();
      const input = (lines: readonly string[]) => ({ cwd: team.repo, input: lines.join('\n') });
      let tree = (await sandbox.ok('git', ['mktree'], input([]))).trim();
      for (let level = 0; level < 6; level += 1) {
        const entries = Array.from({ length: 100 }, (_, name) => `040000 tree ${tree}\tt${name}`);
        tree = (await sandbox.ok('git', ['mktree'], input(entries))).trim();
      }
      const top = await sandbox.ok('git', ['mktree'], input([`040000 tree ${tree}\tprompts`]));
      const commit = await team.git('commit-tree', '-p', 'main', '-m', 'Quick fix', top.trim());
      await team.git('update-ref', 'refs/heads/main', commit);
      await team
        .git('commit-tree', '-p', 'main', '-m', 'Back', 'main~1^{tree}')
        .then((back) => team.git('update-ref', 'refs/heads/main', back));
      const object = await team.git('rev-parse', `${commit}^{tree}`);
      await team.ok(h.ada, ['acknowledge', UNREGISTERED, object, '-m', 'A prank']);
      const { found, report } = await verify(h);
      expect(found).toEqual([]);
      const message = expect.stringContaining('so many folders and files at prompts');
      expect(report.acknowledged).toMatchObject([{ code: UNREGISTERED, object, message, reason: 'A prank' }]);
    });

    /** Puts a commit on main with that many prompts in each of so many folders, all of them one blob. */
    const crowd = async ({ team }: Hospital, folders: number, files: number, name = 'd') => {
      const mktree = async (lines: readonly string[]) =>
        (await sandbox.ok('git', ['mktree'], { cwd: team.repo, input: lines.join('\n') })).trim();
      const blob = await team.git('hash-object', '-w', INTAKE);
      const prompts = Array.from({ length: files }, (_, n) => `100644 blob ${blob}\tf${n}.prompt.yml`);
      const folder = await mktree(prompts);
      const inner = await mktree(
        Array.from({ length: folders }, (_, n) => `040000 tree ${folder}\t${name}${n}`),
      );
      const top = await mktree([`040000 tree ${inner}\tprompts`]);
      const commit = await team.git('commit-tree', '-p', 'main', '-m', 'Quick fix', top);
      await team.git('update-ref', 'refs/heads/main', commit);
      return { commit, top };
    };

    test('because a folder lies deeper than any checkout goes is no matter of a registry', async () => {
      await start();
      const mktree = async (line: string) =>
        (await sandbox.ok('git', ['mktree'], { cwd: h.team.repo, input: line })).trim();
      const blob = await h.team.git('rev-parse', `HEAD:${INTAKE}`);
      let tree = await mktree(`100644 blob ${blob}\tf.prompt.yml`);
      for (let level = 0; level < 3; level += 1) {
        tree = await mktree(`040000 tree ${tree}\t${'d'.repeat(2_000)}`);
      }
      const top = await mktree(`040000 tree ${tree}\tprompts`);
      await h.team.git(
        'update-ref',
        'refs/heads/main',
        await h.team.git('commit-tree', '-p', 'main', '-m', 'Deep', top),
      );
      await rm(
        await looseObject(h, `${top}:prompts/${'d'.repeat(2_000)}/${'d'.repeat(2_000)}/${'d'.repeat(2_000)}`),
      );
      expect(await codesByBoth(h)).toEqual([]);
    });

    test('because one small commit brings more files than any memory has room for is one finding', async () => {
      await start();
      const { top } = await crowd(h, 1000, 1000);
      for (const adapter of ADAPTERS)
        expect(await found(adapter)).toMatchObject([{ code: UNREGISTERED, object: top, prompt: null }]);
    });

    test('because many commits bring too much at once, or by themselves, tells all that they bring', async () => {
      await start();
      const plain = await plainCommit(h, { [DISCHARGE]: EVIL });
      const crowds = [
        await crowd(h, 500, 500, 'huge'),
        await crowd(h, 3, 500, 'large'),
        await crowd(h, 500, 500, 'monstrous'),
        await crowd(h, 7, 500, 'standing'),
      ];
      const { found } = await verify(h);
      const of = (part: string) => found.filter(({ prompt, object }) => `${prompt} ${object}`.includes(part));
      expect(of(await h.team.git('rev-parse', `${plain}:${DISCHARGE}`))).toHaveLength(1);
      expect(['huge', 'large', 'monstrous', 'standing'].map((name) => of(name).length)).toEqual([
        0, 1_500, 0, 3_500,
      ]);
      expect(crowds.map(({ top }) => of(top).length)).toEqual([1, 0, 1, 0]);
    });

    test('because a commit brings many files is said of the first ones, and once of the others', async () => {
      await start();
      const { commit, top } = await crowd(h, 41, 500);
      const { found } = await verify(h);
      expect(found).toHaveLength(20_001);
      expect(found.at(-1)).toMatchObject({ code: UNREGISTERED, object: top });
      expect(found.at(-1)?.message).toContain(
        `commit ${commit.slice(0, 12)} of main has so many folders and files`,
      );
    });

    test('because it names no commit is found', async () => {
      const { team } = await start();
      const tree = await team.git('rev-parse', 'HEAD^{tree}');
      await team.write('.git/refs/remotes/origin/main', `${tree}\n`);
      expect(await codesByBoth(h)).toEqual(['object/corrupt']);
      // From another clone it would come as it is.
      expect((await found())[0]?.hint).toBe(
        'no clone has another object of that id: find out who put it there, and set the branch back',
      );
    });

    test('because the clone is shallow cannot be told', async () => {
      const { team } = await start();
      await plainCommit(h, { 'README.md': 'One\n' });
      await plainCommit(h, { 'README.md': 'Two\n' });
      const repo = join(sandbox.dir, `shallow-${Math.random()}`);
      await sandbox.git(['clone', '-q', '--depth', '1', `file://${team.repo}`, repo]);
      const ledger = 'refs/notes/promptaudit:refs/notes/promptaudit';
      await sandbox.git(['fetch', '-q', 'origin', ledger, 'refs/tags/*:refs/tags/*'], { cwd: repo });
      h = { ...h, team: new Team(sandbox, 'native', repo) };
      expect(await codesByBoth(h)).toEqual(['repo/shallow']);
      expect((await verify(h, [], 'embedded')).code).toBe(2);
    });
  });
});
