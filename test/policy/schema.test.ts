import { toJsonSchema } from '@valibot/to-json-schema';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { initialPolicy } from '../../src/policy/edit.ts';
import { policyFileSchema } from '../../src/policy/schema.ts';
import { policyFile } from './arbitrary.ts';
import { EXAMPLE, KEYS, policyOf } from './fixture.ts';

const schema: object = toJsonSchema(policyFileSchema, { errorMode: 'throw', typeMode: 'output' });
const validate = new Ajv({ strictTypes: false }).compile(schema);

test('the JSON Schema takes what the parser takes', () => {
  expect(validate(parseYaml(EXAMPLE)), JSON.stringify(validate.errors)).toBe(true);
  const principal = { id: 'a@b', name: 'A', key: KEYS.alice };
  const first = initialPolicy({
    registry: 'x',
    prompts: 'p',
    protectedBranches: [],
    environments: ['a1z', 'b1z'],
    principal,
  });
  expect(validate(parseYaml(first)), JSON.stringify(validate.errors)).toBe(true);
  fc.assert(
    fc.property(policyFile, (file) => {
      expect(policyOf(stringify(file))).toBeDefined();
      expect(validate(JSON.parse(JSON.stringify(file))), JSON.stringify(validate.errors)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

describe('the JSON Schema refuses', () => {
  const good = parseYaml(EXAMPLE);
  test.each([
    ['an unknown key', { ...good, retain: {} }],
    ['a missing one', { ...good, registry: undefined }],
    ['another format', { ...good, schema: 'promptaudit/policy@2' }],
    ['a duration that is none', { ...good, emergency: { roles: ['admin'], reviewWithin: '1 day' } }],
    ['an unknown role', { ...good, emergency: { roles: ['king'] } }],
    ['half an approval', { ...good, environments: { staging: { approvals: 0.5 } } }],
    ['a period that is none', { ...good, retention: { calls: '1 year' } }],
    ['a period of what there is not', { ...good, retention: { prompts: '183d' } }],
    ['a rule about nothing', { ...good, rules: [{ prompts: [], approvals: 1 }] }],
  ])('%s', (_, file) => {
    expect(validate(JSON.parse(JSON.stringify(file)))).toBe(false);
  });
});

test('every key of the file is described, for editors to show', () => {
  const undescribed: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(value as Record<string, { description?: string }>)) {
          if (property.description === undefined) undescribed.push(`${path}.${name}`);
        }
      }
      visit(value, `${path}.${key}`);
    }
  };
  visit(schema, '');
  expect(undescribed).toEqual([]);
});
