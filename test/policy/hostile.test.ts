import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parsePolicy, requiredKeyFiles } from '../../src/policy/parse.ts';
import { EXAMPLE } from './fixture.ts';

function survives(bytes: Uint8Array): void {
  const { policy, problems } = parsePolicy(bytes, new Map());
  expect(policy === undefined).toBe(problems.some((one) => one.severity === 'error'));
  for (const one of problems) expect(one.line > 0 && one.column > 0 && one.message !== '').toBe(true);
  requiredKeyFiles(bytes);
}

test('any bytes', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 1000 });
});

test('any text of the characters that YAML makes something of', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'ab:-?[]{},&*!|>\'"%@`#~=<\n \t\r\\\u2028'),
    maxLength: 80,
  });
  fc.assert(
    fc.property(text, (one) => survives(Buffer.from(one))),
    { numRuns: 1000 },
  );
});

test('any values in the places of the file', () => {
  const keys = [
    'schema',
    'registry',
    'prompts',
    'principals',
    'environments',
    'rules',
    'emergency',
    'adminThreshold',
  ];
  const names = [
    'roles',
    'keys',
    'name',
    'approvals',
    'promoteFrom',
    'soak',
    'staging',
    'a@b',
    'approvers',
    'environments',
    '__proto__',
    'constructor',
    'toString',
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('admin', 'approver', 'staging', 'a@b', '24h', 'openpgp:00'),
      fc.constantFrom(null, true, 0, 1, -1, 1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY),
      fc.array(tie('value'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 4 })
        .map((pairs) => new Map(pairs)),
    ),
  }));
  const file = fc
    .array(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 8 })
    .map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(file, (one) => survives(Buffer.from(stringify(one)))),
    { numRuns: 300 },
  );
});

test('the example with a byte changed, anywhere', () => {
  const bytes = Buffer.from(EXAMPLE);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const changed = Buffer.from(bytes);
      changed[at] = byte;
      survives(changed);
    }),
    { numRuns: 300 },
  );
});

describe('what is too much', () => {
  const messages = (text: string) =>
    parsePolicy(Buffer.from(text), new Map()).problems.map((one) => one.message);

  test('more than a MiB', () => {
    expect(messages(EXAMPLE + '#'.repeat(1_048_576))[0]).toBe(
      '.promptaudit/policy.yml is longer than 1048576 bytes',
    );
  });

  test('bytes that are no UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from(EXAMPLE), Buffer.from([0xff])]);
    expect(parsePolicy(bytes, new Map(), 'some.yml').problems[0]?.message).toBe('some.yml is not UTF-8 text');
  });

  test.each([
    ['nested lists', `registry: ${'['.repeat(100)}${']'.repeat(100)}`, 'values are nested more than 32 deep'],
    ['an alias within itself', 'registry: &a [*a]', 'the file has more than 20 aliases'],
    ['many aliases', `x: &a 1\ny: [${'*a, '.repeat(21)}]`, 'the file has more than 20 aliases'],
    [
      'a second document',
      `${EXAMPLE}---\nadminThreshold: 1\n`,
      'a second YAML document begins: a policy file holds one',
    ],
    ['many tokens', `[${','.repeat(300_001)}`, '.promptaudit/policy.yml has more than 300000 YAML tokens'],
    [
      'many values',
      `x: &a [${'1, '.repeat(6000)}]\ny: [${'*a, '.repeat(20)}]`,
      'the file has more than 100000 values',
    ],
  ])('%s', (_, text, message) => {
    expect(messages(text)).toContain(message);
  });

  test('aliases of aliases', () => {
    const lines = Array.from(
      { length: 12 },
      (_, level) => `k${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}]`,
    );
    expect(messages(['x: &a-1 [1]', ...lines].join('\n'))).toContain('the file has more than 20 aliases');
  });

  test('nesting beyond the stack', () => {
    expect(messages('['.repeat(50_000)).length).toBeGreaterThan(0);
  });

  test('more problems than anybody reads', () => {
    const text = Array.from({ length: 500 }, (_, index) => `k${index}: 1`).join('\n');
    const found = messages(text);
    expect(found).toHaveLength(201);
    expect(found.at(-1)).toBe('and 303 problems more');
  });
});
