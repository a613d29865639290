import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import { wildmatch } from '../../../src/git/embedded/wildmatch.ts';
import { createSandbox } from '../../helpers/sandbox.ts';

const FILES = [
  'a',
  'b.log',
  'keep.log',
  'd/a',
  'd/x.yml',
  'd/e/a',
  'd/e/f/g.log',
  'B.LOG',
  'sp ace',
  'd/#h',
  '!n',
  'é',
];
const PATTERN = fc.constantFrom(
  ...[
    'a',
    '/a',
    '*.log',
    '!keep.log',
    'd/',
    '/d/e/',
    'd/e',
    '!d/e',
    'd/*',
    'd/**',
    '**/a',
    '**/e/**',
    'e/f',
    '!**/g.log',
  ],
  ...[
    'd/**/a',
    '*',
    '!*',
    '?',
    '[ab]*',
    '[!a]',
    '#h',
    '\\#h',
    '!n',
    '\\!n',
    'a ',
    'sp\\ ace',
    'sp ace ',
    'sp?ace ',
    '',
    '/',
  ],
  ...[
    '*.LOG',
    'b.log\r',
    '\\',
    'a\\',
    '[a',
    '***',
    'd/***/a',
    '[[:upper:]]*',
    '[]a]',
    'd//a',
    '??',
    '[\\]a]',
    '*/e/',
  ],
);
const BODY = fc.array(PATTERN, { maxLength: 4 }).map((lines) => lines.join('\n'));

it('listFiles agrees with git ls-files, whatever is ignored', async () => {
  const box = await createSandbox();
  try {
    const dir = join(box.dir, 'repo');
    await box.git(['init', '-q', dir]);
    for (const file of FILES) {
      await mkdir(join(dir, file, '..'), { recursive: true });
      await writeFile(join(dir, file), '');
    }
    await box.git(['add', '-f', 'd/x.yml'], { cwd: dir });
    await fc.assert(
      fc.asyncProperty(
        BODY,
        BODY,
        BODY,
        BODY,
        fc.boolean(),
        async (top, nested, info, global, ignoreCase) => {
          await writeFile(join(dir, '.gitignore'), top);
          await writeFile(join(dir, 'd/.gitignore'), nested);
          await writeFile(join(dir, '.git/info/exclude'), info);
          await mkdir(join(box.dir, '.config/git'), { recursive: true });
          await writeFile(join(box.dir, '.config/git/ignore'), global);
          const env = {
            ...box.env,
            GIT_CONFIG_COUNT: '1',
            GIT_CONFIG_KEY_0: 'core.ignoreCase',
            GIT_CONFIG_VALUE_0: String(ignoreCase),
          };
          const store = await openEmbeddedStore({ cwd: dir, env });
          const listing = ['ls-files', '-c', '-o', '--exclude-standard', '-z'];
          for (const folder of ['', 'd']) {
            const printed = await box.git([...listing, ...(folder === '' ? [] : ['--', folder])], {
              cwd: dir,
              env,
            });
            const theirs = printed.split('\0').slice(0, -1).toSorted();
            expect(await store.workTree!.listFiles(folder), folder).toEqual(theirs);
          }
        },
      ),
      { numRuns: 80 },
    );
  } finally {
    await box.remove();
  }
});

it('a pattern with many stars does not take for ever', () => {
  const matches = wildmatch(`${'*a'.repeat(500)}b`, false);
  expect(matches('a'.repeat(2000))).toBe(false);
  expect(matches(`${'a'.repeat(2000)}b`)).toBe(true);
});
