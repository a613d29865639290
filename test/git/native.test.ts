import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { openNativeStore } from '../../src/git/native/store.ts';
import type { NewObject, Oid } from '../../src/git/object.ts';
import type { GitStore } from '../../src/git/store.ts';
import { run } from '../helpers/sandbox.ts';
import {
  blob,
  type ContractOptions,
  collect,
  type Fixture,
  fixture,
  sha1,
  states,
} from './contract/fixture.ts';
import { storeContract } from './store-contract.ts';

const OPTIONS: ContractOptions = {
  name: 'native',
  open: (cwd, env) => openNativeStore({ cwd, env }),
  capabilities: { sha256: true, reftable: true, filters: true },
};

storeContract(OPTIONS);

/** A `git` on the PATH that notes each call, then is the real one; `say` answers some of them itself. */
async function withSpy(repo: Fixture, say = ''): Promise<{ PATH: string; calls(): Promise<string[]> }> {
  const real = (await repo.box.ok('sh', ['-c', 'command -v git'])).trim();
  const bin = join(repo.box.dir, 'bin');
  const log = join(repo.box.dir, 'calls');
  await mkdir(bin);
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\n${say}\nexec '${real}' "$@"\n`;
  await writeFile(join(bin, 'git'), script, { mode: 0o755 });
  const calls = async (): Promise<string[]> => {
    const lines = (await readFile(log, 'utf8').catch(() => '')).split('\n');
    return lines.filter((line) => line !== '').map((line) => line.replace(/-c \S+ /g, ''));
  };
  return { PATH: `${bin}:${repo.box.env.PATH}`, calls };
}

/** An older release, as it would present itself. */
function release(version: string): string {
  return [
    'case "$*" in',
    `  version) echo "git version ${version}"; exit 0;;`,
    '  *batch-command*) echo "error: unknown option" >&2; exit 129;;',
    'esac',
    'unset GIT_TRACE2_EVENT',
  ].join('\n');
}

describe('the git that it finds', () => {
  it.each(['2.33.8', '2.7.4', '1.9.1'])('is refused when it is %s', async (version) => {
    const repo = await fixture(OPTIONS);
    const { PATH } = await withSpy(repo, release(version));
    await expect(repo.open(repo.dir, { PATH })).rejects.toThrow(/too old: install git 2\.34/);
  });

  it('may be one that has no --batch-command', async () => {
    const repo = await fixture(OPTIONS);
    const head = await repo.commit('one', { 'a.txt': 'x'.repeat(5000), 'b.txt': '2' });
    const victim = (await repo.git('rev-parse', 'HEAD:a.txt')) as Oid;
    const path = join(repo.dir, '.git/objects', victim.slice(0, 2), victim.slice(2));
    await chmod(path, 0o644);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 10));
    const { PATH, calls } = await withSpy(repo, release('2.34.1'));
    const store = await repo.open(repo.dir, { PATH });
    expect(states(await collect(store.readMany([head, victim, head])))).toEqual([
      `present ${head}`,
      `corrupt ${victim}`,
      `present ${head}`,
    ]);
    expect(await calls()).toContain('cat-file --batch');
    const oids = await store.write([blob('old')]);
    expect(oids).toEqual([sha1('blob', Buffer.from('old'))]);
    await store.updateRefs([{ ref: 'refs/tags/t', expected: undefined, next: head, message: 'm' }]);
  });

  it('may be nowhere', async () => {
    const repo = await fixture(OPTIONS);
    const open = repo.open(repo.dir, { PATH: join(repo.box.dir, 'nowhere') });
    await expect(open).rejects.toBeInstanceOf(Failure);
    await expect(open).rejects.toThrow(/install git 2\.34 or newer, or use --git embedded/);
  });

  it('has its reason passed on when it refuses a repository of somebody else', async () => {
    const repo = await fixture(OPTIONS);
    const open = repo.open(repo.dir, { GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' });
    await expect(open).rejects.toBeInstanceOf(Failure);
    await expect(open).rejects.toThrow(/git config --global --add safe\.directory/);
  });
});

describe('the number of processes', () => {
  it('is two to open, and one for all refs that are asked for together', async () => {
    const repo = await fixture(OPTIONS);
    await repo.commit('one', { 'a.txt': '1' });
    const { PATH, calls } = await withSpy(repo);
    const store = await repo.open(repo.dir, { PATH });
    expect(await calls()).toHaveLength(2);
    await Promise.all([
      store.head(),
      store.resolveRef('refs/notes/promptaudit'),
      store.listRefs('refs/tags/promptaudit/'),
    ]);
    expect(await calls()).toHaveLength(3);
  });

  it('is none for a ref that has a file of its own, and one where it is packed', async () => {
    const repo = await fixture(OPTIONS);
    const one = await repo.commit('one', {});
    const { PATH, calls } = await withSpy(repo);
    const store = await repo.open(repo.dir, { PATH });
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/main', oid: one });
    expect(await calls()).toHaveLength(2);
    await repo.git('pack-refs', '--all');
    expect(await store.resolveRef('refs/heads/main')).toBe(one);
    expect(await calls()).toHaveLength(3);
  });

  it('does not grow with the objects read or written', async () => {
    const repo = await fixture(OPTIONS);
    const { PATH, calls } = await withSpy(repo);
    const store = await repo.open(repo.dir, { PATH });
    const objects = Array.from({ length: 500 }, (_, i) => blob(`object ${i}`));
    const oids = await store.write(objects);
    const before = (await calls()).length;
    await collect(store.readMany(oids));
    for (const oid of oids.slice(0, 50)) await store.read(oid);
    expect((await calls()).length - before).toBe(1);
    expect(before).toBe(3);
  });

  it('is one for 300 plain files, and a handful where they are converted', async () => {
    const repo = await fixture(OPTIONS);
    const paths = Array.from({ length: 300 }, (_, i) => `prompts/${i}.yml`);
    await repo.commit('one', Object.fromEntries(paths.map((path) => [path, `${path}\r\n`])));
    const { PATH, calls } = await withSpy(repo);
    const store = await repo.open(repo.dir, { PATH });
    await store.workTree!.readStored(paths, 1000);
    expect((await calls()).slice(2)).toHaveLength(1);
    await writeFile(join(repo.dir, '.gitattributes'), '*.yml text eol=crlf\n');
    await repo.git('rm', '-q', '-r', '--cached', 'prompts');
    const files = await store.workTree!.readStored(paths, 1000);
    expect(files.every((file) => file.state === 'present' && !file.bytes.includes(0x0d))).toBe(true);
    expect((await calls()).slice(3).length).toBeLessThanOrEqual(5);
  });

  it('is one for hundreds of missing objects', async () => {
    const repo = await fixture(OPTIONS);
    const { PATH, calls } = await withSpy(repo);
    const store = await repo.open(repo.dir, { PATH });
    const absent = Array.from({ length: 400 }, (_, i) => sha1('blob', Buffer.from(`absent ${i}`)));
    const results = await collect(store.readMany(absent));
    expect(results.every((result) => result.state === 'missing')).toBe(true);
    const asked = (await calls()).filter((call) => call.includes('--disambiguate'));
    expect(asked.length).toBeLessThan(20);
  });
});

describe('a reader that dies', () => {
  /** Ends the `cat-file` of this store from outside, as the system does when it runs out of memory. */
  async function kill(repo: Fixture): Promise<void> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const ours = await Promise.all(
      pids.map(async (pid) => {
        const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        return environ.includes(`GIT_DIR=${repo.dir}/.git`);
      }),
    );
    const found = pids.filter((_, i) => ours[i]);
    expect(found).toHaveLength(1);
    process.kill(Number(found[0]), 'SIGKILL');
  }

  it.runIf(process.platform === 'linux')('is started again, and no object takes the blame', async () => {
    const repo = await fixture(OPTIONS);
    const bodies = Array.from({ length: 3000 }, (_, i) => `object ${i} ${'z'.repeat(500)}`);
    await repo.feed(
      bodies.map((body) => `blob\ndata ${body.length}\n${body}\n`).join(''),
      'fast-import',
      '--quiet',
    );
    const oids = bodies.map((body) => sha1('blob', Buffer.from(body)));
    const store = await repo.open();
    const seen: string[] = [];
    for await (const result of store.readMany(oids)) {
      if (seen.length === 1000) await kill(repo);
      seen.push(...states([result]));
    }
    expect(seen).toEqual(oids.map((oid) => `present ${oid}`));
  });

  it('leaves damaged objects one by one, however many', async () => {
    const repo = await fixture(OPTIONS);
    const files = Object.fromEntries(
      Array.from({ length: 12 }, (_, i) => [`f${i}`, `${i} ${'long '.repeat(3000)}`]),
    );
    await repo.commit('one', files);
    const oids = (await repo.git('rev-parse', ...Object.keys(files).map((name) => `HEAD:${name}`))).split(
      '\n',
    ) as Oid[];
    for (const oid of oids.filter((_, i) => i % 3 !== 0)) {
      const path = join(repo.dir, '.git/objects', oid.slice(0, 2), oid.slice(2));
      await chmod(path, 0o644);
      const bytes = await readFile(path);
      await writeFile(path, bytes.subarray(0, bytes.length - 20));
    }
    const store = await repo.open();
    expect(states(await collect(store.readMany(oids)))).toEqual(
      oids.map((oid, i) => (i % 3 === 0 ? `present ${oid}` : `corrupt ${oid}`)),
    );
  });

  it('fails whoever still waits when the store is closed', async () => {
    const repo = await fixture(OPTIONS);
    const head = await repo.commit('one', {});
    const store = await repo.open();
    const reading = store.read(head);
    await store.close();
    await expect(reading).rejects.toBeInstanceOf(Failure);
    await expect(store.read(head)).rejects.toBeInstanceOf(Failure);
  });
});

describe('maintenance', () => {
  async function callsAfter(work: (store: GitStore) => Promise<unknown>, config?: string): Promise<string[]> {
    const repo = await fixture(OPTIONS);
    await repo.commit('one', {});
    if (config !== undefined) await repo.git('config', 'maintenance.auto', config);
    const { PATH, calls } = await withSpy(repo);
    const store = await openNativeStore({ cwd: repo.dir, env: { ...repo.box.env, PATH } });
    await work(store);
    await store.close();
    for (let i = 0; i < 20 && !(await calls()).some((call) => call.startsWith('maintenance')); i++)
      await sleep(10);
    return (await calls()).filter((call) => /^maintenance/.test(call));
  }
  const write = (store: GitStore): Promise<unknown> => store.write([blob('x')]);

  it('is left to git after a write, and only then, and only where it is wanted', async () => {
    expect(await callsAfter(write)).toEqual(['maintenance run --auto --quiet']);
    expect(await callsAfter((store) => store.head())).toEqual([]);
    expect(await callsAfter(write, 'false')).toEqual([]);
  });
});

describe('arguments', () => {
  it('never hold a NUL byte', async () => {
    const repo = await fixture(OPTIONS);
    const one = await repo.commit('one', {});
    const store = await repo.open();
    const update = { ref: 'refs/tags/t', expected: undefined, next: one, message: 'a\0b' };
    await expect(store.updateRefs([update])).rejects.toBeInstanceOf(Failure);
    await expect(store.setConfig('x.y', 'a\0b', 'set')).rejects.toBeInstanceOf(Failure);
  });

  it('are no more than a system takes, however many refs are asked for together', async () => {
    const repo = await fixture(OPTIONS);
    const one = await repo.commit('one', {});
    const store = await repo.open();
    const names = Array.from({ length: 4_000 }, (_, i) => `refs/tags/${'long/'.repeat(150)}${i}`);
    const all = await Promise.all([...names, 'refs/heads/main'].map((name) => store.resolveRef(name)));
    expect(all.filter((oid) => oid !== undefined)).toEqual([one]);
  });
});

describe('a ref whose file holds something else', () => {
  const LEFT_TO_GIT: readonly (readonly [name: string, make: (path: string, oid: Oid) => Promise<void>])[] = [
    ['the name of another ref', (path) => writeFile(path, 'ref: refs/heads/main\n')],
    ['an id with more behind it', (path, oid) => writeFile(path, `${oid} \n`)],
    ['an id without a line feed', (path, oid) => writeFile(path, oid)],
    ['an id in capitals', (path, oid) => writeFile(path, `${oid.toUpperCase()}\n`)],
  ];

  it.each(LEFT_TO_GIT)('%s, says what git says of it', async (_, make) => {
    const repo = await fixture(OPTIONS);
    const one = await repo.commit('one', {});
    await make(join(repo.dir, '.git/refs/heads/odd'), one);
    const { PATH, calls } = await withSpy(repo);
    const store = await repo.open(repo.dir, { PATH });
    const said = (await repo.git('for-each-ref', '--format=%(objectname)', 'refs/heads/odd')).trim();
    expect(said).toBe(one);
    expect(await store.resolveRef('refs/heads/odd')).toBe(said);
    expect(await calls()).toHaveLength(3);
  });

  it.each([0, 39, 40, 64].map((length) => `${'0'.repeat(length)}\n`).concat('', `${'g'.repeat(40)}\n`))(
    '%j, is broken, and not taken for one that is not there',
    async (text) => {
      const repo = await fixture(OPTIONS);
      await repo.commit('one', {});
      await writeFile(join(repo.dir, '.git/refs/heads/odd'), text);
      const store = await repo.open();
      await expect(store.resolveRef('refs/heads/odd')).rejects.toThrow('refs/heads/odd is broken');
    },
  );

  it('is each worktree’s own where refs are', async () => {
    const repo = await fixture(OPTIONS);
    const one = await repo.commit('one', {});
    const two = await repo.commit('two', {});
    const other = join(repo.box.dir, 'other');
    await repo.git('worktree', 'add', '-q', '--detach', other);
    await repo.git('update-ref', 'refs/worktree/mine', one);
    await repo.git('-C', other, 'update-ref', 'refs/worktree/mine', two);
    expect(await (await repo.open()).resolveRef('refs/worktree/mine')).toBe(one);
    expect(await (await repo.open(other)).resolveRef('refs/worktree/mine')).toBe(two);
    expect(await (await repo.open(other)).resolveRef('refs/heads/main')).toBe(two);
  });
});

describe('what the environment holds', () => {
  it('does not turn paths into patterns, nor messages into another language', async () => {
    const repo = await fixture(OPTIONS);
    await writeFile(join(repo.dir, 'a.txt'), '1');
    const env = {
      GIT_GLOB_PATHSPECS: '1',
      GIT_ICASE_PATHSPECS: '1',
      LANG: 'de_DE.UTF-8',
      LC_ALL: 'de_DE.UTF-8',
    };
    const store = await repo.open(repo.dir, env);
    expect(await store.workTree!.listFiles('')).toEqual(['a.txt']);
    expect(await store.workTree!.listFiles('A*')).toEqual([]);
    await writeFile(join(repo.dir, '.git/refs/heads/broken'), 'x\n');
    await expect(store.resolveRef('refs/heads/broken')).rejects.toBeInstanceOf(Failure);
  });

  it('reaches filters as the user has it', async () => {
    const repo = await fixture(OPTIONS);
    await repo.git('config', 'filter.locale.clean', 'sh -c "cat >/dev/null; printf %s \\"$LC_ALL\\""');
    await writeFile(join(repo.dir, '.gitattributes'), '*.yml filter=locale\n');
    await writeFile(join(repo.dir, 'a.yml'), '1');
    const store = await repo.open();
    const [file] = await store.workTree!.readStored(['a.yml'], 100);
    expect(file?.state === 'present' && Buffer.from(file.bytes).toString()).toBe('C.UTF-8');
  });

  it('may name another index', async () => {
    const repo = await fixture(OPTIONS);
    await repo.commit('one', { 'a.txt': '1' });
    const oid = (await repo.feed('2', 'hash-object', '-w', '--stdin')) as Oid;
    const store = await repo.open(repo.dir, { GIT_INDEX_FILE: '.git/other-index' });
    await store.workTree!.stage('b.txt', { oid, mode: '100644' });
    expect(await repo.git('ls-files')).toBe('a.txt');
  });
});

describe('writing', () => {
  it('keeps the permissions of a shared repository', async () => {
    const repo = await fixture(OPTIONS, ['--bare', '--shared=group']);
    const store = await repo.open();
    const [oid] = await store.write([blob('shared')]);
    const mode = await repo.box.ok('stat', ['-c', '%a', join(repo.dir, 'objects', oid!.slice(0, 2))]);
    expect(mode.trim()).toMatch(/^2?77/);
  });

  it.each([1, 99, 100, 101])('leaves %i objects that fsck finds sound', async (count) => {
    const repo = await fixture(OPTIONS, ['--object-format=sha256']);
    const store = await repo.open();
    const objects = Array.from({ length: count }, (_, i): NewObject => blob(`${i}`));
    const oids = await store.write(objects);
    const expected = await repo.feed('0', 'hash-object', '--stdin');
    expect(oids[0]).toBe(expected);
    const fsck = await run('git', ['fsck', '--strict'], { cwd: repo.dir, env: repo.box.env });
    expect(fsck.code, fsck.stderr).toBe(0);
  });

  it('leaves no temporary index behind', async () => {
    const repo = await fixture(OPTIONS);
    await repo.git('config', 'core.autocrlf', 'input');
    await writeFile(join(repo.dir, 'a.yml'), '1\r\n');
    const store = await repo.open();
    await store.workTree!.readStored(['a.yml'], 100);
    expect(await repo.box.ok('ls', [join(repo.dir, '.git')])).not.toContain('promptaudit-index');
  });
});

describe('HEAD', () => {
  it('may be a symbolic link, as old repositories have', async () => {
    const repo = await fixture(OPTIONS);
    const one = await repo.commit('one', {});
    await rm(join(repo.dir, '.git/HEAD'));
    await symlink('refs/heads/main', join(repo.dir, '.git/HEAD'));
    const store = await repo.open();
    expect(await store.head()).toEqual({ state: 'branch', ref: 'refs/heads/main', oid: one });
  });
});
