import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseTemplate, variableNames } from '../../src/prompts/template.ts';

test('text and variables, in order', () => {
  expect(parseTemplate('Dear {{name}}, {{ a_1 }}{{\tB}}!')).toEqual({
    parts: [
      { kind: 'text', text: 'Dear ' },
      { kind: 'variable', name: 'name', offset: 5 },
      { kind: 'text', text: ', ' },
      { kind: 'variable', name: 'a_1', offset: 15 },
      { kind: 'variable', name: 'B', offset: 24 },
      { kind: 'text', text: '!' },
    ],
    faults: [],
  });
});

test.each([
  '',
  'plain',
  '{name}',
  'a } b }} c',
  '{"a": {"b": {}}}',
  '$(x) %s',
  'a {# b',
  'h1 {#id}{ color }'.slice(0, 6),
])('%j is text alone', (text) => {
  expect(parseTemplate(text)).toEqual({ parts: text === '' ? [] : [{ kind: 'text', text }], faults: [] });
});

test('a brace behind a variable is text: JSON with a variable in it is common', () => {
  expect(parseTemplate('{"x": {{y}}}').parts).toEqual([
    { kind: 'text', text: '{"x": ' },
    { kind: 'variable', name: 'y', offset: 6 },
    { kind: 'text', text: '}' },
  ]);
});

test.each([
  ['{{#if x}}', 'template/control-syntax'],
  ['{{ #each x }}', 'template/control-syntax'],
  ['{{/if}}', 'template/control-syntax'],
  ['{{> partial}}', 'template/control-syntax'],
  ['{{^x}}', 'template/control-syntax'],
  ['{{! comment {x} }}', 'template/control-syntax'],
  ['{{& raw}}', 'template/control-syntax'],
  ['{{- x -}}', 'template/control-syntax'],
  ['{{{raw}}}', 'template/control-syntax'],
  ['{% if x %}', 'template/control-syntax'],
  ['{# a comment #}', 'template/control-syntax'],
  ['{{a.b}}', 'template/variable-name'],
  ['{{a-b}}', 'template/variable-name'],
  ['{{1a}}', 'template/variable-name'],
  ['{{ä}}', 'template/variable-name'],
  ['{{a | upper}}', 'template/variable-name'],
  ['{{}}', 'template/variable-name'],
  ['{{\u00a0a}}', 'template/variable-name'],
  ['{{name', 'template/unclosed'],
  ['{{name}', 'template/unclosed'],
  ['{{na\nme}}', 'template/unclosed'],
])('%j is a fault', (text, code) => {
  const { parts, faults } = parseTemplate(`ab ${text}`);
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatchObject({ code, offset: 3 });
  expect(parts).toEqual([{ kind: 'text', text: `ab ${text}` }]);
});

test('every fault is found, and variables beside them', () => {
  const { parts, faults } = parseTemplate('{{#if a}}{{b}}{{/if}} {{c d}}');
  expect(faults.map((fault) => fault.offset)).toEqual([0, 14, 22]);
  expect(variableNames(parts)).toEqual(['b']);
});

test('names are listed once, in order of first use', () => {
  expect(variableNames(parseTemplate('{{b}}{{a}}{{b}}').parts)).toEqual(['b', 'a']);
});

test('the parts are the whole text', () => {
  const piece = fc.oneof(
    fc.constantFrom('{{', '}}', '{', '}', '{%', '{#', '#}', 'name', ' ', '\n', '{{x}}', '{{ y }}'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      let rebuilt = '';
      for (const part of parseTemplate(text).parts) {
        if (part.kind === 'text') rebuilt += part.text;
        else {
          expect(part.offset).toBe(rebuilt.length);
          const source = text.slice(part.offset, text.indexOf('}}', part.offset) + 2);
          expect(source.replace(/[{} \t]/g, '')).toBe(part.name);
          rebuilt += source;
        }
      }
      expect(rebuilt).toBe(text);
    }),
  );
});
