import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffPrompts } from '../../src/prompts/diff.ts';
import { formatPrompt } from '../../src/prompts/format.ts';
import type { DiffLine, MessageDiff, Prompt, PromptDiff } from '../../src/prompts/model.ts';
import { parsePrompt } from '../../src/prompts/parse.ts';
import { promptText } from './arbitraries.ts';

function prompt(text: string): Prompt {
  const parsed = parsePrompt(new TextEncoder().encode(text), 'a.prompt.yml');
  if (parsed.prompt === undefined) throw new Error(JSON.stringify(parsed.problems));
  return parsed.prompt;
}

function saying(...messages: readonly [role: string, content: string][]): Prompt {
  return prompt(JSON.stringify({ messages: messages.map(([role, content]) => ({ role, content })) }));
}

function diff(before: string, after: string): PromptDiff {
  return diffPrompts(prompt(before), prompt(after));
}

/** A line as `git diff --word-diff` would show it, with a sign for its kind. */
function shown({ kind, runs }: DiffLine): string {
  const sign = { same: ' ', added: '+', removed: '-', changed: '~' }[kind];
  const text = runs.map((run) => {
    if (kind !== 'changed' || run.kind === 'same') return run.text;
    return run.kind === 'added' ? `{+${run.text}+}` : `[-${run.text}-]`;
  });
  return `${sign}${text.join('')}`;
}

function lines(before: string, after: string): readonly string[] {
  const [message] = diffPrompts(saying(['user', before]), saying(['user', after])).messages;
  return message?.lines.map(shown) ?? [];
}

function outline(result: PromptDiff): readonly string[] {
  return result.messages.map(
    ({ status, before, after }) => `${before?.index ?? '-'} ${after?.index ?? '-'} ${status}`,
  );
}

/** One side's content, put together again from the lines. */
function side(message: MessageDiff, which: 'before' | 'after'): string | undefined {
  const place = message[which];
  if (place === undefined) return undefined;
  const gone = which === 'before' ? 'added' : 'removed';
  const kept = message.lines.filter((line) => line[which] !== undefined);
  kept.forEach((line, index) => {
    expect(line[which]).toBe(index + 1);
  });
  const texts = kept.map((line) => line.runs.map((run) => (run.kind === gone ? '' : run.text)).join(''));
  return texts.join('\n') + (place.finalNewline ? '\n' : '');
}

const HI = 'messages: [{role: user, content: hi}]\n';

test('changed words within a line', () => {
  expect(
    lines('You are a helpful assistant.\nBe kind.\n', 'You are a careful clinical assistant.\nBe kind.\n'),
  ).toEqual(['~You are a [-helpful-]{+careful clinical+} assistant.', ' Be kind.']);
});

test('several words replaced in a row are one replacement', () => {
  expect(lines('keep one two three keep this and that', 'keep four five six keep this and that')).toEqual([
    '~keep [-one two three-]{+four five six+} keep this and that',
  ]);
});

test('white space is text like any other', () => {
  expect(lines('two words here', 'two  words here')).toEqual(['~two[- -]{+  +}words here']);
});

test('variables are words', () => {
  expect(lines('Note: {{ note }}!', 'Note: {{ notes }}!')).toEqual(['~Note: [-{{ note }}-]{+{{ notes }}+}!']);
});

test('languages without spaces are compared by character', () => {
  expect(lines('患者の記録を要約する', '患者の病歴を要約する')).toEqual([
    '~患者の[-記録-]{+病歴+}を要約する',
  ]);
});

test('a line that has little in common with what it replaces is not compared by word', () => {
  expect(lines('a\nsummarise the note in plain German\nb', 'a\nrefuse the rest\nb')).toEqual([
    ' a',
    '-summarise the note in plain German',
    '+refuse the rest',
    ' b',
  ]);
});

test('a line is compared with the one that it became, past new lines', () => {
  expect(
    lines('Answer in one short sentence.', 'A new rule.\nAnswer in one long sentence.\nAnother one.'),
  ).toEqual(['+A new rule.', '~Answer in one [-short-]{+long+} sentence.', '+Another one.']);
});

test('empty lines are lines, and the newline at the end is told apart', () => {
  const [message] = diffPrompts(saying(['user', 'a\n\nb']), saying(['user', 'a\n\nb\n'])).messages;
  expect(message).toMatchObject({
    status: 'changed',
    before: { finalNewline: false },
    after: { finalNewline: true },
  });
  expect(message?.lines).toEqual([
    { kind: 'same', before: 1, after: 1, runs: [{ kind: 'same', text: 'a' }] },
    { kind: 'same', before: 2, after: 2, runs: [] },
    { kind: 'same', before: 3, after: 3, runs: [{ kind: 'same', text: 'b' }] },
  ]);
});

test.each<[string, Prompt, Prompt, readonly string[]]>([
  [
    'an example put in front of the question',
    saying(['system', 's'], ['user', 'what?']),
    saying(['system', 's'], ['user', 'eh'], ['assistant', 'oh'], ['user', 'what?']),
    ['0 0 same', '- 1 added', '- 2 added', '1 3 same'],
  ],
  [
    'a message rewritten',
    saying(['system', 'old words'], ['user', 'what?']),
    saying(['system', 'new text'], ['user', 'what?']),
    ['0 0 changed', '1 1 same'],
  ],
  [
    'one of two alike removed and the other edited',
    saying(['user', 'tell me about dogs please'], ['user', 'tell me about cats please']),
    saying(['user', 'tell me about cats now please']),
    ['0 - removed', '1 0 changed'],
  ],
  [
    'a role changed',
    saying(['system', 'You are a careful assistant.']),
    saying(['developer', 'You are a careful assistant.']),
    ['0 0 changed'],
  ],
  [
    'another role and other words',
    saying(['system', 'You are a careful assistant.']),
    saying(['user', 'what?']),
    ['0 - removed', '- 0 added'],
  ],
])('messages: %s', (_, before, after, expected) => {
  expect(outline(diffPrompts(before, after))).toEqual(expected);
});

test('settings, inputs, tools and tests are rows', () => {
  const before = `${HI}
name: n
model: a
modelParameters: {max_tokens: 10, temperature: 0.5, stop: [x]}
inputs: {gone: {}, kept: {description: d, enumValues: [a, b]}}
tools: [{name: one, parameters: {type: object}}, {name: two}]
testData: [{x: 1}, {x: 2}]
metadata: {owner: me, deep: {list: [1]}}
zebra: 1
`;
  const after = `${HI}
name: n
model: b
modelParameters: {maxTokens: 10, temperature: 0.7, stop: [x, y], topP: 1}
inputs: {kept: {description: e, required: false, enumValues: [a]}, new: {kind: number}}
tools: [{name: zero}, {name: one, parameters: {type: array}}, {name: two}]
testData: [{x: 2}]
metadata: {owner: me, deep: {list: [2]}, "a b": 1}
tags: [t]
`;
  const { status, fields } = diff(before, after);
  expect(status).toBe('changed');
  expect(fields.map(({ section, path, before: was, after: is }) => [section, path, was, is])).toEqual([
    ['general', 'model', 'a', 'b'],
    ['general', 'tags', undefined, ['t']],
    ['general', 'metadata.deep.list', [1], [2]],
    ['general', 'metadata["a b"]', undefined, 1],
    ['parameters', 'modelParameters.temperature', 0.5, 0.7],
    ['parameters', 'modelParameters.stop', ['x'], ['x', 'y']],
    ['parameters', 'modelParameters.topP', undefined, 1],
    ['inputs', 'inputs.gone', { kind: 'string', required: true }, undefined],
    ['inputs', 'inputs.kept.description', 'd', 'e'],
    ['inputs', 'inputs.kept.required', true, false],
    ['inputs', 'inputs.kept.enumValues', ['a', 'b'], ['a']],
    ['inputs', 'inputs.new', undefined, { kind: 'number', required: true }],
    ['tools', 'tools[0].name', 'one', 'zero'],
    ['tools', 'tools[0].parameters', { type: 'object' }, undefined],
    ['tools', 'tools[1]', undefined, { name: 'one', parameters: { type: 'array' } }],
    ['tests', 'testData[0]', { x: 1 }, undefined],
    ['other', 'zebra', 1, undefined],
  ]);
});

test('a schema is compared as what it says, written as JSON or as YAML', () => {
  const json = `${HI}responseFormat: json_schema\njsonSchema: '{"type":"object","properties":{"a":{"type":"string"}}}'\n`;
  const yaml = `${HI}responseFormat: json_schema\njsonSchema: {properties: {a: {type: string}}, type: object}\n`;
  expect(diff(json, yaml)).toMatchObject({ status: 'same', fields: [] });
  expect(diff(json, yaml.replace('string', 'number')).fields).toEqual([
    { section: 'response', path: 'jsonSchema.properties.a.type', before: 'string', after: 'number' },
  ]);
});

test('inputs that are empty are not inputs that are absent', () => {
  expect(diff(HI, `${HI}inputs: {}\n`).fields).toEqual([
    { section: 'inputs', path: 'inputs', before: undefined, after: {} },
  ]);
});

test("a message's other keys are rows, and the message is the same", () => {
  const named = HI.replace('content', 'name: ada, content');
  const result = diff(HI, named);
  expect(result).toMatchObject({ status: 'changed', messages: [{ status: 'same' }] });
  expect(result.fields).toEqual([
    { section: 'other', path: 'messages[0].name', before: undefined, after: 'ada' },
  ]);
});

test('a prompt that came, went, or was never there', () => {
  const some = prompt(`model: m\n${HI}`);
  const model = { section: 'general', path: 'model' };
  const added = diffPrompts(undefined, some);
  expect(added).toMatchObject({
    status: 'added',
    fields: [{ ...model, before: undefined, after: 'm' }],
    messages: [{ status: 'added' }],
  });
  expect(added.messages[0]?.lines.map(shown)).toEqual(['+hi']);
  expect(diffPrompts(some, undefined)).toMatchObject({
    status: 'removed',
    fields: [{ ...model, before: 'm', after: undefined }],
    messages: [{ status: 'removed', before: { index: 0 }, after: undefined }],
  });
  expect(diffPrompts(undefined, undefined)).toEqual({ status: 'same', fields: [], messages: [] });
});

const anyPrompt = promptText.filter(
  (text) => parsePrompt(new TextEncoder().encode(text), 'a').prompt !== undefined,
);

test('layout does not show', () => {
  fc.assert(
    fc.property(anyPrompt, (text) => {
      expect(diff(text, formatPrompt(text)).status).toBe('same');
    }),
  );
});

test('both sides can be put together again from the messages', () => {
  fc.assert(
    fc.property(anyPrompt, anyPrompt, (one, other) => {
      const [before, after] = [prompt(one), prompt(other)];
      const { messages } = diffPrompts(before, after);
      for (const which of ['before', 'after'] as const) {
        const present = messages.filter((message) => message[which] !== undefined);
        expect(present.map((message) => message[which]?.index)).toEqual([...present.keys()]);
        const rebuilt = present.map((message) => ({
          role: message[which]?.role,
          content: side(message, which),
        }));
        const original = (which === 'before' ? before : after).messages;
        expect(rebuilt).toEqual(original.map(({ role, content }) => ({ role, content })));
      }
    }),
  );
});

test('runs are not empty, and hold no newline', () => {
  fc.assert(
    fc.property(anyPrompt, anyPrompt, (one, other) => {
      for (const { runs } of diff(one, other).messages.flatMap((message) => message.lines)) {
        expect(runs.every((run) => run.text !== '' && !run.text.includes('\n'))).toBe(true);
      }
    }),
  );
});

const MANY = 40_000;
const numbered = (count: number, word: (index: number) => string, between: string) =>
  Array.from({ length: count }, (_, index) => word(index)).join(between);

test.each<[string, Prompt, Prompt]>([
  [
    'one long line of which every word moved',
    saying(['user', numbered(MANY, (index) => `w${index}`, ' ')]),
    saying(['user', numbered(MANY, (index) => `w${MANY - index}`, ' ')]),
  ],
  [
    'a great many lines of which every one moved',
    saying(['user', numbered(MANY, (index) => `w${index}`, '\n')]),
    saying(['user', numbered(MANY, (index) => `w${MANY - index}`, '\n')]),
  ],
  [
    'lines that each changed a little',
    saying(['user', numbered(10_000, (index) => `the same words in line ${index}`, '\n')]),
    saying(['user', numbered(10_000, (index) => `the same words on line ${index}`, '\n')]),
  ],
  [
    'a great many messages that changed',
    saying(...Array.from({ length: 5000 }, (_, index): [string, string] => ['user', `a b ${index}`])),
    saying(...Array.from({ length: 5000 }, (_, index): [string, string] => ['user', `a b ${index + 0.5}`])),
  ],
])('%s come to an end', (_, before, after) => {
  const { status, messages } = diffPrompts(before, after);
  expect(status).toBe('changed');
  for (const which of ['before', 'after'] as const) {
    const contents = messages
      .map((message) => side(message, which))
      .filter((content) => content !== undefined);
    expect(contents.join('\n')).toBe(
      (which === 'before' ? before : after).messages.map(({ content }) => content).join('\n'),
    );
  }
});
