import { expect, test } from 'vitest';
import { signersOfFile, signersOfPolicy } from '../../../src/calls/proof/signers.ts';
import type { Policy } from '../../../src/policy/model.ts';
import { makeKey } from './sealed.ts';

const { key } = makeKey();

test('an allowed-signers file says whose key it is, by patterns as ssh-keygen has them', () => {
  const says = (principals: string, email: string) =>
    signersOfFile(`# people\n\n${principals} ${key.id} Rec's laptop\n`, 'f')
      .get(key.id)
      ?.problem(email, 1) === undefined;
  expect(says('rec@acme.example', 'rec@acme.example')).toBe(true);
  expect(says('rec@acme.example', 'REC@acme.example')).toBe(false);
  expect(says('*@acme.example', 'rec@acme.example')).toBe(true);
  expect(says('*@acme.example', 'rec@acme.example.org')).toBe(false);
  expect(says('bob@acme.example,rec@*', 'rec@acme.example')).toBe(true);
  expect(says('*,!rec@*', 'rec@acme.example')).toBe(false);
  expect(says('r?c@acme.example', 'rec@acme.example')).toBe(true);
  // ssh-keygen matches bytes: é is two.
  expect(says('r??c@acme.example', 'réc@acme.example')).toBe(true);
  expect(says('r?c@acme.example', 'réc@acme.example')).toBe(false);
});

test('keys for other namespaces are left out, and two entries of one key are one key', () => {
  const text = `a namespaces="file,git" ${key.id}\nb ${key.id}\n`;
  const signer = signersOfFile(text, 'f').get(key.id);
  expect([signer?.problem('a', 1), signer?.problem('b', 1)]).toEqual([undefined, undefined]);
  expect(signer?.problem('c', 1)).toBeDefined();
  expect(signersOfFile(`a namespaces="file" ${key.id}\n`, 'f').size).toBe(0);
});

test.each([
  ['cert-authority', `a cert-authority ${key.id}`, /^line 1 of f has options/],
  ['a date', `a valid-before="20270101",namespaces="git" ${key.id}`, /^line 1 of f has options/],
  ['no principal', `${key.id}`, /^line 1 of f is no allowed signer/],
  ['no key', 'a', /^line 1 of f is no allowed signer/],
  ['a broken key', 'a ssh-ed25519 AAAA', /^the key on line 1 of f cannot be used/],
])('an entry with %s is refused', (_, line, message) => {
  expect(() => signersOfFile(`${line}\n`, 'f')).toThrow(message);
});

test('of a policy, recorders count, under their own name and before their key is revoked', () => {
  const policy = (role: string, revokedFrom?: number) =>
    ({
      principals: new Map([['rec@a.b', { id: 'rec@a.b', roles: new Set([role]) }]]),
      keys: new Map([[key.id, { principal: 'rec@a.b', key, revokedFrom }]]),
    }) as unknown as Policy;
  const says = (one: Policy, email = 'rec@a.b') => signersOfPolicy(one).get(key.id)?.problem(email, 57);
  expect(says(policy('recorder'))).toBeUndefined();
  expect(says(policy('recorder', 58))).toBeUndefined();
  expect(says(policy('recorder', 57))).toBe('a key of rec@a.b that is revoked from event 57 on');
  expect(says(policy('author'))).toBe('a key of rec@a.b, who does not hold the role recorder');
  expect(says(policy('recorder'), 'bob@a.b')).toBe("which is rec@a.b's, but names bob@a.b");
});
