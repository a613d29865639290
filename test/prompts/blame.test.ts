import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blameLines } from '../../src/prompts/blame.ts';
import { sandbox } from '../helpers/sandbox.ts';

function blame(...texts: readonly string[]): readonly string[] {
  return blameLines(texts.map((text, index) => ({ number: index + 1, text }))).map(
    ({ line, version }) => `${version} ${line}`,
  );
}

test('every line belongs to the version that brought it', () => {
  expect(blame('a\nb\nc\n', 'a\nB\nc\n', 'new\na\nB\nc\nend\n')).toEqual([
    '3 new',
    '1 a',
    '2 B',
    '1 c',
    '3 end',
  ]);
});

test('a line that went and came back belongs to the version that brought it back', () => {
  expect(blame('a\nb\n', 'a\n', 'a\nb\n')).toEqual(['1 a', '3 b']);
});

test('version numbers are taken as they are', () => {
  expect(
    blameLines([
      { number: 4, text: 'a' },
      { number: 9, text: 'a\nb' },
    ]),
  ).toEqual([
    { line: 'a', version: 4 },
    { line: 'b', version: 9 },
  ]);
});

test('nothing is nobody’s', () => {
  expect(blame()).toEqual([]);
  expect(blame('')).toEqual([]);
  expect(blame('a\n', '')).toEqual([]);
  expect(blame('\n')).toEqual(['1 ']);
});

test('a newline at the end, or CR LF, does not make a line another', () => {
  expect(blame('a\nb', 'a\nb\n', 'a\r\nb\r\n')).toEqual(['1 a', '1 b']);
});

test('git blame says the same', async () => {
  const box = await sandbox();
  const versions = [
    'role: system\ncontent: |\n  You are kind.\n  Be brief.\n',
    'role: system\ncontent: |\n  You are kind.\n  Be careful.\n  Be brief.\n',
    'name: x\nrole: system\ncontent: |\n  You are careful.\n  Be brief.\n',
    'name: x\nrole: developer\ncontent: |\n  You are careful.\n  Be careful.\n  Be brief.\n  The end.\n',
  ];
  await box.git(['init', '-q']);
  for (const [index, text] of versions.entries()) {
    await writeFile(join(box.dir, 'p.yml'), text);
    await box.git(['add', 'p.yml']);
    await box.git(['-c', 'user.name=n', '-c', 'user.email=e@x', 'commit', '-q', '-m', `${index + 1}`]);
  }
  const porcelain = await box.git(['blame', '--line-porcelain', 'p.yml']);
  const summaries = [...porcelain.matchAll(/^summary (\d+)$/gm)].map((match) => Number(match[1]));
  const last = versions.map((text, index) => ({ number: index + 1, text }));
  expect(blameLines(last).map(({ version }) => version)).toEqual(summaries);
});

test('the lines are the newest version, each from a version that has it', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', 'd', ''), { minLength: 1, maxLength: 8 })
    .map((all) => `${all.join('\n')}\n`);
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
      const lines = blameLines(texts.map((one, index) => ({ number: index, text: one })));
      expect(lines.map(({ line }) => `${line}\n`).join('')).toBe(texts.at(-1));
      for (const { line, version } of lines) expect(texts[version]?.split('\n')).toContain(line);
    }),
  );
});
