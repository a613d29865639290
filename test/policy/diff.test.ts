import { expect, test } from 'vitest';
import { diffPolicies } from '../../src/policy/diff.ts';
import { addPrincipal, revokeKey } from '../../src/policy/edit.ts';
import { EXAMPLE, exampleWith, KEYS, policyOf, sshKey } from './fixture.ts';

const rows = (before: string | undefined, after: string) =>
  diffPolicies(before === undefined ? undefined : policyOf(before), policyOf(after)).map(
    (row) => `${row.path}: ${row.before ?? '(none)'} → ${row.after ?? '(none)'}`,
  );

test('nothing differs from itself, whatever the comments, layout and order of roles', () => {
  expect(rows(EXAMPLE, EXAMPLE)).toEqual([]);
  const same = exampleWith('[approver, admin]', '\n      - admin # first\n      - approver');
  expect(rows(EXAMPLE, same)).toEqual([]);
});

test('what differs is named as the file names it', () => {
  const erin = { id: 'erin@acme.example', name: 'Erin', roles: ['author'], keys: [sshKey('erin')] } as const;
  const text = revokeKey(addPrincipal(EXAMPLE, erin), KEYS.alice, 57)
    .replace('approvals: 2', 'approvals: 1')
    .replace('    soak: 24h ', '    soak: 2h ')
    .replace('emergency: { roles: [admin],', 'emergency: { roles: [admin, deployer],')
    .replace('    promoteFrom: staging ', '    promoteFrom: staging # ');
  expect(rows(EXAMPLE, text)).toEqual([
    `principals.alice@acme.example.keys.${KEYS.alice}: trusted → revoked from event 57`,
    'environments.production.soak: 1d → 2h',
    'rules[0].approvals: 2 → 1',
    'emergency.roles: admin → admin, deployer',
    'principals.erin@acme.example.name: (none) → Erin',
    'principals.erin@acme.example.kind: (none) → person',
    'principals.erin@acme.example.roles: (none) → author',
    `principals.erin@acme.example.keys.${sshKey('erin')}: (none) → trusted`,
  ]);
});

test('periods of retention that come, go and change', () => {
  const before = `${EXAMPLE}retention: { calls: 183d, content: 30d }\n`;
  const after = `${EXAMPLE}retention: { calls: 200d, access: 52w }\n`;
  expect(rows(before, after)).toEqual([
    'retention.calls: 183d → 200d',
    'retention.content: 30d → (none)',
    'retention.access: (none) → 364d',
  ]);
});

test('what is gone has no after', () => {
  const [head = ''] = EXAMPLE.split('rules:');
  expect(rows(EXAMPLE, head)).toEqual([
    'rules[0].prompts: clinical-* → (none)',
    'rules[0].environments: production → (none)',
    'rules[0].approvals: 2 → (none)',
    'rules[0].approvers: bob@acme.example, carol@acme.example → (none)',
    'emergency.roles: admin → (none)',
  ]);
});

test('the first policy differs in all that it says', () => {
  const all = rows(undefined, EXAMPLE);
  expect(all[0]).toBe('registry: (none) → acme-clinical');
  expect(all).toContain('environments.production.promoteFrom: (none) → staging');
  expect(all.every((row) => row.includes('(none) →'))).toBe(true);
});
