import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ContractOptions, type Fixture, fixture } from './fixture.ts';

export function configContract(options: ContractOptions): void {
  describe('config', () => reading(options));
  describe('setConfig', () => writing(options));
}

async function globally(repo: Fixture, text: string): Promise<void> {
  await appendFile(join(repo.box.dir, '.gitconfig'), text);
}

async function locally(repo: Fixture, text: string): Promise<void> {
  await appendFile(join(repo.dir, '.git/config'), text);
}

function reading(options: ContractOptions): void {
  it('lets later files win and keeps every value in order', async () => {
    const repo = await fixture(options);
    await globally(repo, '[user]\n\tname = Global\n\temail = g@acme.example\n[remote "o"]\n\tfetch = one\n');
    await locally(repo, '[user]\n\tname = Local\n[remote "o"]\n\tfetch = two\n\tfetch = three\n');
    const { config } = await repo.open();
    expect(config.get('user.name')).toBe('Local');
    expect(config.get('user.email')).toBe('g@acme.example');
    expect(config.getAll('remote.o.fetch')).toEqual(['one', 'two', 'three']);
    expect(config.get('remote.o.fetch')).toBe('three');
    expect(config.get('user.absent')).toBeUndefined();
    expect(config.getAll('user.absent')).toEqual([]);
  });

  it('ignores case in section and name, and heeds it in the subsection', async () => {
    const repo = await fixture(options);
    await locally(
      repo,
      '[GPG]\n\tFormat = ssh\n[gpg "SSH"]\n\tprogram = upper\n[gpg "ssh"]\n\tProgram = lower\n',
    );
    const { config } = await repo.open();
    expect(config.get('gpg.format')).toBe('ssh');
    expect(config.get('GPG.FORMAT')).toBe('ssh');
    expect(config.get('gpg.ssh.program')).toBe('lower');
    expect(config.get('Gpg.SSH.Program')).toBe('upper');
  });

  it('reads quotes, escapes, comments and continued lines as git does', async () => {
    const repo = await fixture(options);
    await locally(
      repo,
      '[a "b\\"c.d"]\n\tq = "x # y"  # comment\n\tr = one \\\n two\n\ts = "tab\\there\\nline" ; end\n\tt = a  b\t \n',
    );
    const { config } = await repo.open();
    for (const key of ['a.b"c.d.q', 'a.b"c.d.r', 'a.b"c.d.s', 'a.b"c.d.t']) {
      const expected = (await repo.box.git(['config', '-z', key], { cwd: repo.dir })).slice(0, -1);
      expect(config.get(key), key).toBe(expected);
    }
    expect(config.get('a.b"c.d.q')).toBe('x # y');
  });

  it('follows includes, and conditional ones by where the repository is and what is checked out', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    await writeFile(join(repo.box.dir, 'plain.inc'), '[x]\n\tplain = yes\n[include]\n\tpath = nested.inc\n');
    await writeFile(join(repo.box.dir, 'nested.inc'), '[x]\n\tnested = yes\n');
    for (const name of ['here', 'star', 'there', 'branch', 'other']) {
      await writeFile(join(repo.box.dir, `${name}.inc`), `[x]\n\t${name} = yes\n`);
    }
    await globally(
      repo,
      [
        '[include]\n\tpath = plain.inc\n\tpath = absent.inc',
        `[includeIf "gitdir:${repo.dir}/"]\n\tpath = ~/here.inc`,
        '[includeIf "gitdir/i:**/REPO/.git"]\n\tpath = star.inc',
        '[includeIf "gitdir:/nowhere/"]\n\tpath = there.inc',
        '[includeIf "onbranch:ma*"]\n\tpath = branch.inc',
        '[includeIf "onbranch:other"]\n\tpath = other.inc',
      ].join('\n'),
    );
    const { config } = await repo.open();
    const expected = { plain: 'yes', nested: 'yes', here: 'yes', star: 'yes', branch: 'yes' };
    for (const name of ['plain', 'nested', 'here', 'star', 'there', 'branch', 'other'] as const) {
      expect(config.get(`x.${name}`), name).toBe((expected as Record<string, string>)[name]);
    }
  });

  it('takes what the environment adds last', async () => {
    const repo = await fixture(options);
    await locally(repo, '[user]\n\tsigningkey = file\n[x]\n\tlist = a\n');
    const { config } = await repo.open(repo.dir, {
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'user.signingKey',
      GIT_CONFIG_VALUE_0: 'from the environment',
      GIT_CONFIG_KEY_1: 'x.list',
      GIT_CONFIG_VALUE_1: 'b',
      GIT_CONFIG_KEY_2: 'x.empty',
      GIT_CONFIG_VALUE_2: '',
    });
    expect(config.get('user.signingkey')).toBe('from the environment');
    expect(config.getAll('x.list')).toEqual(['a', 'b']);
    expect(config.get('x.empty')).toBe('');
  });

  it('reads the configuration of one worktree where that is switched on', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    const linked = join(repo.box.dir, 'linked');
    await repo.git('worktree', 'add', '-q', linked);
    await repo.git('config', 'extensions.worktreeConfig', 'true');
    await repo.git('config', 'x.place', 'shared');
    await repo.box.git(['config', '--worktree', 'x.place', 'linked'], { cwd: linked });
    expect((await repo.open(linked)).config.get('x.place')).toBe('linked');
    expect((await repo.open()).config.get('x.place')).toBe('shared');
  });

  it('reads booleans by the rules of git', async () => {
    const repo = await fixture(options);
    const values = {
      a: '= yes',
      b: '= On',
      c: '= TRUE',
      d: '= 1',
      e: '',
      f: '= no',
      g: '= off',
      h: '= false',
      i: '= 0',
    };
    const more = { j: '=', k: '= 2k', l: '= -1' };
    const all = Object.entries({ ...values, ...more });
    await locally(repo, `[bool]\n${all.map(([name, value]) => `\t${name} ${value}\n`).join('')}`);
    const { config } = await repo.open();
    for (const [name] of all) {
      const expected = (await repo.git('config', '--type=bool', `bool.${name}`)) === 'true';
      expect(config.getBool(`bool.${name}`), name).toBe(expected);
    }
    expect(config.getBool('bool.absent')).toBeUndefined();
  });

  it('fails on a boolean that is none, and names the key', async () => {
    const repo = await fixture(options);
    await locally(repo, '[bool]\n\tx = perhaps\n');
    const { config } = await repo.open();
    expect(() => config.getBool('bool.x')).toThrow('bool.x');
  });

  it('expands ~ in paths', async () => {
    const repo = await fixture(options);
    await locally(repo, '[p]\n\ta = ~/keys/id\n\tb = /abs/~/x\n\tc = relative/x\n\td = ~root/x\n');
    const { config } = await repo.open();
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(config.getPath(`p.${name}`), name).toBe(await repo.git('config', '--type=path', `p.${name}`));
    }
    expect(config.getPath('p.a')).toBe(join(repo.box.dir, 'keys/id'));
    expect(config.getPath('p.absent')).toBeUndefined();
  });

  it('fails on a file that git cannot read either', async () => {
    const repo = await fixture(options);
    await mkdir(join(repo.box.dir, 'x'), { recursive: true });
    await globally(repo, '[user\n\tname = \n');
    await expect(repo.open()).rejects.toThrow();
  });
}

function writing(options: ContractOptions): void {
  it('sets and appends in the repository’s own file', async () => {
    const repo = await fixture(options);
    await globally(repo, '[x]\n\tone = global\n');
    await locally(repo, '# kept\n[remote "o"]\n\tfetch = first\n');
    const store = await repo.open();
    await store.setConfig('x.one', 'a', 'set');
    await store.setConfig('x.one', 'b', 'set');
    await store.setConfig('x.odd', ' "quoted" # \\ and\nlines ', 'set');
    await store.setConfig('remote.o.fetch', '+refs/x/*:refs/y/*', 'add');
    await store.setConfig('remote.o.fetch', '+refs/x/*:refs/y/*', 'add');
    await store.setConfig('promptaudit.some.Sub.key', '-dash', 'add');
    expect(await repo.git('config', '--local', '--get-all', 'x.one')).toBe('b');
    expect((await repo.box.git(['config', '-z', 'x.odd'], { cwd: repo.dir })).slice(0, -1)).toBe(
      ' "quoted" # \\ and\nlines ',
    );
    expect((await repo.git('config', '--get-all', 'remote.o.fetch')).split('\n')).toEqual([
      'first',
      '+refs/x/*:refs/y/*',
    ]);
    expect(await repo.git('config', 'promptaudit.some.Sub.key')).toBe('-dash');
    expect(await repo.git('config', '--global', 'x.one')).toBe('global');
    expect((await repo.open()).config.get('x.one')).toBe('b');
  });

  it('replaces every value of a key that has several', async () => {
    const repo = await fixture(options);
    await locally(repo, '[x]\n\tmany = a\n\tmany = b\n');
    await (await repo.open()).setConfig('x.many', 'c', 'set');
    expect(await repo.git('config', '--get-all', 'x.many')).toBe('c');
  });
}
