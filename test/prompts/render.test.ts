import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Prompt } from '../../src/prompts/model.ts';
import { parsePrompt } from '../../src/prompts/parse.ts';
import { renderPrompt, Unrenderable } from '../../src/prompts/render.ts';
import { hardText } from './arbitraries.ts';

function prompt(text: string): Prompt {
  const parsed = parsePrompt(new TextEncoder().encode(text), 'a.prompt.yml');
  if (parsed.prompt === undefined) throw new Error(JSON.stringify(parsed.problems));
  return parsed.prompt;
}

function render(text: string, variables: Record<string, string>): string {
  return renderPrompt(prompt(text), new Map(Object.entries(variables)))
    .messages.map(({ role, content }) => `${role}: ${content}`)
    .join('\n');
}

const GREETING =
  "messages: [{role: system, content: 'Hi {{name}}.'}, {role: user, content: '{{ name }} {{word}}'}]\n";

test('variables are filled in wherever they stand', () => {
  expect(render(GREETING, { name: 'Ada', word: 'w' })).toBe('system: Hi Ada.\nuser: Ada w');
});

test('what else is sent goes along', () => {
  const text = `model: m\nmodelParameters: {max_tokens: 5, foo: [1]}\nresponseFormat: json_object\ntools: [{name: t}]\n${GREETING}`;
  const rendered = renderPrompt(prompt(text), new Map(Object.entries({ name: '', word: '' })));
  expect(rendered).toMatchObject({
    model: 'm',
    responseFormat: 'json_object',
    tools: [{ name: 't' }],
    jsonSchema: undefined,
  });
  expect([...rendered.modelParameters]).toEqual([
    ['maxTokens', 5],
    ['foo', [1]],
  ]);
});

test('one failure names every missing and every extra variable', () => {
  expect(() => render(GREETING, { naem: 'x', other: 'y' })).toThrow(
    new Unrenderable(
      [
        'name, word have no value',
        'naem is no variable of this prompt (did you mean name?)',
        'other is no variable of this prompt',
      ],
      ['name', 'word'],
    ),
  );
});

const DECLARED = `
inputs:
  a: {default: from default}
  b: {required: false}
  n: {kind: integer, default: 3, enumValues: [1, 2, 3]}
  l: {kind: array, default: [1, x]}
  unused: {required: false}
messages: [{role: user, content: '{{a}}|{{b}}|{{n}}|{{l}}'}]
`;

test('defaults count, and what is not required is empty', () => {
  expect(render(DECLARED, {})).toBe('user: from default||3|[1,"x"]');
});

test('values given win over defaults, an empty one too', () => {
  expect(render(DECLARED, { a: '', b: 'B', n: '2', l: '[]', unused: 'x' })).toBe('user: |B|2|[]');
});

test.each([
  [{ n: '4' }, 'n must be one of 1, 2, 3'],
  [{ n: 'two' }, 'n must be a whole number'],
  [{ n: '1.5' }, 'n must be a whole number'],
  [{ l: '{}' }, 'l must be a list'],
  [{ l: 'x', n: '9' }, 'n must be one of 1, 2, 3; l must be a list'],
])('%j is refused', (variables, message) => {
  expect(() => render(DECLARED, variables)).toThrow(`the prompt cannot be rendered: ${message}`);
});

test('an input that is required has no value unless it is given one', () => {
  const text = "inputs: {a: , b: {required: true}}\nmessages: [{role: user, content: '{{a}}{{b}}'}]";
  expect(() => render(text, {})).toThrow('a, b have no value');
});

test('text of another template language is not sent half-rendered', () => {
  const text = "messages: [{role: user, content: '{{#if a}}{{a}}{{/if}}'}]";
  expect(() => render(text, { a: '1' })).toThrow(/control syntax/);
});

test('a value is never read as a template', () => {
  fc.assert(
    fc.property(hardText, hardText, (name, word) => {
      expect(render(GREETING, { name, word })).toBe(`system: Hi ${name}.\nuser: ${name} ${word}`);
    }),
  );
  expect(render(GREETING, { name: '{{word}}', word: '$& {{name}}' })).toBe(
    'system: Hi {{word}}.\nuser: {{word}} $& {{name}}',
  );
});
