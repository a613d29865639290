import { createHash } from 'node:crypto';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.ts';
import { parseIndex, serializeIndex } from '../../../src/git/embedded/indexfile.ts';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import type { Oid } from '../../../src/git/object.ts';
import { run, type Sandbox, sandbox } from '../../helpers/sandbox.ts';

const WHO = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
};

interface Repo {
  readonly box: Sandbox;
  readonly dir: string;
  git(...args: string[]): Promise<string>;
  stage(path: string, content: string | undefined, mode?: '100644' | '100755'): Promise<void>;
}

async function repository(...files: string[]): Promise<Repo> {
  const box = await sandbox();
  const dir = join(box.dir, 'repo');
  await box.git(['init', '-q', '-b', 'main', dir]);
  const git = async (...args: string[]): Promise<string> =>
    (await box.git(args, { cwd: dir, env: WHO })).trim();
  for (const file of files) {
    await box.ok('mkdir', ['-p', join(dir, file, '..')]);
    await writeFile(join(dir, file), `content of ${file}\n`);
  }
  await git('add', '-A');
  await git('commit', '-q', '--allow-empty', '-m', 'one');
  return {
    box,
    dir,
    git,
    stage: async (path, content, mode = '100644') => {
      const store = await openEmbeddedStore({ cwd: dir, env: { ...box.env, ...WHO } });
      const [oid] =
        content === undefined ? [] : await store.write([{ kind: 'blob', bytes: Buffer.from(content) }]);
      await store.workTree!.stage(path, oid === undefined ? undefined : { oid, mode });
    },
  };
}

describe('stage', () => {
  it('writes stat data by which git knows the file without reading it', async () => {
    const repo = await repository('a.txt', 'd/b.txt');
    await writeFile(join(repo.dir, 'new.txt'), 'new\n');
    await writeFile(join(repo.dir, 'run.sh'), '#!\n');
    await chmod(join(repo.dir, 'run.sh'), 0o755);
    await repo.stage('new.txt', 'new\n');
    await repo.stage('run.sh', '#!\n', '100755');
    await repo.stage('other.txt', 'not on disk');
    await repo.stage('a.txt', 'other than on disk');
    // diff-files goes by stat data alone: it tells of every file whose entry does not match.
    expect(await repo.git('diff-files', '--name-status')).toBe('M\ta.txt\nD\tother.txt');
    expect(await repo.git('status', '--porcelain')).toBe('MM a.txt\nA  new.txt\nAD other.txt\nA  run.sh');
    await repo.git('fsck', '--strict');
  });

  it('does so for a file whose line ends are converted', async () => {
    const repo = await repository('.gitattributes');
    await writeFile(join(repo.dir, '.gitattributes'), '*.yml text eol=crlf\n');
    await writeFile(join(repo.dir, 'a.yml'), 'one\r\n');
    await repo.stage('a.yml', 'one\n');
    expect(await repo.git('diff-files', '--name-only', '--', 'a.yml')).toBe('');
  });

  it.each(['2', '3', '4'])('keeps an index of version %s true', async (version) => {
    const repo = await repository('a.txt', 'a/b.txt', 'prompts/x.yml', 'prompts/xy.yml', 'z.txt');
    if (version !== '2') {
      await writeFile(join(repo.dir, 'intended.txt'), '1');
      await repo.git('add', '-N', 'intended.txt');
      await repo.git('update-index', '--skip-worktree', 'z.txt');
    }
    await repo.git('update-index', '--index-version', version);
    const before = (await repo.git('ls-files', '-s', '-v', '--debug')).split('\n');
    await repo.stage('prompts/x.txt', 'x');
    await repo.stage('prompts/x.txt', undefined);
    expect((await repo.git('ls-files', '-s', '-v', '--debug')).split('\n')).toEqual(before);
    await repo.stage('prompts/x.txt', 'x');
    const bytes = await readFile(join(repo.dir, '.git/index'));
    expect(bytes.readUInt32BE(4)).toBe(version === '2' ? 2 : 3);
    expect(serializeIndex(parseIndex(bytes))).toEqual(bytes);
    await repo.git('fsck', '--strict');
  });

  it('ends the conflict of the path that is staged, and of no other', async () => {
    const repo = await repository('a.txt', 'b.txt');
    for (const [branch, text] of [
      ['side', 'side\n'],
      ['main', 'ours\n'],
    ] as const) {
      if (branch === 'side') await repo.git('checkout', '-q', '-b', 'side');
      else await repo.git('checkout', '-q', 'main');
      await writeFile(join(repo.dir, 'a.txt'), text);
      await writeFile(join(repo.dir, 'b.txt'), text);
      await repo.git('commit', '-qam', text);
    }
    await run('git', ['merge', 'side'], { cwd: repo.dir, env: { ...repo.box.env, ...WHO } });
    await repo.stage('a.txt', 'ours\n');
    expect(await repo.git('diff', '--name-only', '--diff-filter=U')).toBe('b.txt');
    expect(await repo.git('show', ':a.txt')).toBe('ours');
  });

  it('refuses a file at the place of a folder and a folder at the place of a file', async () => {
    const repo = await repository('d/b.txt');
    await expect(repo.stage('d', 'x')).rejects.toThrow(/d\/b\.txt/);
    await expect(repo.stage('d/b.txt/c', 'x')).rejects.toThrow(/d\/b\.txt/);
    await repo.stage('d.txt', 'x');
    expect(await repo.git('ls-files')).toBe('d.txt\nd/b.txt');
  });

  it('refuses split and sparse indexes', async () => {
    const split = await repository('a.txt');
    await split.git('update-index', '--split-index');
    await expect(split.stage('b.txt', 'x')).rejects.toThrow(/split.*--git native/);
    const sparse = await repository('a.txt', 'in/x', 'out/y');
    await sparse.git('sparse-checkout', 'set', '--cone', '--sparse-index', 'in');
    await expect(sparse.stage('b.txt', 'x')).rejects.toThrow(/sparse.*--git native/);
  });

  it('takes an index without a checksum', async () => {
    const repo = await repository('a.txt');
    const path = join(repo.dir, '.git/index');
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, bytes.length - 20));
    await repo.stage('b.txt', 'x');
    expect(await repo.git('ls-files')).toBe('a.txt\nb.txt');
  });

  it('refuses to stage into an index outside the repository', async () => {
    const repo = await repository('a.txt');
    const env = { ...repo.box.env, GIT_INDEX_FILE: join(repo.box.dir, 'index') };
    const store = await openEmbeddedStore({ cwd: repo.dir, env });
    const [oid] = await store.write([{ kind: 'blob', bytes: Buffer.from('x') }]);
    await expect(store.workTree!.stage('x', { oid: oid as Oid, mode: '100644' })).rejects.toThrow(
      /GIT_INDEX_FILE/,
    );
    await rm(join(repo.box.dir, 'index'), { force: true });
  });
});

describe('parseIndex', () => {
  it('answers a Failure, or entries, for any damage with a checksum that fits', async () => {
    for (const version of ['2', '4']) {
      const repo = await repository('a.txt', 'd/b.txt', 'd/c.txt');
      await repo.git('update-index', '--index-version', version);
      const sound = await readFile(join(repo.dir, '.git/index'));
      fc.assert(
        fc.property(fc.nat(sound.length - 21), fc.nat(255), fc.nat(sound.length), (at, byte, cut) => {
          for (const bytes of [Buffer.from(sound), Buffer.from(sound.subarray(0, cut))]) {
            if (at < bytes.length) bytes[at] = byte;
            const body = bytes.subarray(0, Math.max(0, bytes.length - 20));
            const sum = createHash('sha1').update(body).digest();
            try {
              parseIndex(Buffer.concat([body, sum]));
            } catch (error) {
              expect(error).toBeInstanceOf(Failure);
            }
          }
        }),
        { numRuns: 500 },
      );
    }
  });

  it('refuses a wrong checksum', async () => {
    const repo = await repository('a.txt');
    const bytes = await readFile(join(repo.dir, '.git/index'));
    bytes[20] = bytes[20]! ^ 1;
    expect(() => parseIndex(bytes)).toThrow(Failure);
  });
});
