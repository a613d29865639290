import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { configFromEntries } from '../../src/git/config.ts';
import { editConfig } from '../../src/git/embedded/configedit.ts';
import { parseConfigFile } from '../../src/git/embedded/configfile.ts';
import { loadEntries } from '../../src/git/embedded/configload.ts';
import { createSandbox, run, type Sandbox, sandbox } from '../helpers/sandbox.ts';

type Entry = readonly [string, string | undefined];

/** `git config --list -z`: key, line feed, value, NUL; no line feed where there is no `=`. */
function parseList(bytes: Buffer): Entry[] {
  return bytes
    .toString()
    .split('\0')
    .slice(0, -1)
    .map((item) => {
      const end = item.indexOf('\n');
      return end === -1 ? [item, undefined] : [item.slice(0, end), item.slice(end + 1)];
    });
}

/** What real git reads in a file; `undefined` where it refuses it. */
async function gitReads(box: Sandbox, file: string): Promise<Entry[] | undefined> {
  const result = await run('git', ['config', '--file', file, '--list', '-z'], { cwd: box.dir, env: box.env });
  return result.code === 0 ? parseList(result.stdout) : undefined;
}

function weRead(text: string, file = 'file'): Entry[] | undefined {
  try {
    return parseConfigFile(text, file).lines.map(({ key, value }) => [key, value] as const);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return undefined;
  }
}

describe('parseConfigFile agrees with git config --list', () => {
  it.each([
    'foo = bar\n[a]\nb=c\n',
    '[]\na=b\n',
    '[a]b=c\n',
    '[a] b = c ; d\n',
    '[a ""]\nb=c\n',
    '[a.B "C.d"]\nb=c\n',
    '[a.B]\nCc=c\n',
    '[a"x"]\nb=c',
    '[a "x" ]\nb=c',
    '[a ]\nb=c',
    '[a\t"x"]\nb=c',
    '[a "x\\"\\\\\\t]y"]\nb=c',
    '[a "x\\\ny"]\nb=c',
    '[a "x\r\ny"]\nb=1',
    '[a]\nb = x\\',
    '[a]\nb = x \\\n   y  \n',
    '[a]\nb=x\\\r\ny\r\n',
    '[a]\nb = "" x "  \n',
    '[a]\nb = ""  \n',
    '[a]\nb = x " " \n',
    '[a]\nb = x "" # c\n',
    '[a]\nb = "   \n"',
    '[a]\nb = "a;b#c" ; d\n',
    '[a]\nb = a;b\n',
    '[a]\nb = \\q\n',
    '[a]\nb = \\t\\b\\n\\\\\\"\n',
    '[a]\nb_c=1\n',
    '[a]\nb c=1\n',
    '[a]\nb\n',
    '[a]\nb \n',
    '[a]\nb # c\n',
    '[a]\nb=\n',
    '[a]\n1b=1',
    '[a.b]\nC.D=1',
    '\ufeff[a]\nb=x\n',
    '[a]\nb=x\v \n',
    '[a]\v\nb=1\n',
    '[a]\nb= \\\n\n',
    '[a]\nb = ü\u00a0\n',
    '# only\n; comments',
    '',
  ])('%j', async (text) => {
    const box = await sandbox();
    const file = join(box.dir, 'c.cfg');
    await writeFile(file, text);
    expect(weRead(text)).toEqual(await gitReads(box, file));
  });

  it('on whatever is put together from pieces of its syntax', async () => {
    const box = await createSandbox();
    const piece = fc.constantFrom(
      ...[
        '[a]',
        '[a "b"]',
        '[A.c]',
        '[',
        ']',
        '"',
        '\\',
        '\\"',
        '\\n',
        '\\\n',
        '\n',
        '\n',
        '\r\n',
        ' ',
        '\t',
      ],
      ...['=', ' = ', 'key', 'Key-2', 'b', '#', ';', 'x y', '\nname = ', 'é', '.'],
    );
    const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
    try {
      await fc.assert(
        fc.asyncProperty(text, async (body) => {
          const file = join(box.dir, 'c.cfg');
          await writeFile(file, body);
          // Before 2.45 git turned each blank inside a value into a space.
          const blanks = (entries: Entry[] | undefined) =>
            entries?.map(([key, value]) => [key, value?.replace(/[\t\r]/g, ' ')]);
          expect(blanks(weRead(body))).toEqual(blanks(await gitReads(box, file)));
        }),
        { numRuns: 150 },
      );
    } finally {
      await box.remove();
    }
  });

  it('names the file and the line of a mistake', () => {
    expect(() => parseConfigFile('[a]\n\tb = 1\n\tc = "open\n', '/etc/x')).toThrow(/\/etc\/x, line 3/);
  });
});

const SECTION = fc.constantFrom('core', 'Remote', 'a-b');
const SUBSECTION = fc.option(
  fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'B', '.', '"', '\\', ' ', ']', '#', 'ü') }),
  { nil: undefined },
);
const NAME = fc.constantFrom('x', 'Name', 'a1', 'very-long-name');
const VALUE = fc.string({
  maxLength: 12,
  unit: fc.constantFrom('a', 'Z', '"', '\\', ' ', '#', ';', '\n', '=', '[', ']', '\b', 'ü', '-'),
});
const KEY = fc
  .tuple(SECTION, SUBSECTION, NAME)
  .map(([section, sub, name]) => (sub === undefined ? `${section}.${name}` : `${section}.${sub}.${name}`));
const EDITS = fc.array(fc.tuple(KEY, VALUE, fc.constantFrom('set' as const, 'add' as const)), {
  minLength: 1,
  maxLength: 6,
});

describe('editConfig', () => {
  it('keeps every other line as it is', () => {
    const text = '# top\n[a]\n\tx = 1 # one\n[b "S"]\n\ty = 2\n; between\n[a]\n  x = 3\n';
    expect(editConfig(text, 'f', 'b.S.z', ' q', 'set')).toBe(
      '# top\n[a]\n\tx = 1 # one\n[b "S"]\n\ty = 2\n\tz = " q"\n; between\n[a]\n  x = 3\n',
    );
    expect(editConfig(text, 'f', 'b.S.Y', '5', 'set')).toBe(text.replace('y = 2', 'Y = 5'));
    expect(editConfig('[a] # why\n[b]\n', 'f', 'a.d', '1', 'add')).toBe('[a] # why\n\td = 1\n[b]\n');
    expect(editConfig('[a]\n\tx = 1', 'f', 'c.d', '1', 'add')).toBe('[a]\n\tx = 1\n[c]\n\td = 1\n');
  });

  it.each(['nodot', 'a.', '.b', 'a.1x', 'a b.c', 'a.b\nc.d', 'a.x.y_z'])('refuses the key %j', (key) => {
    expect(() => editConfig('', 'f', key, '1', 'set')).toThrow(Failure);
  });

  it('refuses a value that cannot be written', () => {
    expect(() => editConfig('', 'f', 'a.b', 'x\0y', 'set')).toThrow(Failure);
  });

  it('leaves what git reads as git itself would have left it', async () => {
    const box = await createSandbox();
    try {
      await fc.assert(
        fc.asyncProperty(EDITS, async (edits) => {
          const [ours, theirs] = [join(box.dir, 'ours'), join(box.dir, 'theirs')];
          let text = '';
          await writeFile(theirs, '');
          for (const [key, value, mode] of edits) {
            text = editConfig(text, 'ours', key, value, mode);
            const there = (await gitReads(box, theirs)) ?? [];
            const sameKey = configFromEntries(there, undefined).getAll(key).includes(value);
            const how = mode === 'set' ? ['--replace-all'] : ['--add'];
            if (mode === 'set' || !sameKey) {
              await box.git(['config', '--file', theirs, ...how, key, value]);
            }
          }
          await writeFile(ours, text);
          const sorted = (entries: Entry[] | undefined) =>
            entries?.map((entry) => JSON.stringify(entry)).sort();
          expect(sorted(await gitReads(box, ours))).toEqual(sorted(await gitReads(box, theirs)));
          expect(sorted(weRead(await readFile(theirs, 'utf8')))).toEqual(sorted(await gitReads(box, theirs)));
        }),
        { numRuns: 20 },
      );
    } finally {
      await box.remove();
    }
  });
});

describe('loadEntries', () => {
  /** Compares with `git config --list` in the same folder and environment. */
  async function likeGit(
    box: Sandbox,
    env: Readonly<Record<string, string>> = {},
  ): Promise<readonly Entry[]> {
    const cwd = join(box.dir, 'repo');
    const all = { ...box.env, ...env };
    const result = await run('git', ['config', '--list', '--includes', '-z'], { cwd, env: all });
    expect(result.code, result.stderr).toBe(0);
    const gitDir = join(cwd, '.git');
    const entries = await loadEntries(all, { gitDir, commonDir: gitDir });
    expect(entries).toEqual(parseList(result.stdout));
    return entries;
  }

  async function repository(): Promise<Sandbox> {
    const box = await sandbox();
    await box.git(['init', '-q', '-b', 'main', 'repo']);
    return box;
  }

  it('reads the system, XDG and home files, then the repository, as git orders them', async () => {
    const box = await repository();
    await mkdir(join(box.dir, '.config/git'), { recursive: true });
    await writeFile(join(box.dir, 'system'), '[x]\n\twho = system\n');
    await writeFile(join(box.dir, '.config/git/config'), '[x]\n\twho = xdg\n');
    await writeFile(join(box.dir, '.gitconfig'), '[x]\n\twho = home\n');
    await box.git(['config', 'x.who', 'repository'], { cwd: join(box.dir, 'repo') });
    const { GIT_CONFIG_GLOBAL: _, ...rest } = box.env;
    const env = { ...rest, GIT_CONFIG_NOSYSTEM: '0', GIT_CONFIG_SYSTEM: join(box.dir, 'system') };
    const cwd = join(box.dir, 'repo');
    const gitDir = join(cwd, '.git');
    const result = await run('git', ['config', '--list', '-z'], { cwd, env });
    const entries = await loadEntries(env, { gitDir, commonDir: gitDir });
    expect(entries).toEqual(parseList(result.stdout));
    expect(entries.filter(([key]) => key === 'x.who').map(([, value]) => value)).toEqual([
      'system',
      'xdg',
      'home',
      'repository',
    ]);
  });

  it('reads what the environment adds, GIT_CONFIG_PARAMETERS of both kinds included', async () => {
    const box = await repository();
    const entries = await likeGit(box, {
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'A.Sub.Key',
      GIT_CONFIG_VALUE_0: 'one two',
      GIT_CONFIG_KEY_1: 'a.empty',
      GIT_CONFIG_VALUE_1: '',
      GIT_CONFIG_PARAMETERS: `'b.new'='it'\\''s' 'c.old=x=y' 'd.bare' 'e.none'=`,
    });
    expect(entries.slice(-6)).toEqual([
      ['a.Sub.key', 'one two'],
      ['a.empty', ''],
      ['b.new', "it's"],
      ['c.old', 'x=y'],
      ['d.bare', undefined],
      ['e.none', undefined],
    ]);
  });

  it.each([
    { GIT_CONFIG_COUNT: 'many' },
    { GIT_CONFIG_COUNT: '1' },
    { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'nodot', GIT_CONFIG_VALUE_0: 'x' },
    { GIT_CONFIG_PARAMETERS: 'unquoted' },
    { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'include.path', GIT_CONFIG_VALUE_0: 'relative' },
  ] as const)('refuses %j, as git does', async (env) => {
    const box = await repository();
    const all = { ...box.env, ...env };
    const gitDir = join(box.dir, 'repo/.git');
    const result = await run('git', ['config', '--list'], { cwd: join(box.dir, 'repo'), env: all });
    expect(result.code).not.toBe(0);
    await expect(loadEntries(all, { gitDir, commonDir: gitDir })).rejects.toBeInstanceOf(Failure);
  });

  it.each([
    ['gitdir', 'gitdir:repo/', true],
    ['gitdir', 'gitdir:rep', false],
    ['gitdir', 'gitdir:./repo/.git', true],
    ['gitdir', 'gitdir:~/repo/', true],
    ['gitdir', 'gitdir:~/*/.git', true],
    ['gitdir', 'gitdir:~/*', false],
    ['gitdir', 'gitdir:REPO/', false],
    ['gitdir/i', 'gitdir/i:REPO/', true],
    ['onbranch', 'onbranch:ma?n', true],
    ['onbranch', 'onbranch:m/', false],
    ['hasconfig', 'hasconfig:remote.*.url:https://*.example/**', true],
    ['hasconfig', 'hasconfig:remote.*.url:ssh://**', false],
    ['unknown', 'moon:full', false],
  ])('follows includeIf %s as git does: %s', async (_, condition, applies) => {
    const box = await repository();
    await box.git(['config', 'remote.o.url', 'https://git.example/a/b'], { cwd: join(box.dir, 'repo') });
    await writeFile(join(box.dir, 'included'), '[inc]\n\tluded\n');
    await writeFile(
      join(box.dir, '.gitconfig'),
      `[includeIf "${condition}"]\n\tpath = included\n[z]\n\tz = 1\n`,
    );
    const entries = await likeGit(box);
    expect(entries.some(([key]) => key === 'inc.luded')).toBe(applies);
  });

  it('follows includes ten deep, and refuses a circle', async () => {
    const box = await repository();
    for (let depth = 0; depth < 10; depth += 1) {
      const next = depth < 9 ? `[include]\n\tpath = ${depth + 1}.inc\n` : '';
      await writeFile(join(box.dir, `${depth}.inc`), `[x]\n\tdepth = ${depth}\n${next}`);
    }
    await writeFile(join(box.dir, '.gitconfig'), '[include]\n\tpath = 0.inc\n\tpath = absent\n');
    expect((await likeGit(box)).filter(([key]) => key === 'x.depth')).toHaveLength(10);
    await writeFile(join(box.dir, '.gitconfig'), '[include]\n\tpath = ~/.gitconfig\n');
    await expect(loadEntries(box.env, undefined)).rejects.toThrow(/deep/);
  });

  it('needs no repository', async () => {
    const box = await sandbox();
    await writeFile(join(box.dir, '.gitconfig'), '[includeIf "gitdir:**"]\n\tpath = x\n[a]\n\tb = c\n');
    await writeFile(join(box.dir, 'x'), '[a]\n\tb = wrong\n');
    expect((await loadEntries(box.env, undefined)).at(-1)).toEqual(['a.b', 'c']);
  });
});

describe('configFromEntries', () => {
  it('expands nothing where there is no home', () => {
    const config = configFromEntries([['a.b', '~/x']], undefined);
    expect(() => config.getPath('a.b')).toThrow(Failure);
    expect(() => configFromEntries([['a.b', '~nobody-of-this-name/x']], '/h').getPath('a.b')).toThrow(
      Failure,
    );
    expect(configFromEntries([['a.b', '~']], '/h').getPath('a.b')).toBe('/h');
  });
});
