import { expect, test } from 'vitest';
import { formatPrompt } from '../../src/prompts/format.ts';
import { lintPrompt } from '../../src/prompts/lint.ts';
import { type PromptName, parsePromptName } from '../../src/prompts/name.ts';
import { newPrompt, PROMPT_SCHEMA_URL } from '../../src/prompts/skeleton.ts';

test.each(['intake', 'team/a.b_c-d', '12', '1e3', '0x1f', 'true', 'null', '1.5'])(
  'a new prompt called %s is in order',
  (text) => {
    const name = parsePromptName(text) as PromptName;
    const file = newPrompt(name);
    const { prompt, problems } = lintPrompt(new TextEncoder().encode(file), 'p', name);
    expect(problems).toEqual([]);
    expect(prompt?.name).toBe(text);
    expect(formatPrompt(file)).toBe(file);
  },
);

test('its first line tells editors where the schema is', () => {
  expect(newPrompt('a' as PromptName).split('\n')[0]).toBe(
    `# yaml-language-server: $schema=${PROMPT_SCHEMA_URL}`,
  );
});
