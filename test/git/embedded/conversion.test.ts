import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttributeReader } from '../../../src/git/embedded/attributes.ts';
import { loadGitConfig } from '../../../src/git/embedded/configload.ts';
import { lineEndsOf } from '../../../src/git/embedded/conversion.ts';
import { toWorkTree } from '../../../src/git/embedded/lineends.ts';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import { hashObject } from '../../../src/git/object.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';

const CONTENTS: Readonly<Record<string, string>> = {
  lf: 'one\ntwo\n',
  crlf: 'one\r\ntwo\r\n',
  mixed: 'one\r\ntwo\nthree\r\n',
  lonecr: 'one\rtwo\r\n',
  cronly: 'a\rb\rc',
  crcrlf: 'one\r\r\ntwo\n',
  nul: 'one\r\n\0two\n',
  noend: 'one\r\ntwo',
  controls: 'a\x01\x02b\r\nc\n',
  printable: `${'x'.repeat(200)}\x01\r\n`,
  dosend: 'one\r\ntwo\n\x1a',
  tabs: '\t\b\x1b\x0cone\r\n\n',
  high: 'é\r\nü\n\x7f\n',
  empty: '',
  onlyends: '\r\n\n\r\n',
};
const ATTRIBUTES = [
  '',
  'text',
  '-text',
  'text=auto',
  'text=input',
  'eol=lf',
  'eol=crlf',
  'text eol=crlf',
  'text=auto eol=crlf',
  'text=auto eol=lf',
  '-text eol=crlf',
  '!text eol=crlf',
  'binary',
  'crlf',
  '-crlf',
  'crlf=input',
  'text=odd',
  'text=odd crlf=auto',
  'eol=odd',
  'working-tree-encoding=UTF-8',
];
const SETTINGS = ['false', 'true', 'input'].flatMap((autocrlf) =>
  ['lf', 'crlf', 'native'].map((eol) => ({ autocrlf, eol })),
);

let box: Sandbox;
let repo: string;
const files: string[] = [];

beforeAll(async () => {
  box = await createSandbox();
  repo = join(box.dir, 'repo');
  await box.git(['init', '-q', '-b', 'main', repo]);
  const lines = ATTRIBUTES.map((attributes, index) => `*.a${index} ${attributes}\n`).join('');
  await writeFile(join(repo, '.git/info/attributes'), lines);
  for (const [name, content] of Object.entries(CONTENTS)) {
    for (const index of ATTRIBUTES.keys()) {
      files.push(`${name}.a${index}`);
      await writeFile(join(repo, `${name}.a${index}`), content);
    }
  }
});

afterAll(() => box.remove());

function under({ autocrlf, eol }: { autocrlf: string; eol: string }): Record<string, string> {
  return {
    ...box.env,
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'core.autocrlf',
    GIT_CONFIG_VALUE_0: autocrlf,
    GIT_CONFIG_KEY_1: 'core.eol',
    GIT_CONFIG_VALUE_1: eol,
  };
}

describe.each(SETTINGS)('under core.autocrlf=$autocrlf and core.eol=$eol', (settings) => {
  it('readStored gives the bytes of git hash-object --path', async () => {
    const env = under(settings);
    const input = `${files.join('\n')}\n`;
    const expected = (await box.git(['hash-object', '--stdin-paths'], { cwd: repo, env, input }))
      .trim()
      .split('\n');
    const store = await openEmbeddedStore({ cwd: repo, env });
    const read = await store.workTree!.readStored(files, 1000);
    const ours = read.map((file) =>
      file.state === 'present'
        ? `${file.path} ${hashObject('sha1', { kind: 'blob', bytes: file.bytes })}`
        : file,
    );
    expect(ours).toEqual(files.map((file, index) => `${file} ${expected[index]}`));
  });

  it('toWorkTree gives the bytes of a checkout', async () => {
    const env = under(settings);
    const oids: Record<string, string> = {};
    for (const [name, content] of Object.entries(CONTENTS)) {
      oids[name] = (await box.git(['hash-object', '-w', '--stdin'], { cwd: repo, input: content })).trim();
    }
    const index = join(box.dir, 'index');
    const entries = files.map((file) => `100644 ${oids[file.split('.')[0]!]}\t${file}\n`).join('');
    const withIndex = { ...env, GIT_INDEX_FILE: index };
    await box.git(['update-index', '--index-info'], { cwd: repo, env: withIndex, input: entries });
    const out = join(box.dir, `out-${settings.autocrlf}-${settings.eol}`);
    await box.git(['checkout-index', '-a', '-f', `--prefix=${out}/`], { cwd: repo, env: withIndex });
    const config = await loadGitConfig(env, undefined);
    const attributes = new AttributeReader({
      root: join(box.dir, 'no-folder'),
      outer: [],
      info: join(repo, '.git/info/attributes'),
      ignoreCase: false,
    });
    for (const file of files) {
      const ends = lineEndsOf(await attributes.of(file), config);
      const ours = toWorkTree(Buffer.from(CONTENTS[file.split('.')[0]!]!), ends);
      expect(Buffer.from(ours), file).toEqual(await readFile(join(out, file)));
    }
  });
});

describe('what only git can convert', () => {
  it.each([
    ['*.x filter=f', { 'filter.f.clean': 'cat' }, 'unreadable'],
    ['*.x filter=f', { 'filter.f.process': 'cat' }, 'unreadable'],
    ['*.x filter=f', { 'filter.f.required': 'true' }, 'unreadable'],
    ['*.x filter=f', { 'filter.f.smudge': 'cat' }, 'present'],
    ['*.x filter=f', {}, 'present'],
    ['*.x ident', {}, 'unreadable'],
    ['*.x working-tree-encoding=UTF-16', {}, 'unreadable'],
    ['*.x working-tree-encoding', {}, 'unreadable'],
  ] as const)('%s with %j makes a file %s', async (line, settings, state) => {
    const dir = join(box.dir, 'special');
    await mkdir(dir, { recursive: true });
    await box.git(['init', '-q', dir]);
    await writeFile(join(dir, '.gitattributes'), `${line}\n`);
    await writeFile(join(dir, 'a.x'), '$Id$\n');
    const entries = Object.entries(settings);
    const env = Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    );
    const store = await openEmbeddedStore({
      cwd: dir,
      env: { ...box.env, ...env, GIT_CONFIG_COUNT: String(entries.length) },
    });
    const [file] = await store.workTree!.readStored(['a.x'], 100);
    expect(file?.state).toBe(state);
    if (file?.state === 'unreadable') {
      expect(file.why).toContain('--git native');
    }
  });
});

describe('AttributeReader agrees with git check-attr', () => {
  const pattern = fc.constantFrom(
    ...[
      '*',
      '*.yml',
      'a.yml',
      '/a.yml',
      'd/*.yml',
      'd/',
      '**/e.yml',
      'd/**',
      '**/d/*',
      'd/**/e.yml',
      '?.yml',
      '!a.yml',
    ],
    ...[
      '[ab].yml',
      '[!a].yml',
      '[[:alpha:]].yml',
      'a\\.yml',
      '"a.yml"',
      '"\\141.yml"',
      'A.YML',
      '[attr]mac',
      '[attr]binary',
    ],
  );
  const word = fc.constantFrom(
    'text',
    '-text',
    '!text',
    'text=auto',
    'mac',
    '-mac',
    '!mac',
    'binary',
    'eol=lf',
    'x=a=b',
    '-x',
    '@',
  );
  const line = fc
    .tuple(pattern, fc.array(word, { maxLength: 3 }))
    .map(([p, words]) => [p, ...words].join(' '));
  const file = fc.array(line, { maxLength: 4 }).map((lines) => `${lines.join('\n')}\n`);

  it('whatever the files say', async () => {
    const dir = join(box.dir, 'attributes');
    await mkdir(join(dir, 'd/e'), { recursive: true });
    await box.git(['init', '-q', dir]);
    const paths = ['a.yml', 'b.yml', 'd/a.yml', 'd/e/e.yml', 'e.yml', 'd/e/A.YML'];
    const outer = join(box.dir, 'outer-attributes');
    await box.git(['config', 'core.attributesFile', outer], { cwd: dir });
    await fc.assert(
      fc.asyncProperty(
        file,
        file,
        file,
        file,
        fc.boolean(),
        async (top, nested, info, global, ignoreCase) => {
          await writeFile(join(dir, '.gitattributes'), top);
          await writeFile(join(dir, 'd/.gitattributes'), nested);
          await writeFile(join(dir, '.git/info/attributes'), info);
          await writeFile(outer, global);
          const printed = await box.git(
            ['-c', `core.ignoreCase=${ignoreCase}`, 'check-attr', '-z', '-a', '--stdin'],
            {
              cwd: dir,
              input: `${paths.join('\0')}\0`,
            },
          );
          const fields = printed.split('\0');
          const theirs: string[] = [];
          for (let at = 0; at + 2 < fields.length; at += 3) {
            theirs.push(fields.slice(at, at + 3).join(' '));
          }
          const reader = new AttributeReader({
            root: dir,
            outer: [outer],
            info: join(dir, '.git/info/attributes'),
            ignoreCase,
          });
          const ours: string[] = [];
          for (const path of paths) {
            for (const [name, state] of await reader.of(path)) {
              ours.push(`${path} ${name} ${state === true ? 'set' : state === false ? 'unset' : state}`);
            }
          }
          expect(ours.toSorted()).toEqual(theirs.toSorted());
        },
      ),
      { numRuns: 60 },
    );
  });
});
