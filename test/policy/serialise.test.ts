import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Failure } from '../../src/failure.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { policyFromJson, policyToJson } from '../../src/policy/serialise.ts';
import { publicKeyObject } from '../../src/signing/sshkey.ts';
import { policyFile } from './arbitrary.ts';
import { EXAMPLE, exampleWith, KEYS, policyOf } from './fixture.ts';

const throughJson = (value: unknown) => policyFromJson(JSON.parse(JSON.stringify(value)));

test('a policy comes back from JSON as it was', () => {
  fc.assert(
    fc.property(policyFile, (file) => {
      const policy = policyOf(stringify(file));
      expect(throughJson(policyToJson(policy))).toEqual(policy);
      expect(policyFromJson(policyToJson(policy))).toEqual(policy);
    }),
  );
});

test('with its OpenPGP keys, there or missing, and its optional settings', () => {
  const there = 'AB'.repeat(20);
  const missing = 'CD'.repeat(20);
  const text = exampleWith(`["${KEYS.alice}"]`, `["openpgp:${there}", "openpgp:${missing}"]`);
  const bytes = Buffer.from(`${text}ledgerBranch: mirror\ncheckpointKeys: [one]\n`);
  const { policy } = parsePolicy(bytes, new Map([[there, 'armored text']]));
  expect(policy?.keys.size).toBe(7);
  expect(policy && throughJson(policyToJson(policy))).toEqual(policy);
});

test('with periods of retention, those of nothing too', () => {
  for (const retention of ['{}', '{ content: 0s }', '{ calls: 183d, content: 30d, access: 52w }']) {
    const policy = policyOf(`${EXAMPLE}retention: ${retention}\n`);
    expect(throughJson(policyToJson(policy))).toEqual(policy);
  }
});

test('an SSH key that comes back can verify', () => {
  const policy = throughJson(policyToJson(policyOf(EXAMPLE)));
  const [grant] = policy.keys.values();
  expect(grant?.key.format === 'ssh' && publicKeyObject(grant.key)?.asymmetricKeyType).toBe('ed25519');
});

test('anything else is refused, whatever is changed', () => {
  const good = JSON.parse(JSON.stringify(policyToJson(policyOf(EXAMPLE)))) as Record<string, unknown>;
  for (const value of [null, 1, 'x', [], {}]) expect(() => policyFromJson(value)).toThrow(Failure);
  for (const key of Object.keys(good)) {
    expect(() => policyFromJson({ ...good, [key]: { odd: true } }), key).toThrow(Failure);
    expect(() => policyFromJson({ ...good, [key]: [null] }), key).toThrow(Failure);
  }
  expect(() => policyFromJson({ ...good, adminThreshold: 0.5 })).toThrow(Failure);
  for (const retention of [{ calls: '183d' }, { content: 0.5 }, { access: -1 }, { prompts: 1 }])
    expect(() => policyFromJson({ ...good, retention }), JSON.stringify(retention)).toThrow(Failure);
  expect(() => policyFromJson({ ...good, emergency: { roles: ['king'], reviewWithin: 1 } })).toThrow(Failure);
});
