import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatPrompt } from '../../src/prompts/format.ts';
import { parsePrompt } from '../../src/prompts/parse.ts';
import { promptText } from './arbitraries.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('a formatted file says what the file said, and is formatted already', () => {
  fc.assert(
    fc.property(promptText, (text) => {
      fc.pre(parsePrompt(bytes(text), 'x').prompt !== undefined);
      const formatted = formatPrompt(text);
      expect(parse(formatted)).toEqual(parse(text));
      expect(formatPrompt(formatted)).toBe(formatted);
    }),
    { numRuns: 300 },
  );
});

test('comments and blank lines anywhere between lines are no hindrance, and no comment is lost', () => {
  const inserted = fc.array(fc.tuple(fc.nat(), fc.nat(6), fc.boolean()), { maxLength: 5 });
  fc.assert(
    fc.property(promptText, inserted, (text, places) => {
      const lines = text.split('\n');
      places.forEach(([at, indent, blank], index) => {
        const comment = blank ? '' : `${' '.repeat(indent)}# comment ${index}`;
        lines.splice(at % lines.length, 0, comment);
      });
      const commented = lines.join('\n');
      fc.pre(parsePrompt(bytes(commented), 'x').prompt !== undefined);
      const formatted = formatPrompt(commented);
      expect(parse(formatted)).toEqual(parse(commented));
      expect(formatPrompt(formatted)).toBe(formatted);
      for (const [comment] of commented.matchAll(/# comment \d/g)) expect(formatted).toContain(comment);
    }),
    { numRuns: 300 },
  );
});

test('the canonical layout: order, blocks, block style, comments beside what they are about', () => {
  const file = `---
# About this file

# the name
"name": intake   # trailing
messages:
# first
- content: >-
    folded
    text
  role: user
- {role: system, content: "two\\nlines\\n", note: 1}
metadata: { b: 1, a: 2 }
zebra: 1
modelParameters: {temperature: 0.50} # cool
inputs: {x: {example: 1, kind: number}}
model: y
#end
`;
  expect(formatPrompt(file)).toBe(`# About this file

# the name
"name": intake # trailing
model: y
modelParameters:
  # cool
  temperature: 0.50
messages:
  # first
  - role: user
    content: |-
      folded text
  - role: system
    content: |
      two
      lines
    note: 1
inputs:
  x: { kind: number, example: 1 }
metadata: { b: 1, a: 2 }
zebra: 1

#end
`);
});

test('lines end with LF, and the file with one newline', () => {
  expect(formatPrompt('messages:\r\n- role: user\r\n  content: |\r\n    a\r\n    b\r\n\r\n\r\n')).toBe(
    'messages:\n  - role: user\n    content: |\n      a\n      b\n',
  );
});

test.each([
  ['spaces at the end of a line', '"a  \\nb"'],
  ['a tab at the end of a line', '"a\\t\\nb"'],
  ['an indented first line', '"  a\\nb"'],
  ['a carriage return', '"a\\r\\nb"'],
])('quoted text with %s stays quoted', (_, content) => {
  expect(formatPrompt(`messages: [{role: user, content: ${content}}]`)).toMatch(/content: ".*"\n$/);
});

test('where aliases are used, keys stay in their order', () => {
  const file = 'metadata: &m { a: 1 }\nother: *m\nmodel: x\nmessages:\n  - content: a\n    role: user\n';
  expect(formatPrompt(file)).toBe(file);
});

test.each([
  ['YAML that is none', 'messages: [', /left as it is/],
  [
    'a repeated key',
    'model: a\nmodel: b\nmessages:\n- {role: user, content: a}\n',
    /model stands here a second time/,
  ],
  ['no messages', 'model: a\n', /messages is missing/],
])('%s is refused', (_, file, message) => {
  expect(() => formatPrompt(file)).toThrow(message);
});

const HELLO = 'messages:\n  - role: user\n    content: a\n';

test.each([
  ['the comment at the top stays there', `# top\n\n${HELLO}model: m\n`, `# top\n\nmodel: m\n${HELLO}`],
  ['without a blank line too', `# top\n${HELLO}model: m\n`, `# top\nmodel: m\n${HELLO}`],
  [
    'a comment of its own goes with the first key',
    `# top\n\n# about messages\n${HELLO}model: m\n`,
    `# top\n\nmodel: m\n# about messages\n${HELLO}`,
  ],
  ['a key that becomes the first leaves the blank line', `${HELLO}\nmodel: m\n`, `model: m\n${HELLO}`],
  [
    'text under a comment of several lines stays as it is',
    `description:\n  # one\n  # two\n  "a\\nb"\n${HELLO}`,
    `description:\n  # one\n  # two\n  "a\\nb"\n${HELLO}`,
  ],
])('%s', (_, file, formatted) => {
  expect(formatPrompt(file)).toBe(formatted);
});
