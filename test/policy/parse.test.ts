import { describe, expect, test } from 'vitest';
import { parsePolicy, requiredKeyFiles } from '../../src/policy/parse.ts';
import { parseOpenPgpKey } from '../../src/signing/openpgp.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { securityForm } from '../signing/keys.ts';
import { EXAMPLE, env, exampleWith, id, KEYS, parse, policyOf, problemsOf } from './fixture.ts';

describe('a valid policy', () => {
  test('the example of the design is read as it says', () => {
    const { policy, problems } = parse(EXAMPLE);
    expect(problems).toEqual([]);
    expect(policy).toMatchObject({
      registry: 'acme-clinical',
      prompts: 'prompts',
      protectedBranches: ['main'],
      adminThreshold: 1,
      ledgerBranch: undefined,
      checkpointKeys: [],
    });
    expect(policy?.principals.get(id('bob'))).toEqual({
      id: 'bob@acme.example',
      name: 'Bob Rao',
      kind: 'person',
      roles: new Set(['approver']),
      keys: [KEYS.bobOld, KEYS.bob],
    });
    expect(policy?.principals.get(id('deploy-bot'))?.kind).toBe('service');
    expect([...(policy?.keys.values() ?? [])].map((grant) => [grant.principal, grant.revokedFrom])).toEqual([
      [id('alice'), undefined],
      [id('bob'), 120],
      [id('bob'), undefined],
      [id('carol'), undefined],
      [id('dave'), undefined],
      [id('deploy-bot'), undefined],
    ]);
    expect([...(policy?.environments ?? [])]).toEqual([
      ['staging', { approvals: 0, promoteFrom: undefined, separateDeployer: false, soak: 0 }],
      ['production', { approvals: 1, promoteFrom: 'staging', separateDeployer: false, soak: 86_400 }],
    ]);
    expect(policy?.rules).toEqual([
      {
        prompts: ['clinical-*'],
        environments: ['production'],
        approvals: 2,
        approvers: [id('bob'), id('carol')],
        separateDeployer: false,
        soak: 0,
      },
    ]);
    expect(policy?.emergency).toEqual({ roles: new Set(['admin']), reviewWithin: 86_400 });
  });

  test('what is left out has the meaning that lets the least happen', () => {
    const policy = policyOf(`schema: promptaudit/policy@1
registry: small
principals:
  a@b.example: { name: A, roles: [admin], keys: ["${KEYS.alice}"] }
environments:
  production:
`);
    expect(policy.emergency.roles.size).toBe(0);
    expect(policy.environments.get(env('production'))?.approvals).toBe(0);
    expect(policy.prompts).toBe('prompts');
    expect(policy.protectedBranches).toEqual(['main']);
    expect(policy.adminThreshold).toBe(1);
  });

  test('what has a period of retention is kept for that long, and all else for ever', () => {
    const retention = (text: string) => policyOf(`${EXAMPLE}retention: ${text}\n`).retention;
    expect(policyOf(EXAMPLE).retention).toEqual({ calls: undefined, content: undefined, access: undefined });
    expect(retention('{}')).toEqual({ calls: undefined, content: undefined, access: undefined });
    expect(retention('{ calls: 183d, content: 30d, access: 104w }')).toEqual({
      calls: 15_811_200,
      content: 2_592_000,
      access: 62_899_200,
    });
    // 183 days in other units, and what has no least period.
    expect(retention('{ calls: 4392h, content: 0s, access: 1s }')).toEqual({
      calls: 15_811_200,
      content: 0,
      access: 1,
    });
  });

  test('a comment after a key is not part of the key', () => {
    const policy = policyOf(exampleWith(`["${KEYS.alice}"]`, `["${KEYS.alice} alice@laptop"]`));
    expect(policy.principals.get(id('alice'))?.keys).toEqual([KEYS.alice]);
  });

  test('keys kept for later are kept', () => {
    const policy = policyOf(
      `${EXAMPLE}ledgerBranch: promptaudit-ledger\ncheckpointKeys: ["log+1234+AAAA"]\n`,
    );
    expect(policy.ledgerBranch).toBe('promptaudit-ledger');
    expect(policy.checkpointKeys).toEqual(['log+1234+AAAA']);
  });

  test('aliases and CRLF line ends are read', () => {
    const aliased = exampleWith('    roles: [author]', '    roles: &roles [author]');
    const text = exampleWith('    roles: [approver]\n', '    roles: *roles\n', aliased).replaceAll(
      '\n',
      '\r\n',
    );
    expect(
      parse(text)
        .problems.filter((one) => one.severity === 'error')
        .map((one) => one.message),
    ).toEqual(['bob@acme.example does not hold the role approver']);
  });
});

describe('one thing wrong', () => {
  const LOCKED_OUT =
    'this policy locks out its last admin: no principal with the role admin has a key that is not revoked';
  const ROLE_NAMES = 'author, approver, deployer, admin, recorder, auditor';

  // In `after`, ▸ stands where the problem is to be found.
  test.each<readonly [before: string, after: string, problem: string]>([
    [
      'promptaudit/policy@1',
      '▸promptaudit/policy@2',
      `schema must be 'promptaudit/policy@1', not "promptaudit/policy@2"`,
    ],
    [
      'adminThreshold: 1',
      '▸adminTreshold: 1',
      'the key "adminTreshold" is not known: did you mean adminThreshold?',
    ],
    [
      'adminThreshold: 1',
      '▸retain: {}',
      'the key "retain" is not known: the keys here are schema, registry, prompts, protectedBranches, principals, environments, rules, adminThreshold, emergency, retention, ledgerBranch, checkpointKeys',
    ],
    [
      'promoteFrom: staging',
      '▸promotefrom: staging',
      'the key "promotefrom" is not known: did you mean promoteFrom?',
    ],
    [
      'revokedFrom: 120',
      '▸revokedForm: 120',
      'the key "revokedForm" is not known: did you mean revokedFrom?',
    ],
    [
      '    roles: [author]',
      '    roles: [▸autor]',
      `principals.alice@acme.example.roles[0] must be one of ${ROLE_NAMES} (did you mean author?), not "autor"`,
    ],
    ['name: Alice Ng', 'name: ▸12', 'principals.alice@acme.example.name must be text, not 12'],
    [
      'alice@acme.example:\n    name: Alice Ng',
      '▸alice@acme.example:',
      'principals.alice@acme.example.name is missing',
    ],
    ['adminThreshold: 1', 'retention: { calls: ▸182d }', 'records of calls must be kept for at least 183d'],
    [
      'adminThreshold: 1',
      'retention: { calls: ▸15811199s, content: 0s }',
      'records of calls must be kept for at least 183d',
    ],
    [
      'adminThreshold: 1',
      'retention: { access: ▸1 year }',
      'retention.access is not a duration: write a whole number and one of s, m, h, d, w, e.g. 24h',
    ],
    ['adminThreshold: 1', 'retention: { content: ▸30 }', 'retention.content must be text, not 30'],
    [
      'adminThreshold: 1',
      'retention: { ▸contents: 30d }',
      'the key "contents" is not known: did you mean content?',
    ],
    ['adminThreshold: 1', 'retention: ▸183d', 'retention must be a map of keys and values, not "183d"'],
    ['adminThreshold: 1', 'adminThreshold: ▸one', 'adminThreshold must be a whole number, not "one"'],
    ['adminThreshold: 1', 'adminThreshold: ▸0', 'adminThreshold must be a whole number from 1 to 100'],
    [
      'adminThreshold: 1',
      'adminThreshold: ▸2',
      'adminThreshold is 2, but only one admin has a key that is not revoked',
    ],
    ['approvals: 2', 'approvals: ▸1.5', 'rules[0].approvals must be a whole number from 0 to 100'],
    ['approvals: 2', 'approvals: ▸-1', 'rules[0].approvals must be a whole number from 0 to 100'],
    ['approvals: 2', 'approvals: ▸101', 'rules[0].approvals must be a whole number from 0 to 100'],
    ['approvals: 2', 'approvals: ▸3', 'rules[0] asks for 3 approvals, but lets only 2 count'],
    [
      'approvals: 2\n    approvers',
      'approvals: 0\n    ▸approvers',
      'rules[0] says whose approvals count, but not how many: say approvals',
    ],
    [
      'soak: 24h',
      'soak: ▸1 day',
      'environments.production.soak is not a duration: write a whole number and one of s, m, h, d, w, e.g. 24h',
    ],
    [
      'promoteFrom: staging',
      'promoteFrom: ▸stagin',
      'the policy has no environment "stagin": did you mean staging?',
    ],
    [
      'promoteFrom: staging',
      'promoteFrom: ▸production',
      'promotion goes in a circle: "production" from "production"',
    ],
    [
      'staging: {}',
      'staging: { promoteFrom: ▸production }',
      'promotion goes in a circle: "staging" from "production" from "staging"',
    ],
    [
      'staging: {}',
      'staging: { ▸soak: 1h }',
      'environments.staging asks for a soak, but not where: say promoteFrom',
    ],
    ['staging: {}', '▸latest: {}', 'the environment "latest" is kept for references to versions'],
    ['environments: [production]', 'environments: [▸prod]', 'the policy has no environment "prod"'],
    [
      'environments: [production]',
      'environments: ▸[]',
      'rules[0].environments names no environment: leave the key out to mean all of them',
    ],
    [
      'environments: [production]',
      'environments: [staging]\n    ▸soak: 2h',
      'rules[0] asks for a soak before "staging", which has no promoteFrom',
    ],
    ['["clinical-*"]', '▸[]', 'rules[0].prompts names no prompt'],
    [
      '["clinical-*"]',
      '[▸"Clinical-*"]',
      `the pattern "Clinical-*" can match no prompt: names have a-z, 0-9, '.', '_', '-' and '/'; '*', '**' and '?' are the wildcards`,
    ],
    [
      '["clinical-*"]',
      '[▸"clinical/"]',
      'the pattern "clinical/" can match no prompt: it has an empty segment',
    ],
    [
      'carol@acme.example]',
      '▸carl@acme.example]',
      'the policy has no principal "carl@acme.example": did you mean carol@acme.example?',
    ],
    ['carol@acme.example]', '▸alice@acme.example]', 'alice@acme.example does not hold the role approver'],
    ['carol@acme.example]', '▸bob@acme.example]', '"bob@acme.example" is listed twice'],
    [
      '{ roles: [admin], ',
      '{ roles: ▸[], ',
      'emergency.roles names no role: leave the section out to let nobody',
    ],
    ['emergency: { roles: [admin], ', '▸emergency: { ', 'emergency.roles is missing'],
    ['prompts: prompts ', 'prompts: ▸../prompts ', `the folder "../prompts" has the segment '..'`],
    ['[main]', '[main, ▸"a..b"]', 'the branch "a..b" is not a name that git allows for a branch'],
    [
      'alice@acme.example:',
      '▸alice:',
      `the principal "alice" is not an email address of ASCII letters, digits and '.', '_', '%', '+', '-'`,
    ],
    [
      'alice@acme.example:',
      '▸alice@acme.lock:',
      'the principal "alice@acme.lock" has characters that git does not allow in a ref or an email',
    ],
    [
      '  carol@acme.example:',
      '  ▸Bob@acme.example:',
      'the principal "Bob@acme.example" differs from "bob@acme.example" in case only',
    ],
    ['  carol@acme.example:', '  ▸bob@acme.example:', 'the key "bob@acme.example" stands here a second time'],
    [
      `["${KEYS.carol}"]`,
      `[▸"${KEYS.bobOld}"]`,
      `the key ${short(KEYS.bobOld)} is listed for bob@acme.example already: one key belongs to one principal`,
    ],
    [
      `["${KEYS.carol}"]`,
      `[▸"${securityForm(KEYS.bobOld)}"]`,
      `the key ${short(securityForm(KEYS.bobOld))} is listed for bob@acme.example already: one key belongs to one principal`,
    ],
    [
      `- "${KEYS.bob}"`,
      `- ▸"${KEYS.bobOld}"`,
      `the key ${short(KEYS.bobOld)} is listed for bob@acme.example already, a few lines above`,
    ],
    [`["${KEYS.alice}"]`, '[▸"ssh-ed25519 AAAA"]', 'the key "ssh-ed25519 AAAA" cannot be used: '],
    [
      `["${KEYS.alice}"]`,
      '[▸"openpgp:ABCD"]',
      `the key "openpgp:ABCD" cannot be used: after 'openpgp:' comes the primary key's whole fingerprint, 40 or 64 hex digits`,
    ],
    ['principals:', 'principals: ▸3\nx:', 'principals must be a map of keys and values, not 3'],
    ['[approver, admin]', '[approver]', LOCKED_OUT],
    [`["${KEYS.carol}"]`, `[{ key: "${KEYS.carol}", revokedFrom: 9000 }]`, LOCKED_OUT],
    [`["${KEYS.carol}"]`, '[]', LOCKED_OUT],
    [
      'registry: acme-clinical',
      'registry: ▸"acme\\u202eclinical"',
      'the name "acmeU+202Eclinical" has the character U+202E on line 1: control and direction-changing characters are not allowed',
    ],
    [
      '# the folder',
      '# the ▸\u202efolder',
      '"U+202E" has no place in a policy: it makes the file show as something that it is not',
    ],
    ['prompts: prompts ', 'prompts: ▸!!binary prompts ', 'Unresolved tag: tag:yaml.org,2002:binary'],
    ['adminThreshold: 1', '? ▸[a]\n: 1', 'a key must be text'],
    ['adminThreshold: 1', '▸1: 1', 'a key must be text'],
  ])('%s → %s', (before, after, problem) => {
    const marked = exampleWith(before, after);
    const offset = marked.includes('▸') ? marked.indexOf('▸') : marked.indexOf('principals:');
    const lines = marked.slice(0, offset).split('\n');
    const expected = `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1} error ${problem}`;
    const text = marked.replace('▸', '');
    const found = problemsOf(text);
    expect(
      found.filter((one) => one.startsWith(expected)),
      `${expected}\n\n${found.join('\n')}`,
    ).toHaveLength(1);
    expect(parse(text).policy).toBeUndefined();
  });

  function short(key: string): string {
    return JSON.stringify(`${key.slice(0, 80)}${key.length > 80 ? '…' : ''}`);
  }

  test('a rule that demands nothing is an error', () => {
    const text = `${EXAMPLE.split('rules:')[0]}rules:\n  - prompts: ["**"]\nadminThreshold: 1\n`;
    expect(problemsOf(text)).toEqual([
      '38:5 error rules[0] demands nothing: give it approvals, separateDeployer or soak, or remove it',
    ]);
  });
});

test('all that is wrong is said at once, in the order of the file', () => {
  const text = EXAMPLE.replace('    roles: [author]', '    roles: [autor]')
    .replace('registry: acme-clinical', 'registri: acme-clinical')
    .replace('  staging: {}', '  staging: {}\n  staging: {}')
    .replace('approvals: 1 ', 'approvals: many ')
    .replace('environments: [production]', 'environments: [prod]')
    .replace(`["${KEYS.bot}"]`, '["ssh-dss AAAA"]')
    .replace('roles: [admin], ', 'roles: [admin, king], ');
  expect(parse(text).problems.map(({ line, message }) => `${line} ${message.split(':')[0]}`)).toEqual([
    '1 registry is missing',
    '2 the key "registri" is not known',
    '8 principals.alice@acme.example.roles[0] must be one of author, approver, deployer, admin, recorder, auditor (did you mean author?), not "autor"',
    '29 the key "ssh-dss AAAA" cannot be used',
    '32 the key "staging" stands here a second time',
    '34 environments.production.approvals must be a whole number, not "many"',
    '40 the policy has no environment "prod"',
    '44 emergency.roles[1] must be one of author, approver, deployer, admin, recorder, auditor, not "king"',
  ]);
});

test('a syntax error is said with its place', () => {
  const { policy, problems } = parse('schema: promptaudit/policy@1\nregistry: [a\n');
  expect(policy).toBeUndefined();
  expect(problems[0]).toMatchObject({ line: 3, severity: 'error' });
});

describe('warnings', () => {
  test('approvals that nobody can give, and a principal without keys', () => {
    const text = EXAMPLE.replace('approvals: 1 ', 'approvals: 4 ').replace(
      `    keys: ["${KEYS.alice}"]\n`,
      '',
    );
    const { policy, problems } = parse(text);
    expect(policy).toBeDefined();
    expect(problems.map((one) => `${one.line} ${one.severity} ${one.message}`)).toEqual([
      '6 warning alice@acme.example has no key, and so can sign nothing that counts',
      '32 warning production asks for 4 approvals, and there is only bob@acme.example, carol@acme.example, dave@acme.example to give them',
    ]);
  });

  test('a branch that was to hold both the prompts and the ledger', () => {
    const { policy, problems } = parse(`${EXAMPLE}ledgerBranch: main\n`);
    expect(policy).toBeDefined();
    expect(problems.map((one) => `${one.severity} ${one.message}`)).toEqual([
      'warning the ledgerBranch main is one of the protectedBranches, and so cannot mirror the ledger: name another, such as promptaudit-ledger',
    ]);
  });

  test('a rule whose approvers cannot sign', () => {
    const text = EXAMPLE.replace(`      - "${KEYS.bob}"\n`, '');
    expect(problemsOf(text)).toEqual([
      '39:16 warning this rule asks for 2 approvals, and there is only carol@acme.example to give them',
    ]);
  });
});

describe('OpenPGP keys', () => {
  test('are named by fingerprint and found beside the policy, as gpg exported them', async () => {
    const box = await sandbox();
    const gpg = (...args: readonly string[]) => box.ok('gpg', ['--batch', '--no-tty', ...args]);
    await box.ok('mkdir', ['-m', '700', box.env.GNUPGHOME ?? '']);
    await gpg(
      '--passphrase',
      '',
      '--quick-gen-key',
      'Alice <alice@acme.example>',
      'ed25519',
      'sign',
      'never',
    );
    const armored = await gpg('--armor', '--export', 'alice@acme.example');
    const listing = await gpg('--with-colons', '--list-keys', 'alice@acme.example');
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? '';
    const bytes = Buffer.from(exampleWith(KEYS.carol, `openpgp:${fingerprint.toLowerCase()}`));

    expect(requiredKeyFiles(bytes)).toEqual([fingerprint]);
    const { policy, problems } = parsePolicy(bytes, new Map([[fingerprint, armored]]));
    expect(problems).toEqual([]);
    const [key] = policy?.principals.get(id('carol'))?.keys ?? [];
    expect(key && policy?.keys.get(key)?.key).toEqual(await parseOpenPgpKey(armored));
  });

  test('whose file is missing sign nothing: the last admin is locked out', () => {
    const fingerprint = 'AB'.repeat(20);
    const text = exampleWith(KEYS.carol, `openpgp:${fingerprint}`);
    expect(problemsOf(text)).toEqual([
      '5:1 error this policy locks out its last admin: no principal with the role admin has a key that is not revoked',
      `20:12 warning .promptaudit/keys/${fingerprint}.asc is missing: nothing that this key signs counts`,
    ]);
  });

  test('are not looked for in a file that cannot be read', () => {
    expect(requiredKeyFiles(Buffer.from('principals: ['))).toEqual([]);
    expect(requiredKeyFiles(Buffer.from('principals: 3'))).toEqual([]);
  });
});
