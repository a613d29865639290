import type { PromptName } from './name.ts';

/** Where editors find the JSON schema of prompt files; also its `$id`. */
export const PROMPT_SCHEMA_URL = 'https://unpkg.com/promptaudit/schemas/prompt.schema.json';

/** The file that `promptaudit new` writes: valid, in the canonical layout, and made to be edited. */
export function newPrompt(name: PromptName): string {
  return `# yaml-language-server: $schema=${PROMPT_SCHEMA_URL}

name: ${yamlText(name)}
description: What this prompt is for, in one sentence.
model: openai/gpt-5
modelParameters:
  temperature: 0.2
  maxTokens: 1024
messages:
  - role: system
    content: |
      You answer briefly and say so when you do not know.
  - role: user
    content: |
      {{question}}
inputs:
  question:
    description: What the user asks.
`;
}

/** Names such as \`12\`, \`1e3\` or \`true\` would not be read as text. */
function yamlText(name: string): string {
  return /^[a-z]/.test(name) && !/^(?:true|false|null)$/.test(name) ? name : `'${name}'`;
}
