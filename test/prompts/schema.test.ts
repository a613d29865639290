import { Ajv } from 'ajv';
import fc from 'fast-check';
import { safeParse } from 'valibot';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { promptFileSchema } from '../../src/prompts/schema.ts';
import { newPrompt, PROMPT_SCHEMA_URL } from '../../src/prompts/skeleton.ts';
import { promptObject } from './arbitraries.ts';

const script = new URL('../../scripts/json-schema.js', import.meta.url).href;
const { jsonSchema } = (await import(script)) as {
  jsonSchema: (schema: unknown, id: string) => Record<string, unknown>;
};
const schema = jsonSchema(promptFileSchema, PROMPT_SCHEMA_URL);
const validate = new Ajv({ allErrors: true }).compile(schema);

const hi = [{ role: 'user', content: 'hi' }];

test.each<[string, unknown]>([
  ['messages alone', { messages: hi }],
  ['unknown keys', { messages: [{ ...hi[0], name: 'x' }], zebra: 1, constructor: { a: 1 } }],
  [
    'every key',
    {
      name: 'n',
      description: 'd',
      tags: ['t'],
      model: 'm',
      modelParameters: {},
      responseFormat: 'text',
      jsonSchema: {},
      tools: [{}, 't'],
      inputs: {},
      messages: hi,
      testData: [{}],
      evaluators: [{}],
      metadata: {},
    },
  ],
  [
    'both spellings',
    { messages: hi, modelParameters: { max_tokens: 1, topP: 0, stop: ['x'], custom: null } },
  ],
  ['a whole number written with a point', { messages: hi, modelParameters: { maxTokens: 5.0 } }],
  [
    'inputs',
    { messages: hi, inputs: { a: null, _b: { kind: 'float', default: null, example: [], enumValues: [1] } } },
  ],
  ['a schema as text', { messages: hi, jsonSchema: '{}' }],
  ['the new file', parse(newPrompt('a/b' as never))],
])('%s: valid', (_, file) => {
  expect(validate(file), JSON.stringify(validate.errors)).toBe(true);
  expect(safeParse(promptFileSchema, file).success).toBe(true);
});

test.each<[string, unknown]>([
  ['nothing', null],
  ['text', 'x'],
  ['a list', [hi]],
  ['no messages', {}],
  ['messages that are none', { messages: [] }],
  ['messages that are a map', { messages: {} }],
  ['a message that is a list', { messages: [['user', 'hi']] }],
  ['an unknown role', { messages: [{ role: 'robot', content: 'x' }] }],
  ['no content', { messages: [{ role: 'user' }] }],
  ['content in parts', { messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }],
  ['a name that is a number', { messages: hi, name: 1 }],
  ['a description that is null', { messages: hi, description: null }],
  ['tags that are text', { messages: hi, tags: 'a' }],
  ['an empty tag', { messages: hi, tags: [''] }],
  ['parameters that are a list', { messages: hi, modelParameters: [] }],
  ['a share above 1', { messages: hi, modelParameters: { top_p: 1.1 } }],
  ['a negative temperature', { messages: hi, modelParameters: { temperature: -1 } }],
  ['no tokens', { messages: hi, modelParameters: { maxTokens: 0 } }],
  ['half a token', { messages: hi, modelParameters: { max_tokens: 1.5 } }],
  ['a stop of numbers', { messages: hi, modelParameters: { stop: [1] } }],
  ['an unknown format', { messages: hi, responseFormat: 'xml' }],
  ['a schema that is a list', { messages: hi, jsonSchema: [] }],
  ['a tool that is a number', { messages: hi, tools: [1] }],
  ['inputs as a list', { messages: hi, inputs: [{ name: 'a' }] }],
  ['an input that is text', { messages: hi, inputs: { a: 'x' } }],
  ['an input with a dash', { messages: hi, inputs: { 'a-b': {} } }],
  ['an unknown kind', { messages: hi, inputs: { a: { kind: 'date' } } }],
  ['required that is text', { messages: hi, inputs: { a: { required: 'yes' } } }],
  ['no allowed value at all', { messages: hi, inputs: { a: { enumValues: [] } } }],
  ['test data that is text', { messages: hi, testData: ['x'] }],
  ['evaluators as a map', { messages: hi, evaluators: {} }],
  ['metadata that is a list', { messages: hi, metadata: [] }],
])('%s: invalid', (_, file) => {
  expect(validate(file)).toBe(false);
  expect(safeParse(promptFileSchema, file).success).toBe(false);
});

test('ajv and valibot agree on files with anything in place of one value', () => {
  const anything = fc.constantFrom<unknown>(
    null,
    '',
    'x',
    0,
    1,
    -1,
    1.5,
    true,
    [],
    [1],
    ['x'],
    {},
    { a: 1 },
    hi,
  );
  const spoilt = fc.tuple(promptObject, fc.nat(), fc.nat(), anything).map(([file, at, within, value]) => {
    const entries = Object.entries(file);
    const [key, old] = entries[at % entries.length] ?? ['messages', hi];
    const inner = typeof old === 'object' && old !== null ? Object.keys(old) : [];
    if (inner.length === 0 || within % 2 === 0) return { ...file, [key]: value };
    const copy = structuredClone(file);
    (copy[key] as Record<string, unknown>)[inner[within % inner.length] ?? ''] = value;
    return copy;
  });
  fc.assert(
    fc.property(fc.oneof(promptObject, spoilt), (file) => {
      expect(validate(file)).toBe(safeParse(promptFileSchema, file).success);
    }),
    { numRuns: 500 },
  );
});

test('an editor has a title and a description for every key of the format', () => {
  const properties = schema.properties as Record<string, { title?: string; description?: string }>;
  expect(Object.keys(properties)).toContain('messages');
  for (const [key, { title, description }] of Object.entries(properties)) {
    expect(title, key).toMatch(/^[A-Z]/);
    expect(description, key).toMatch(/\.$/);
  }
});
