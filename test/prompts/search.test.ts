import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { type SearchPattern, searchText } from '../../src/prompts/search.ts';
import { sandbox } from '../helpers/sandbox.ts';

const TEXT = 'model: openai/gpt-5\ncontent: |\n  Be kind. Be brief (be).\n\n  a.c abc [x]\n  Überall über\n';

function search(
  kind: SearchPattern['kind'],
  value: string,
  ignoreCase = false,
  text = TEXT,
): readonly string[] {
  return searchText(text, { kind, value, ignoreCase }).map(
    ({ line, column, length }) => `${line}:${column}+${length}`,
  );
}

test.each<[SearchPattern['kind'], string, boolean, readonly string[]]>([
  ['text', 'Be', false, ['3:3+2', '3:12+2']],
  ['text', 'Be', true, ['3:3+2', '3:12+2', '3:22+2', '6:4+2', '6:12+2']],
  ['text', 'a.c', false, ['5:3+3']],
  ['text', '[x]', false, ['5:11+3']],
  ['text', '(be).', false, ['3:21+5']],
  ['text', 'über', true, ['6:3+4', '6:11+4']],
  ['text', 'absent', false, []],
  ['text', 'kind.\n', false, []],
  ['regex', 'a.c', false, ['5:3+3', '5:7+3']],
  ['regex', '^\\w+:', false, ['1:1+6', '2:1+8']],
  ['regex', 'f$', false, []],
  ['regex', '\\|$', false, ['2:10+1']],
  ['regex', 'BRIEF', true, ['3:15+5']],
  ['regex', 'x*', false, ['5:12+1']],
  ['regex', '\\p{Lu}', false, ['3:3+1', '3:12+1', '6:3+1']],
])('%s %j', (kind, value, ignoreCase, expected) => {
  expect(search(kind, value, ignoreCase)).toEqual(expected);
});

test('a match shows its whole line', () => {
  expect(searchText('one\r\ntwo words\r\n', { kind: 'text', value: 'words', ignoreCase: false })).toEqual([
    { line: 2, column: 5, length: 5, text: 'two words' },
  ]);
});

test('grep finds the same places', async () => {
  const box = await sandbox();
  const lines = ['one two', 'Two two-two', '', 'none', '  [two]', ''];
  const starts = lines.map((_, index) => lines.slice(0, index).join('\n').length + (index === 0 ? 0 : 1));
  await writeFile(join(box.dir, 'p.yml'), lines.join('\n'));
  const found = await box.ok('grep', ['-n', '-b', '-i', '-o', '-F', 'two', 'p.yml']);
  const places = [...found.matchAll(/^(\d+):(\d+):/gm)].map(([, line, byte]) => {
    return `${line}:${Number(byte) - (starts[Number(line) - 1] ?? 0) + 1}+3`;
  });
  expect(places).toHaveLength(5);
  expect(search('text', 'two', true, lines.join('\n'))).toEqual(places);
});

test.each<[SearchPattern['kind'], string, string]>([
  ['text', '', 'nothing to search for'],
  ['regex', '', 'nothing to search for'],
  ['regex', '(', 'no regular expression'],
  ['regex', '\\', 'no regular expression'],
  ['regex', 'a{2,1}', 'no regular expression'],
])('%s %j is refused', (kind, value, message) => {
  expect(() => search(kind, value)).toThrow(message);
  expect(() => search(kind, value)).toThrow(Failure);
});

test('an expression that would search for ever is stopped', () => {
  expect(() => search('regex', '^(a+)+$', false, `${'a'.repeat(60)}!`)).toThrow(/more than 2 seconds/);
});
