// Writes schemas/*.schema.json, with which editors complete and check prompts and policies. Part of `npm run build`.
import { mkdir, writeFile } from 'node:fs/promises';
import { policyFileSchema } from '../dist/policy/schema.js';
import { promptFileSchema } from '../dist/prompts/schema.js';
import { PROMPT_SCHEMA_URL } from '../dist/prompts/skeleton.js';
import { jsonSchema } from './json-schema.js';

const folder = new URL('../schemas/', import.meta.url);
const policySchemaUrl = new URL('policy.schema.json', PROMPT_SCHEMA_URL).href;

await mkdir(folder, { recursive: true });
await write('prompt.schema.json', jsonSchema(promptFileSchema, PROMPT_SCHEMA_URL));
await write('policy.schema.json', jsonSchema(policyFileSchema, policySchemaUrl));

async function write(name, schema) {
  await writeFile(new URL(name, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
