import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrustedKey } from '../../src/signing/model.ts';
import { parseOpenPgpKey } from '../../src/signing/openpgp.ts';
import { keyringOf, verifySignature } from '../../src/signing/verify.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { brief, flip, signedCommitParts, signedTagParts, trusted } from './keys.ts';

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\na message with an ü\r\nand two line ends\n';
/** Long before the expired key's expiry of one year. */
const PAST = '--faked-system-time=20200101T000000';

let box: Sandbox;
const fingerprints: Record<string, string> = {};

beforeAll(async () => {
  box = await createSandbox();
  await mkdir(join(box.dir, '.gnupg'), { mode: 0o700 });
  await makeKey('ed', ['ed25519', 'sign', 'never']);
  await makeKey('rsa', ['rsa2048', 'sign', 'never']);
  await makeKey('p256', ['nistp256', 'sign', 'never']);
  await makeKey('certify', ['ed25519', 'cert', 'never']);
  await gpg('--quick-add-key', fingerprints.certify!, 'ed25519', 'sign', 'never');
  await makeKey('mute', ['ed25519', 'cert', 'never']);
  await makeKey('expired', ['ed25519', 'sign', '1y'], [PAST]);
});
afterAll(async () => {
  await run('gpgconf', ['--kill', 'all'], { env: box.env });
  await box.remove();
});

function gpg(...args: string[]): Promise<string> {
  return box.ok('gpg', [
    '--batch',
    '--yes',
    '--quiet',
    '--pinentry-mode',
    'loopback',
    '--passphrase',
    '',
    ...args,
  ]);
}

async function makeKey(
  name: string,
  kind: readonly string[],
  options: readonly string[] = [],
): Promise<void> {
  await gpg(...options, '--quick-gen-key', `${name} <${name}@acme.example>`, ...kind);
  const listing = await gpg('--with-colons', '--list-keys', `${name}@acme.example`);
  fingerprints[name] = /^fpr:+([0-9A-F]{40}):/m.exec(listing)![1]!;
}

const armoredKey = (name: string) => gpg('--armor', '--export', fingerprints[name]!);
const keyOf = async (name: string): Promise<TrustedKey> =>
  trusted(await parseOpenPgpKey(await armoredKey(name)));

async function gpgSign(name: string, payload: string | Uint8Array, ...options: string[]): Promise<Buffer> {
  const args = ['--batch', '--quiet', ...options, '-bau', fingerprints[name]!];
  const result = await run('gpg', args, { env: box.env, input: payload });
  if (result.code !== 0) throw new Error(result.stderr);
  return result.stdout;
}

/** gpg's own judgement: the keyword of its status line. */
async function gpgVerify(payload: string | Uint8Array, signature: Uint8Array): Promise<string> {
  const file = join(box.dir, `signature-${Math.random()}`);
  await writeFile(file, signature);
  const args = ['--batch', '--status-fd=1', '--verify', file, '-'];
  const { stdout } = await run('gpg', args, { env: box.env, input: payload });
  return /\[GNUPG:\] (GOODSIG|EXPKEYSIG|REVKEYSIG|BADSIG|ERRSIG)/.exec(stdout.toString())?.[1] ?? 'nothing';
}

function judge(payload: string | Uint8Array, signature: Uint8Array, ...ring: TrustedKey[]) {
  return verifySignature(Buffer.from(payload as string), signature, keyringOf(ring));
}

describe.each(['ed', 'rsa', 'p256', 'certify'])('a key of the kind %s', (name) => {
  test('is named by its primary fingerprint', async () => {
    expect((await keyOf(name)).id).toBe(`openpgp:${fingerprints[name]}`);
  });

  test('makes signatures that are valid, and not for other bytes; gpg agrees', async () => {
    const key = await keyOf(name);
    const signature = await gpgSign(name, PAYLOAD);
    expect(await judge(PAYLOAD, signature, key)).toEqual({ verdict: 'valid', key: key.id });
    expect(await gpgVerify(PAYLOAD, signature)).toBe('GOODSIG');
    const altered = PAYLOAD.replace('\r\n', '\n');
    expect(await judge(altered, signature, key)).toMatchObject({ verdict: 'invalid', key: key.id });
    expect(await gpgVerify(altered, signature)).toBe('BADSIG');
  });

  test('is unknown where the keyring lacks it', async () => {
    const verdict = await judge(
      PAYLOAD,
      await gpgSign(name, PAYLOAD),
      await keyOf(name === 'ed' ? 'rsa' : 'ed'),
    );
    expect(verdict).toEqual({ verdict: 'unknown-key', key: expect.stringMatching(/^openpgp:[0-9A-F]{40}$/) });
  });

  test('is found among others', async () => {
    const ring = [await keyOf('ed'), await keyOf('rsa'), await keyOf('p256'), await keyOf('certify')];
    expect(await judge(PAYLOAD, await gpgSign(name, PAYLOAD), ...ring)).toMatchObject({
      verdict: 'valid',
      key: `openpgp:${fingerprints[name]}`,
    });
  });
});

test('git’s own signed commit and tag', async () => {
  const key = await keyOf('certify');
  const repository = join(box.dir, 'repository');
  await box.git(['init', '-q', repository]);
  const settings = {
    'user.name': 'Alice',
    'user.email': 'a@acme.example',
    'user.signingkey': fingerprints.certify!,
  };
  for (const [name, value] of Object.entries(settings))
    await box.git(['-C', repository, 'config', name, value]);
  await box.git(['-C', repository, 'commit', '-q', '-S', '--allow-empty', '-m', 'first']);
  await box.git(['-C', repository, 'tag', '-s', '-m', 'a tag', 'v1']);
  await box.git(['-C', repository, 'verify-commit', 'HEAD']);
  await box.git(['-C', repository, 'verify-tag', 'v1']);
  for (const parts of [
    await signedCommitParts(box, repository),
    await signedTagParts(box, repository, 'v1'),
  ]) {
    expect(await judge(parts.payload, parts.signature, key)).toEqual({ verdict: 'valid', key: key.id });
    expect(brief(await judge(flip(parts.payload, 5), parts.signature, key))).toBe('invalid');
  }
});

describe('dates do not decide', () => {
  test('a key that has expired verifies what it signed, as gpg says with a remark', async () => {
    const signature = await gpgSign('expired', PAYLOAD, PAST);
    expect(await gpgVerify(PAYLOAD, signature)).toBe('EXPKEYSIG');
    expect(brief(await judge(PAYLOAD, signature, await keyOf('expired')))).toBe('valid');
  });

  test('a signature dated after its key’s expiry, or before the key was made, is judged by its arithmetic', async () => {
    const key = await keyOf('expired');
    await gpg(PAST, '--quick-set-expire', fingerprints.expired!, '0');
    const late = await gpgSign('expired', PAYLOAD, '--faked-system-time=20300101T000000');
    const early = await gpgSign(
      'expired',
      PAYLOAD,
      '--faked-system-time=20190101T000000',
      '--ignore-time-conflict',
    );
    expect(brief(await judge(PAYLOAD, late, key))).toBe('valid');
    expect(brief(await judge(PAYLOAD, early, key))).toBe('valid');
  });

  test('a signature that has expired by its own date stays what it was', async () => {
    const signature = await gpgSign(
      'ed',
      PAYLOAD,
      '--default-sig-expire',
      '1d',
      '--faked-system-time=20380101T000000',
    );
    expect(brief(await judge(PAYLOAD, signature, await keyOf('ed')))).toBe('valid');
  });
});

describe('refuses', () => {
  test.each(['SHA1', 'RIPEMD160', 'MD5'])('the weak hash %s', async (hash) => {
    const weak = await gpgSign('rsa', PAYLOAD, '--digest-algo', hash, '--allow-weak-digest-algos');
    expect(await judge(PAYLOAD, weak, await keyOf('rsa'))).toMatchObject({
      verdict: 'invalid',
      why: expect.stringMatching(/insecure|hash/i),
    });
  });

  test('signatures in text mode, even over bytes that it leaves as they are', async () => {
    const text = await gpgSign('ed', 'no line end', '--textmode');
    expect(await gpgVerify('no line end', text)).toBe('GOODSIG');
    expect(await judge('no line end', text, await keyOf('ed'))).toMatchObject({ verdict: 'invalid' });
  });

  test('more than one signature', async () => {
    const two = await run('gpg', ['--batch', '-ba', '-u', fingerprints.ed!, '-u', fingerprints.rsa!], {
      env: box.env,
      input: PAYLOAD,
    });
    expect(two.stdout.toString()).toMatch(/^-----BEGIN PGP SIGNATURE-----/);
    const ring = [await keyOf('ed'), await keyOf('rsa')];
    expect(brief(await judge(PAYLOAD, two.stdout, ...ring))).toBe('invalid');
    const one = (await gpgSign('ed', PAYLOAD)).toString();
    expect(brief(await judge(PAYLOAD, Buffer.from(one + one), ...ring))).toBe('invalid');
  });

  test('a subkey that its primary key does not bind', async () => {
    const key = (await keyOf('certify')) as Extract<TrustedKey, { format: 'openpgp' }>;
    const [primary, subkey] = packets(key.armored);
    const [foreign] = packets(await armoredKey('ed'));
    const grafted = trusted(
      await parseOpenPgpKey(armor('PUBLIC KEY BLOCK', Buffer.concat([...foreign!, ...subkey!]))),
    );
    expect(primary).toBeDefined();
    expect(brief(await judge(PAYLOAD, await gpgSign('certify', PAYLOAD), grafted))).toBe('invalid');
    expect(brief(await judge(PAYLOAD, await gpgSign('ed', PAYLOAD), grafted))).toBe('valid');
  });

  test('material that is not the key of the fingerprint that stands for it', async () => {
    const armored = await armoredKey('ed');
    const { id } = await keyOf('rsa');
    const signature = await gpgSign('ed', PAYLOAD);
    expect(brief(await judge(PAYLOAD, signature, { format: 'openpgp', id, armored }))).toBe('unknown-key');
    const own = { format: 'openpgp', id: (await keyOf('ed')).id } as const;
    expect(brief(await judge(PAYLOAD, signature, { ...own, armored }))).toBe('valid');
    expect(brief(await judge(PAYLOAD, signature, { ...own, armored: '' }))).toBe('unknown-key');
  });

  test('a key that its own material revokes', async () => {
    await makeKey('revoked', ['ed25519', 'sign', 'never']);
    const before = await keyOf('revoked');
    const signature = await gpgSign('revoked', PAYLOAD);
    const certificate = join(box.dir, '.gnupg', 'openpgp-revocs.d', `${fingerprints.revoked}.rev`);
    await box.ok('sh', [
      '-c',
      `sed 's/^:-----BEGIN/-----BEGIN/' '${certificate}' | gpg --batch --quiet --import`,
    ]);
    const after = await keyOf('revoked');
    expect(after.id).toBe(before.id);
    expect(brief(await judge(PAYLOAD, signature, before))).toBe('valid');
    expect(brief(await judge(PAYLOAD, signature, after))).toBe('invalid');
  });
});

test('a subkey that its key’s own material revokes makes none that holds, whatever the reason; the one beside it does', async () => {
  await makeKey('rotated', ['ed25519', 'cert', 'never']);
  const primary = fingerprints.rotated!;
  await gpg('--quick-add-key', primary, 'ed25519', 'sign', 'never');
  const before = await keyOf('rotated');
  const old = await gpgSign('rotated', PAYLOAD);
  const superseded = 'key 1\nrevkey\ny\n2\n\ny\nsave\n';
  const args = ['--batch', '--quiet', '--pinentry-mode', 'loopback', '--passphrase', ''];
  const edit = await run('gpg', [...args, '--command-fd=0', '--edit-key', primary], {
    env: box.env,
    input: superseded,
  });
  expect(edit.code).toBe(0);
  await gpg('--quick-add-key', primary, 'ed25519', 'sign', 'never');
  const after = await keyOf('rotated');
  const next = await gpgSign('rotated', PAYLOAD);
  expect(await gpgVerify(PAYLOAD, old)).toBe('REVKEYSIG');
  expect(await gpgVerify(PAYLOAD, next)).toBe('GOODSIG');
  expect(brief(await judge(PAYLOAD, old, before))).toBe('valid');
  expect(brief(await judge(PAYLOAD, next, before))).toBe('unknown-key');
  expect(brief(await judge(PAYLOAD, old, after))).toBe('invalid');
  expect(brief(await judge(PAYLOAD, next, after))).toBe('valid');
});

describe('parseOpenPgpKey refuses', () => {
  const problemOf = async (text: string) => {
    const key = await parseOpenPgpKey(text);
    return 'problem' in key ? key.problem : 'no problem';
  };

  test('what is not one public key that can sign', async () => {
    const ed = await armoredKey('ed');
    const two = await gpg('--armor', '--export', fingerprints.ed!, fingerprints.rsa!);
    const secret = await gpg('--armor', '--export-secret-keys', fingerprints.ed!);
    expect(await problemOf('')).toMatch(/not one armored/);
    expect(await problemOf(`${ed}${ed}`)).toMatch(/not one armored/);
    expect(await problemOf(ed.replace(/\n=..../, '\n=AAAA'))).toMatch(/not one armored/);
    expect(await problemOf(two)).toMatch(/more than one/);
    expect(await problemOf(secret)).toMatch(/private/);
    expect(await problemOf(await armoredKey('mute'))).toMatch(/sign/);
    expect(await problemOf(ed.replaceAll('\n', '\r\n'))).toBe('no problem');
  });

  test('an RSA key of 1024 bits', async () => {
    await makeKey('short', ['rsa1024', 'sign', 'never']);
    expect(await problemOf(await armoredKey('short'))).toMatch(/2048/);
  });

  test.each(['brainpoolP256r1', 'secp256k1'])('a key on %s, saying so', async (curve) => {
    await makeKey(curve, [curve, 'sign', 'never']);
    expect(await problemOf(await armoredKey(curve))).toMatch(/^it is not .*: its curve is not supported$/);
  });

  test('any text, without an error', async () => {
    const block = (body: string) =>
      `-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n${body}\n-----END PGP PUBLIC KEY BLOCK-----\n`;
    const text = fc.oneof(
      fc.string(),
      fc
        .uint8Array({ minLength: 1, maxLength: 50 })
        .map((bytes) => block(Buffer.from(bytes).toString('base64'))),
    );
    await fc.assert(
      fc.asyncProperty(text, async (candidate) => {
        expect(await parseOpenPgpKey(candidate)).toHaveProperty('problem');
      }),
    );
  });
});

test('every flipped bit of a signature packet is noticed, and none throws', async () => {
  const key = await keyOf('ed');
  const packet = dearmor((await gpgSign('ed', PAYLOAD)).toString());
  expect(brief(await judge(PAYLOAD, Buffer.from(armor('SIGNATURE', packet)), key))).toBe('valid');
  const verdicts: string[] = [];
  for (let at = 0; at < packet.length; at++) {
    const altered = armor('SIGNATURE', flip(packet, at, at % 8));
    verdicts.push(brief(await judge(PAYLOAD, Buffer.from(altered), key)));
  }
  expect(verdicts).not.toContain('valid');
});

test('no mutation of a signature is valid, and none throws', async () => {
  const key = await keyOf('rsa');
  const packet = dearmor((await gpgSign('rsa', PAYLOAD)).toString());
  const splice = fc.record({
    at: fc.nat(packet.length),
    drop: fc.nat(5),
    put: fc.uint8Array({ maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(splice, async ({ at, drop, put }) => {
      const bytes = Buffer.concat([packet.subarray(0, at), put, packet.subarray(at + drop)]);
      const verdict = await judge(PAYLOAD, Buffer.from(armor('SIGNATURE', bytes)), key);
      if (!bytes.equals(packet)) expect(brief(verdict)).not.toBe('valid');
    }),
    { numRuns: 200 },
  );
});

test('bytes in the unhashed area are refused', async () => {
  const key = await keyOf('ed');
  const packet = dearmor((await gpgSign('ed', PAYLOAD)).toString());
  const hashedEnd = 2 + 6 + packet.readUInt16BE(6);
  const notation = Buffer.from([0x03, 0x65, 0x61, 0x62]);
  const grown = Buffer.concat([packet.subarray(0, hashedEnd), packet.subarray(hashedEnd)]);
  const unhashed = packet.readUInt16BE(hashedEnd);
  grown.writeUInt16BE(unhashed + notation.length, hashedEnd);
  const cut = hashedEnd + 2 + unhashed;
  const altered = Buffer.concat([grown.subarray(0, cut), notation, grown.subarray(cut)]);
  altered[1] = altered[1]! + notation.length;
  expect(await gpgVerify(PAYLOAD, Buffer.from(armor('SIGNATURE', altered)))).toBe('GOODSIG');
  expect(brief(await judge(PAYLOAD, Buffer.from(armor('SIGNATURE', altered)), key))).toBe('invalid');
});

test('an unhashed issuer that is critical, or stands there twice, is refused', async () => {
  const key = await keyOf('ed');
  const packet = dearmor((await gpgSign('ed', PAYLOAD)).toString());
  const hashedEnd = 2 + 6 + packet.readUInt16BE(6);
  const unhashed = packet.readUInt16BE(hashedEnd);
  const area = packet.subarray(hashedEnd + 2, hashedEnd + 2 + unhashed);
  // One subpacket: its length, its type (16, issuer key id), eight bytes. Source: RFC 9580, section 5.2.3.7.
  expect([...area.subarray(0, 2)]).toEqual([9, 16]);
  const critical = flip(packet, hashedEnd + 3, 7);
  const twice = Buffer.concat([packet.subarray(0, hashedEnd + 2), area, packet.subarray(hashedEnd + 2)]);
  twice.writeUInt16BE(2 * unhashed, hashedEnd);
  twice[1] = twice[1]! + unhashed;
  for (const altered of [critical, twice])
    expect(brief(await judge(PAYLOAD, Buffer.from(armor('SIGNATURE', altered)), key))).toBe('invalid');
});

function dearmor(armored: string): Buffer {
  const body = armored.slice(armored.indexOf('\n\n') + 2, armored.lastIndexOf('\n='));
  return Buffer.from(body, 'base64');
}

function armor(kind: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN PGP ${kind}-----\n\n${lines}\n-----END PGP ${kind}-----\n`;
}

/** A key's old-format packets, in groups: primary key with its user ids, then each subkey with its signatures. */
function packets(armored: string): Buffer[][] {
  const groups: Buffer[][] = [];
  let rest = dearmor(armored);
  while (rest.length > 0) {
    const wide = (rest[0]! & 3) === 1;
    const end = wide ? 3 + rest.readUInt16BE(1) : 2 + rest[1]!;
    const tag = (rest[0]! >> 2) & 15;
    if (tag === 6 || tag === 14) groups.push([]);
    groups.at(-1)!.push(rest.subarray(0, end));
    rest = rest.subarray(end);
  }
  return groups;
}
