import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePrompt } from '../../src/prompts/parse.ts';
import { hostile } from '../helpers/mutations.ts';

const FILE = `name: clinical-intake
description: Asks what a nurse would ask
model: openai/gpt-5
modelParameters: {temperature: 0.2, max_tokens: 800}
inputs:
  patient: {kind: string, required: true, example: "Ana"}
messages:
  - role: system
    content: |
      Ask {{patient}} about allergies.
  - {role: user, content: &hello "Good morning"}
  - {role: assistant, content: *hello}
responseFormat: json_schema
jsonSchema: '{"type": "object"}'
testData:
  - {patient: Ana, expected: 1}
metadata: {owner: ward 3, reviewed: 2026-01-05, list: [1, 2.5, null, true]}
`;

const WORDS = [
  '&hello ',
  '*hello',
  '!!binary ',
  '!t ',
  '<<: ',
  '? ',
  '- ',
  '[',
  '}',
  '{{',
  '}}',
  '{{#if}}',
  '|\n',
  '>-\n',
  '---\n',
  '%YAML 1.1\n',
  '"\\ud800"',
  ', x: "\\ud800"',
  '\nx: "\\udc00 "\n',
  '"\\u202e"',
  '.nan',
  '1e999',
  '12345678901234567890',
  'role: tool',
  '['.repeat(60),
  '{a: '.repeat(60),
];

test('hostile bytes are a prompt, or problems with their places, and the same every time', () => {
  let accepted = 0;
  fc.assert(
    fc.property(hostile(Buffer.from(FILE), WORDS), (bytes) => {
      const parsed = parsePrompt(bytes, 'prompts/clinical-intake.prompt.yml');
      const { prompt, problems } = parsed;
      expect(prompt === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
      const lines = bytes.toString().split('\n').length;
      for (const { line, column, message } of problems) {
        expect(line >= 1 && line <= lines && column >= 1 && message !== '').toBe(true);
      }
      if (prompt === undefined) return;
      accepted += 1;
      expect(parsePrompt(bytes, 'prompts/clinical-intake.prompt.yml')).toEqual(parsed);
      expect(textsOf(prompt).filter((text) => /\p{Cs}/u.test(text))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
  expect(accepted).toBeGreaterThan(25);
});

/** Every text in a value, names included. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return entries.flatMap(([name, one]) => [String(name), ...textsOf(one)]);
}

test('anchors, aliases and folded text without end are problems or a prompt, never an error', () => {
  const messages = 'messages:\n  - {role: user, content: hi}\n';
  for (const text of [
    `metadata:\n  a: &a [${'&b x, '.repeat(20_000)}]\n${messages}`,
    `metadata:\n  a: &a {b: *a}\n${messages}`,
    `metadata: {a: &a 1, b: [${'*a, '.repeat(30_000)}]}\n${messages}`,
    `metadata:\n  a: >\n    ${'x\n    '.repeat(100_000)}\n${messages}`,
    `metadata: {? ${'['.repeat(5000)}}\n${messages}`,
    `"${'\\u0041'.repeat(100_000)}": 1\n${messages}`,
    `${'a: '.repeat(50_000)}\n${messages}`,
    `${' '.repeat(500_000)}a: 1\n${messages}`,
  ]) {
    const { prompt, problems } = parsePrompt(Buffer.from(text), 'prompts/p.prompt.yml');
    expect(prompt === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
  }
});
