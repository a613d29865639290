import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { Failure } from '../../src/failure.ts';
import { addPrincipal, initialPolicy, revokeKey } from '../../src/policy/edit.ts';
import { ROLES } from '../../src/policy/model.ts';
import { fingerprint } from '../../src/signing/sshkey.ts';
import { policyFile } from './arbitrary.ts';
import { EXAMPLE, exampleWith, id, KEYS, policyOf, problemsOf, sshKey } from './fixture.ts';

const NEW = sshKey('erin');
const erin = {
  id: 'erin@acme.example',
  name: 'Erin Faulk',
  roles: ['author', 'approver'],
  keys: [NEW],
} as const;

/** The lines that one text has and the other has not, by position. */
function changedLines(before: string, after: string): readonly string[] {
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < old.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const cut = (lines: string[], mark: string) =>
    lines.slice(start, lines.length - end).map((line) => `${mark} ${line}`);
  return [...cut(old, '-'), ...cut(now, '+')];
}

describe('a new principal', () => {
  test('stands after the others; nothing else changes', () => {
    const text = addPrincipal(EXAMPLE, erin);
    expect(changedLines(EXAMPLE, text)).toEqual([
      '+   erin@acme.example:',
      '+     name: Erin Faulk',
      '+     roles: [author, approver]',
      '+     keys:',
      `+       - "${NEW}"`,
    ]);
    expect(policyOf(text).principals.get(id('erin'))).toEqual({
      id: 'erin@acme.example',
      name: 'Erin Faulk',
      kind: 'person',
      roles: new Set(['author', 'approver']),
      keys: [NEW],
    });
  });

  test('may be a service, may have no key yet, and a name that YAML would misread', () => {
    const text = addPrincipal(EXAMPLE, {
      id: 'x@y.z',
      name: '# no: [comment',
      kind: 'service',
      roles: ['recorder'],
      keys: [],
    });
    expect(policyOf(text).principals.get('x@y.z' as never)).toMatchObject({
      name: '# no: [comment',
      kind: 'service',
      keys: [],
    });
  });

  test('at the end of a file without a last newline, with CRLF', () => {
    const [head = ''] = EXAMPLE.split('environments:');
    const rest = EXAMPLE.slice(head.length).trimEnd();
    const text = `${rest}\n${head}`.trimEnd().replaceAll('\n', '\r\n');
    const edited = addPrincipal(text, erin);
    expect(edited.startsWith(text)).toBe(true);
    expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
    expect(policyOf(edited).principals.has(id('erin'))).toBe(true);
  });

  test('in a file that is all flow style', () => {
    const text = JSON.stringify(parseYaml(EXAMPLE));
    const edited = addPrincipal(text, erin);
    expect(edited).toContain('"emergency":{"roles":["admin"],"reviewWithin":"24h"}');
    expect(policyOf(edited).principals.get(id('erin'))?.keys).toEqual([NEW]);
  });

  test.each([
    ['no email address', { ...erin, id: 'erin' }],
    ['no name', { id: erin.id, roles: erin.roles, keys: erin.keys }],
    ['no key', { ...erin, keys: ['ssh-ed25519 AAAA'] }],
    ["another's key", { ...erin, keys: [`${KEYS.bob} bob@laptop`] }],
  ])('is refused with %s', (_, addition) => {
    expect(() => addPrincipal(EXAMPLE, addition)).toThrow(Failure);
  });

  test('is not added to a file with a syntax error', () => {
    expect(() => addPrincipal(`${EXAMPLE}]`, erin)).toThrow(/not valid YAML/);
  });
});

describe('a principal that is there', () => {
  test('gets a role and a key on its lines', () => {
    const text = addPrincipal(EXAMPLE, {
      id: 'alice@acme.example',
      roles: ['author', 'deployer'],
      keys: [`${NEW} erin@laptop`],
    });
    expect(changedLines(EXAMPLE, text)).toEqual([
      '-     roles: [author]',
      `-     keys: ["${KEYS.alice}"]`,
      '+     roles: [author, deployer]',
      `+     keys: ["${KEYS.alice}", "${NEW}"]`,
    ]);
  });

  test('gets a key as a line of its own where the others are', () => {
    const text = addPrincipal(EXAMPLE, { id: 'bob@acme.example', roles: [], keys: [NEW] });
    expect(changedLines(EXAMPLE, text)).toEqual([`+       - "${NEW}"`]);
  });

  test('gets its first key', () => {
    const none = exampleWith(`    keys: ["${KEYS.alice}"]\n`, '');
    expect(
      changedLines(none, addPrincipal(none, { id: 'alice@acme.example', roles: [], keys: [NEW] })),
    ).toEqual(['+     keys:', `+       - "${NEW}"`]);
    const empty = exampleWith(`keys: ["${KEYS.alice}"]`, 'keys: [] # soon');
    expect(
      changedLines(empty, addPrincipal(empty, { id: 'alice@acme.example', roles: [], keys: [NEW] })),
    ).toEqual(['-     keys: [] # soon', `+     keys: ["${NEW}"] # soon`]);
  });

  test('gets another name and kind', () => {
    const text = addPrincipal(EXAMPLE, {
      id: 'alice@acme.example',
      name: 'Alice Ng: MD',
      kind: 'service',
      roles: [],
      keys: [],
    });
    expect(changedLines(EXAMPLE, text)).toEqual([
      '-     name: Alice Ng',
      '-     roles: [author]',
      `-     keys: ["${KEYS.alice}"]`,
      '+     name: "Alice Ng: MD"',
      '+     roles: [author]',
      `+     keys: ["${KEYS.alice}"]`,
      '+     kind: service',
    ]);
    expect(policyOf(text).principals.get(id('alice'))).toMatchObject({
      name: 'Alice Ng: MD',
      kind: 'service',
    });
  });

  test('stays as it is where it has all that already', () => {
    expect(
      addPrincipal(EXAMPLE, {
        id: 'bob@acme.example',
        name: 'Bob Rao',
        kind: 'person',
        roles: ['approver'],
        keys: [KEYS.bob],
      }),
    ).toBe(EXAMPLE);
  });

  test('is not added to the first of two documents', () => {
    const change = () =>
      addPrincipal(`${EXAMPLE}---\nrules: []\n`, { id: 'x@acme.example', roles: [], keys: [] });
    expect(change).toThrow(/multiple documents/);
  });

  test('is not changed through an alias', () => {
    const text = exampleWith(
      '    roles: [approver]\n',
      '    roles: *r\n',
      exampleWith('roles: [author]', 'roles: &r [author]'),
    );
    expect(() => addPrincipal(text, { id: 'bob@acme.example', roles: ['admin'], keys: [] })).toThrow(/alias/);
  });
});

describe('a key', () => {
  test.each([
    ['by its text', KEYS.alice],
    ['by its text with a comment', `${KEYS.alice} alice@laptop`],
    ['by its fingerprint', fingerprint(KEYS.alice as never)],
  ])('is revoked %s', (_, name) => {
    const text = revokeKey(EXAMPLE, name, 57);
    expect(changedLines(EXAMPLE, text)).toEqual([
      `-     keys: ["${KEYS.alice}"]`,
      `+     keys: [{ key: "${KEYS.alice}", revokedFrom: 57 }]`,
    ]);
    expect(policyOf(text).keys.get(KEYS.alice as never)?.revokedFrom).toBe(57);
  });

  test('is revoked where it is an entry of its own', () => {
    expect(changedLines(EXAMPLE, revokeKey(EXAMPLE, KEYS.bob, 57))).toEqual([
      `-       - "${KEYS.bob}"`,
      `+       - { key: "${KEYS.bob}", revokedFrom: 57 }`,
    ]);
    const written = exampleWith(`      - "${KEYS.bob}"`, `      - key: "${KEYS.bob}" # the laptop`);
    expect(changedLines(written, revokeKey(written, KEYS.bob, 57))).toEqual(['+         revokedFrom: 57']);
  });

  test('is revoked from an earlier event than before, never from a later one', () => {
    expect(changedLines(EXAMPLE, revokeKey(EXAMPLE, KEYS.bobOld, 100))).toEqual([
      '-         revokedFrom: 120           # nothing this key signed at or after ledger sequence 120 counts',
      '+         revokedFrom: 100           # nothing this key signed at or after ledger sequence 120 counts',
    ]);
    expect(() => revokeKey(EXAMPLE, KEYS.bobOld, 120)).toThrow('revoked from event 120 on already');
    expect(() => revokeKey(EXAMPLE, KEYS.bobOld, 121)).toThrow(Failure);
  });

  test('of OpenPGP is found by its fingerprint, however it is written', () => {
    const print = 'ABCD'.repeat(10);
    const text = exampleWith(KEYS.alice, `openpgp:${print}`);
    const spaced = (print.toLowerCase().match(/.{4}/g) ?? []).join(' ');
    expect(revokeKey(text, spaced, 9)).toContain(`[{ key: "openpgp:${print}", revokedFrom: 9 }]`);
  });

  test('that is not listed is said', () => {
    expect(() => revokeKey(EXAMPLE, NEW, 1)).toThrow(/lists no key/);
    expect(() => revokeKey(EXAMPLE, '', 1)).toThrow(/lists no key/);
  });
});

test('in any policy, an addition changes what it says and nothing else', () => {
  fc.assert(
    fc.property(policyFile, fc.constantFrom('block', 'flow'), (file, style) => {
      const text = style === 'flow' ? JSON.stringify(file) : stringify(file);
      const before = policyOf(text);
      const after = policyOf(
        addPrincipal(text, { ...erin, id: 'frank@acme.example', keys: [sshKey('frank')] }),
      );
      expect(after.principals.get(id('frank'))?.keys).toEqual([sshKey('frank')]);
      expect([...after.principals].slice(0, -1)).toEqual([...before.principals]);
      expect([...after.keys].slice(0, -1)).toEqual([...before.keys]);
      expect({ ...after, principals: 0, keys: 0 }).toEqual({ ...before, principals: 0, keys: 0 });
    }),
  );
});

describe('the policy that a registry starts with', () => {
  const start = (environments: readonly string[], registry = 'acme-clinical') =>
    initialPolicy({
      registry,
      prompts: 'prompts',
      protectedBranches: ['main'],
      environments,
      principal: { id: 'alice@acme.example', name: 'Alice Ng', key: KEYS.alice },
    });

  test('is valid, and gives whoever starts it every role', () => {
    const text = start(['dev', 'staging', 'production']);
    expect(problemsOf(text)).toEqual([]);
    const policy = policyOf(text);
    expect(policy.principals.get(id('alice'))?.roles).toEqual(new Set(ROLES));
    expect(
      [...policy.environments].map(([name, rules]) => [name, rules.approvals, rules.promoteFrom]),
    ).toEqual([
      ['dev', 0, undefined],
      ['staging', 0, 'dev'],
      ['production', 1, 'staging'],
    ]);
    expect(policy).toMatchObject({
      registry: 'acme-clinical',
      protectedBranches: ['main'],
      adminThreshold: 1,
    });
    expect(policy.emergency).toEqual({ roles: new Set(['admin']), reviewWithin: 86_400 });
    expect(text.split('\n')[0]).toMatch(
      /^# yaml-language-server: \$schema=https:\/\/\S+\/policy\.schema\.json$/,
    );
  });

  test.each([[[]], [['production']]])('with the environments %j', (environments) => {
    expect(problemsOf(start(environments))).toEqual([]);
    expect([...policyOf(start(environments)).environments.keys()]).toEqual(environments);
  });

  test.each(['a: b', '# x', 'é', '"', 'yes', '12', "it's", '- x', '{a}'])('with the name %j', (registry) => {
    expect(policyOf(start(['production'], registry)).registry).toBe(registry);
  });

  test.each(['main', 'release/1.x', 'a,b', 'true', '12'])('with the branch %s', (branch) => {
    const principal = { id: 'alice@acme.example', name: 'Alice', key: KEYS.alice };
    const text = initialPolicy({
      registry: 'x',
      prompts: 'p',
      protectedBranches: [branch],
      environments: [],
      principal,
    });
    expect(policyOf(text).protectedBranches).toEqual([branch]);
  });

  test('its commented rule is a rule', () => {
    const text = start(['staging', 'production']);
    const rule = text
      .split('\n')
      .filter((line) => /^# (?:rules:| {2}(?:- | {2}(?:environments|approvals): \S+$))/.test(line));
    expect(rule).toHaveLength(4);
    const policy = policyOf(`${text}${rule.map((line) => `${line.slice(2)}\n`).join('')}`);
    expect(policy.rules).toMatchObject([
      { prompts: ['clinical-*'], environments: ['production'], approvals: 2 },
    ]);
  });
});
