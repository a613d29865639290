import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hang, inFields, paint, span, wrap, wrapAdvice, wrapText } from '../../src/report/layout.ts';
import { table } from '../../src/report/table.ts';
import { visibleWidth } from '../../src/report/text.ts';
import { HOSTILE, MARKED, markedPage, plainPage } from './fixtures.ts';

describe('wrap', () => {
  it('breaks at blanks, and drops those at the break', () => {
    expect(wrap([span('the quick brown fox')], 10)).toEqual(['the quick', 'brown fox']);
  });

  it('breaks a word that is wider than the line', () => {
    expect(wrap([span('see abcdefghijkl')], 8)).toEqual(['see', 'abcdefgh', 'ijkl']);
  });

  it.each([
    ['clinical-intake/adults', 16, ['clinical-intake/', 'adults']],
    ['clinical-intake/adults', 15, ['clinical-', 'intake/adults']],
    ['prompts/a_b.prompt.yml', 12, ['prompts/a_b.', 'prompt.yml']],
    // What would be left to the next line is more than what the mark saves.
    ['a-bcdefghijkl', 8, ['a-bcdefg', 'hijkl']],
    ['see --------------', 6, ['see', '------', '------', '--']],
  ])('breaks the name %s behind a mark that is near: %d', (text, width, lines) => {
    expect(wrap([span(text)], width)).toEqual(lines);
  });

  it('counts wide characters as two columns', () => {
    expect(wrap([span('張偉張偉張')], 5)).toEqual(['張偉', '張偉', '張']);
  });

  it('colours each line on its own, and measures without the colours', () => {
    expect(wrap([span('plain '), span('red words', MARKED.bad)], 9)).toEqual([
      'plain <bad>red</bad>',
      '<bad>words</bad>',
    ]);
  });

  it('keeps a word together that changes colour', () => {
    expect(wrap([span('aaa bb'), span('cc', MARKED.good)], 5)).toEqual(['aaa', 'bb<good>cc</good>']);
  });

  it('never goes beyond the width and never loses a character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' })),
        fc.integer({ min: 2, max: 40 }),
        (texts, width) => {
          const spans = texts.map((text) => span(text));
          const lines = wrap(spans, width);
          for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
          expect(lines.join('').replaceAll(' ', '')).toBe(paint(spans).replaceAll(' ', ''));
        },
      ),
    );
  });
});

it('breaks lines between fields, and a field only where it is wider than a line', () => {
  const fields = ['Ann Novak <ann@acme.example>', '2026-11-21T09:40:00Z', '20 hours ago', '2a2ad197b7'];
  const spans = fields.map((text) => span(text));
  expect(inFields(spans, 60)).toEqual([
    'Ann Novak <ann@acme.example>  2026-11-21T09:40:00Z',
    '20 hours ago  2a2ad197b7',
  ]);
  expect(inFields(spans, 20)).toEqual([
    'Ann Novak',
    '<ann@acme.example>',
    '2026-11-21T09:40:00Z',
    '20 hours ago',
    '2a2ad197b7',
  ]);
});

it('hangs the lines after the first below the text', () => {
  expect(hang([span('57  ')], [span('deployed to production')], 16)).toEqual([
    '57  deployed to',
    '    production',
  ]);
});

it('wraps each line of a text for itself, and leaves empty lines empty', () => {
  expect(wrapText('first line\n\n  indented', 10, '> ')).toEqual([
    '> first',
    '> line',
    '',
    '>   indent',
    '> ed',
  ]);
});

describe('wrapAdvice', () => {
  const command = 'promptaudit policy add al@acme.example --role author';

  it('gives a command that does not fit a line of its own, and breaks it nowhere', () => {
    expect(wrapAdvice(`ask an admin, or run: ${command}`, 30, '  ')).toEqual([
      '  ask an admin, or run:',
      `  ${command}`,
    ]);
    expect(wrapAdvice(`edited: run ${command}`, 30)).toEqual(['edited: run', command]);
    expect(wrapAdvice('let it in: git show a; then git show bb', 30)).toEqual([
      'let it in:',
      'git show a; then git show bb',
    ]);
  });

  it('begins a line behind each &&, where a shell reads on', () => {
    expect(wrapAdvice(`to do: git add it && ${command} && git push`, 30, '  ')).toEqual([
      '  to do:',
      '  git add it &&',
      `  ${command} &&`,
      '  git push',
    ]);
  });

  it('leaves what fits on one line, and words, as they are', () => {
    expect(wrapAdvice(`run: ${command}`, 80)).toEqual([`run: ${command}`]);
    expect(wrapAdvice('what it is about: git alone', 20)).toEqual(['what it is about:', 'git alone']);
    expect(wrapAdvice('one: two three', 9)).toEqual(['one: two', 'three']);
  });
});

describe('table', () => {
  const columns = [
    { title: 'prompt', fit: 'wrap' },
    { title: 'version', align: 'right' },
    { title: 'about', fit: 'truncate' },
  ] as const;
  const rows = [
    [[span('clinical-intake/adults')], [span('v12')], [span('Asks about the reason for the visit')]],
    [[span('triage')], [span('v3')], [span('短')]],
  ];

  it('gives each column what it needs where there is room', () => {
    expect(table(columns, rows, plainPage(80))).toEqual([
      'prompt                  version  about',
      'clinical-intake/adults      v12  Asks about the reason for the visit',
      'triage                       v3  短',
    ]);
  });

  it('takes from the widest columns where there is not: by cutting one, by going on below in another', () => {
    expect(table(columns, rows, plainPage(40))).toEqual([
      'prompt          version  about',
      'clinical-           v12  Asks about the…',
      'intake/adults',
      'triage               v3  短',
    ]);
  });

  it('takes from what can be broken between words before it breaks one', () => {
    const wrapping = [
      { title: 'prompt', fit: 'wrap' },
      { title: 'active', fit: 'wrap' },
    ] as const;
    const row = [[span('medication-reconciliation')], [span('staging v12, production v12')]];
    expect(table(wrapping, [row], plainPage(42))).toEqual([
      'prompt                     active',
      'medication-reconciliation  staging v12,',
      '                           production v12',
    ]);
  });

  it('breaks a very long name behind its marks before it takes all from the others, and no address', () => {
    const wrapping = [
      { title: 'prompt', fit: 'wrap' },
      { title: 'author', fit: 'wrap' },
      { title: 'active', fit: 'wrap' },
    ] as const;
    const row = [
      [span('clinical-intake/adults-with-a-very-long-name')],
      [span('the.night.shift@st-marys.hospital.example')],
      [span('staging v12, production v12')],
    ];
    expect(table(wrapping, [row], plainPage(80))).toEqual([
      'prompt             author                                     active',
      'clinical-intake/   the.night.shift@st-marys.hospital.example  staging v12,',
      'adults-with-a-                                                production v12',
      'very-long-name',
    ]);
  });

  it('puts one cell on a line where even that is too narrow', () => {
    expect(table(columns, rows, plainPage(24))).toEqual([
      'prompt: clinical-intake/',
      '        adults',
      'version: v12',
      'about: Asks about the',
      '       reason for the',
      '       visit',
      '',
      'prompt: triage',
      'version: v3',
      'about: 短',
    ]);
  });

  it('aligns by what is seen, not by colour codes', () => {
    const painted = [[[span('a', MARKED.bad)], [span('v1', MARKED.accent)], [span('x')]]];
    expect(table(columns, painted, markedPage(80))).toEqual([
      '<dim>prompt</dim>  <dim>version</dim>  <dim>about</dim>',
      '<bad>a</bad>            <accent>v1</accent>  x',
    ]);
  });

  it('shows hostile cells harmless, and still fits', () => {
    const hostile = [[[span(HOSTILE)], [span('v1')], [span('a\nb')]]];
    for (const width of [80, 140]) {
      const lines = table(columns, hostile, plainPage(width));
      expect(lines.join('')).toMatch(/^[\x20-\x7e…]*$/);
      for (const line of lines) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
    }
  });
});
