import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ROLES } from '../../src/policy/model.ts';
import { parsePolicy, requiredKeyFiles } from '../../src/policy/parse.ts';
import { policyFromJson, policyToJson } from '../../src/policy/serialise.ts';
import { hostile } from '../helpers/mutations.ts';
import { EXAMPLE, KEYS, sshKey } from './fixture.ts';

const WORDS = [
  '&a ',
  '*a',
  '!!js/function ',
  '<<: ',
  '? ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  '|\n',
  '>\n',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '#',
  '"\\ud800"',
  '"\\u0000"',
  "'",
  '.inf',
  '0x10',
  '1e400',
  'revokedFrom: 1',
  'constructor: ',
  'openpgp:',
  '['.repeat(40),
  '- '.repeat(40),
  KEYS.alice,
  ...ROLES,
];

test('hostile bytes are a policy that comes back from JSON, or problems with their places', () => {
  let accepted = 0;
  fc.assert(
    fc.property(hostile(Buffer.from(EXAMPLE), WORDS), (bytes) => {
      const { policy, problems } = parsePolicy(bytes, new Map());
      expect(policy === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
      for (const { line, column, message } of problems) {
        expect(line > 0 && column > 0 && message !== '').toBe(true);
        expect(message).toMatch(/^[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]*$/u);
      }
      expect(requiredKeyFiles(bytes).every((fingerprint) => /^[0-9A-F]{40,64}$/.test(fingerprint))).toBe(
        true,
      );
      if (policy === undefined) return;
      accepted += 1;
      expect(policyFromJson(JSON.parse(JSON.stringify(policyToJson(policy))))).toEqual(policy);
    }),
    { numRuns: 1000 },
  );
  expect(accepted).toBeGreaterThan(2);
});

test('a name with a character that cannot be seen is not recommended', () => {
  const bytes = Buffer.from(EXAMPLE.replace('  carol@acme.example:', '  "\\u0000carol@acme.example":'));
  const messages = parsePolicy(bytes, new Map()).problems.map(({ message }) => message);
  expect(messages).toContainEqual(
    expect.stringMatching(/^the policy has no principal "carol@acme\.example"/),
  );
  expect(messages.filter((message) => message.includes('\0'))).toEqual([]);
});

test('a thousand people, each with a key of their own, are a policy', () => {
  const people = Array.from({ length: 1000 }, (_, index) => {
    const roles = index === 0 ? 'admin' : 'author';
    return `  p${index}@acme.example: {name: P ${index}, roles: [${roles}], keys: ["${sshKey(`p${index}`)}"]}\n`;
  });
  const text = `schema: promptaudit/policy@1\nregistry: acme\nprincipals:\n${people.join('')}environments: {staging: {}}\n`;
  const { policy, problems } = parsePolicy(Buffer.from(text), new Map());
  expect(problems).toEqual([]);
  expect([policy?.principals.size, policy?.keys.size]).toEqual([1000, 1000]);
});

test('huge scalars and hundreds of thousands of small ones are problems', () => {
  const huge = 'x'.repeat(900_000);
  for (const text of [
    EXAMPLE.replace('acme-clinical', huge),
    EXAMPLE.replace('acme-clinical', `"${'\\n'.repeat(400_000)}"`),
    EXAMPLE.replace('Alice Ng', `|\n      ${'y\n      '.repeat(100_000)}`),
    EXAMPLE.replace('[main]', `[${'m,'.repeat(140_000)}]`),
    `${EXAMPLE}${'? a\n'.repeat(70_000)}`,
    `${huge}: 1\n`,
    `? ${'{'.repeat(3000)}\n`,
    `a: &a b\n${'c: *a\n'.repeat(50_000)}`,
  ]) {
    const { policy, problems } = parsePolicy(Buffer.from(text), new Map());
    expect(policy).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
  }
});
