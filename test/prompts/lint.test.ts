import { expect, test } from 'vitest';
import { lintPrompt } from '../../src/prompts/lint.ts';

function lint(file: string, expectedName?: string): readonly string[] {
  const { problems } = lintPrompt(new TextEncoder().encode(file), 'a.prompt.yml', expectedName);
  return problems.map(({ line, column, severity, code }) => `${line}:${column} ${severity} ${code}`);
}

const HELLO = 'messages: [{role: user, content: hello}]\n';

test('a good prompt gives nothing', () => {
  const file = "name: a/b\ninputs: {x: {default: d}}\nmessages:\n- role: user\n  content: 'Hi {{x}}'\n";
  expect(lint(file, 'a/b')).toEqual([]);
});

test.each([
  [
    'a literal block',
    '    content: |\n      one\n\n        two {{#if}}\n      {{a.b}} {%\n',
    ['6:13', '7:7', '7:15'],
  ],
  ['a literal block with an indentation of its own', '    content: |4\n            x {{#if}}\n', ['4:15']],
  ['a literal block with a comment on its header', '    content: | # {{#not this\n      {{#if}}\n', ['4:7']],
  ['a folded block', '    content: >-\n      one\n      two {{#if}}\n\n      {{/if}}\n', ['5:11', '7:7']],
  ['a plain scalar', '    content: one {{#if}} two\n      {{/if}}\n', ['3:18', '4:7']],
  ['single quotes', "    content: 'it''s {{#if}}'\n", ['3:21']],
  ['double quotes', '    content: "a\\n\\"b\\" {{#if}}"\n', ['3:24']],
  ['double quotes over lines', '    content: "a\n\n      b\\\n      c {{#if}}"\n', ['6:9']],
  [
    'double quotes with an escaped brace: the beginning',
    '    content: "\\x7b{#if}} {{#if}}"\n',
    ['3:14', '3:14'],
  ],
  ['overlapping braces', '    content: "{{{{x}} {{#if}}"\n', ['3:15', '3:23']],
  ['characters of two units', '    content: 🙂 {{#if}}\n', ['3:17']],
])('places in %s', (_, content, expected) => {
  const problems = lint(`messages:\n  - role: user\n${content}`);
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual(expected);
});

test('an alias is reported where its text stands', () => {
  expect(lint('metadata: {t: &t "x {{#if}}"}\nmessages:\n- role: user\n  content: *t\n')).toEqual([
    '1:21 error template/control-syntax',
  ]);
});

test('texts are looked at although the file has other errors', () => {
  expect(lint('model: 1\nmessages:\n- role: user\n  content: "{{#if}}"\n- 5\n')).toEqual([
    '1:8 error prompt/value',
    '4:13 error template/control-syntax',
    '5:3 error prompt/value',
  ]);
});

test.each([
  [
    'a variable that is not declared',
    'inputs: {a: }\nmessages: [{role: user, content: "{{a}} {{b}} {{b}}"}]',
    ['2:41 error inputs/undeclared'],
  ],
  [
    'a variable where none is',
    'inputs: {}\nmessages: [{role: user, content: "{{a}}"}]',
    ['2:35 error inputs/undeclared'],
  ],
  ['an input that is not used', `inputs: {a: {kind: string}}\n${HELLO}`, ['1:13 warning inputs/unused']],
  [
    'a default of another kind',
    'inputs: {a: {kind: number, default: x}}\nmessages: [{role: user, content: "{{a}}"}]',
    ['1:37 error inputs/default-kind'],
  ],
  [
    'a default that is not whole',
    'inputs: {a: {kind: integer, default: 1.5}}\nmessages: [{role: user, content: "{{a}}"}]',
    ['1:38 error inputs/default-kind'],
  ],
  [
    'an example of another kind',
    'inputs: {a: {example: 1}}\nmessages: [{role: user, content: "{{a}}"}]',
    ['1:23 warning inputs/example-kind'],
  ],
  [
    'an enum value of another kind',
    'inputs: {a: {enumValues: [x, 2]}}\nmessages: [{role: user, content: "{{a}}"}]',
    ['1:30 error inputs/enum-kind'],
  ],
  [
    'a default that is not allowed',
    'inputs: {a: {enumValues: [x, y], default: z}}\nmessages: [{role: user, content: "{{a}}"}]',
    ['1:43 error inputs/default-not-allowed'],
  ],
  [
    'an example that is not allowed',
    'inputs: {a: {enumValues: [x, y], example: z}}\nmessages: [{role: user, content: "{{a}}"}]',
    ['1:43 warning inputs/example-not-allowed'],
  ],
  [
    'a format without its schema',
    `responseFormat: json_schema\n${HELLO}`,
    ['1:17 error response/schema-missing'],
  ],
  ['a schema without its format', `jsonSchema: {}\n${HELLO}`, ['1:13 warning response/schema-unused']],
  [
    'a schema of another format',
    `responseFormat: text\njsonSchema: {}\n${HELLO}`,
    ['2:13 warning response/schema-unused'],
  ],
  [
    'a schema that is no JSON',
    `responseFormat: json_schema\njsonSchema: '{"a": }'\n${HELLO}`,
    ['2:13 error response/schema-json'],
  ],
  [
    'a schema that is no object',
    `responseFormat: json_schema\njsonSchema: '[]'\n${HELLO}`,
    ['2:13 error response/schema-json'],
  ],
  [
    'a schema that is nested absurdly',
    `responseFormat: json_schema\njsonSchema: '${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}'\n${HELLO}`,
    ['2:13 error response/schema-json'],
  ],
  ['a message that says nothing', 'messages: [{role: user, content: " "}]', ['1:34 error messages/empty']],
  ['a tag given twice', `tags: [a, b, a]\n${HELLO}`, ['1:14 warning tags/duplicate']],
  ['a name that is not the path', `name: b\n${HELLO}`, ['1:7 warning name/mismatch']],
])('%s', (_, file, expected) => {
  expect(lint(file, 'a')).toEqual(expected);
});

test.each([
  ['Intake Form', `name: Intake Form\n${HELLO}`, ['1:1 error name/path']],
  ['Intake', 'messages: [', ['1:1 error name/path', '1:12 error yaml/syntax']],
  ['triage/Adults', `name: b\n${HELLO}`, ['1:1 error name/path', '1:7 warning name/mismatch']],
  ['policy', HELLO, ['1:1 error name/path']],
])('no prompt can have the name %s that its path gives it', (name, file, expected) => {
  expect(lint(file, name)).toEqual(expected);
});

test('a good schema is good as JSON and as YAML', () => {
  const brackets = `{"type": "object", "description": "\\\\\\"${'['.repeat(150)}"}`;
  expect(lint(`responseFormat: json_schema\njsonSchema: '${brackets}'\n${HELLO}`)).toEqual([]);
  expect(lint(`responseFormat: json_schema\njsonSchema: {type: object}\n${HELLO}`)).toEqual([]);
});

test('a message that holds only tool calls may have no text', () => {
  expect(lint('messages: [{role: assistant, content: "", tool_calls: []}]')).toEqual([
    '1:43 warning prompt/unknown-key',
  ]);
});

test('a variable that is mistyped is told which was meant', () => {
  const file = 'inputs: {patient: }\nmessages: [{role: user, content: "{{pateint}} {{patient}}"}]';
  const { problems } = lintPrompt(new TextEncoder().encode(file), 'a');
  expect(problems.map((problem) => problem.message)).toEqual([
    '{{pateint}} is not among the inputs: did you mean patient?',
  ]);
});

test.each<[string, string, number]>([
  ['faults', `messages: [{role: user, content: "${'{{#'.repeat(300_000)}"}]`, 300_000],
  [
    'variables that are not declared',
    `inputs: {aaa: }\nmessages: [{role: user, content: "${Array.from({ length: 80_000 }, (_, index) => `{{a${index}}}`).join('')}"}]`,
    80_001,
  ],
])('a great many %s are all found', (_, file, count) => {
  expect(lint(file)).toHaveLength(count);
});
