import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrustedKey } from '../../src/signing/model.ts';
import { parseEd25519PrivateKey } from '../../src/signing/opensshkey.ts';
import { verifySshSignature } from '../../src/signing/sshcheck.ts';
import { parseSshPublicKey } from '../../src/signing/sshkey.ts';
import { signSshEd25519 } from '../../src/signing/sshsig.ts';
import { keyringOf, verifySignature } from '../../src/signing/verify.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import {
  armorSshsig,
  brief,
  dearmorSshsig,
  flip,
  type KeyPairFiles,
  makeSecurityKey,
  makeSshKey,
  signedCommitParts,
  signedTagParts,
  sshKeygenAccepts,
  sshKeygenSign,
  sshsigArmor,
  sshsigMessage,
  trusted,
  wire,
  wireMpint,
} from './keys.ts';

const KINDS = {
  ed25519: ['-t', 'ed25519'],
  p256: ['-t', 'ecdsa', '-b', '256'],
  p384: ['-t', 'ecdsa', '-b', '384'],
  p521: ['-t', 'ecdsa', '-b', '521'],
  rsa2048: ['-t', 'rsa', '-b', '2048'],
  rsa3072: ['-t', 'rsa', '-b', '3072'],
  rsa4096: ['-t', 'rsa', '-b', '4096'],
} as const;
type Kind = keyof typeof KINDS;
const kinds = Object.keys(KINDS) as Kind[];

const PAYLOAD = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\na message with an ü\n';

let box: Sandbox;
let keys: Record<Kind, KeyPairFiles>;
beforeAll(async () => {
  box = await createSandbox();
  const made = await Promise.all(
    kinds.map(async (kind) => [kind, await makeSshKey(box, kind, KINDS[kind])] as const),
  );
  keys = Object.fromEntries(made) as Record<Kind, KeyPairFiles>;
});
afterAll(() => box.remove());

function judge(payload: string | Uint8Array, signature: Uint8Array, ...ring: TrustedKey[]) {
  return verifySignature(Buffer.from(payload as string), signature, keyringOf(ring));
}

describe.each(kinds)('%s, signed by ssh-keygen', (kind) => {
  test('is valid where ssh-keygen says so, and not where it does not', async () => {
    const { privatePath, key } = keys[kind];
    const signature = await sshKeygenSign(box, privatePath, PAYLOAD);
    expect(await judge(PAYLOAD, signature, key)).toEqual({ verdict: 'valid', key: key.id });

    const blob = dearmorSshsig(signature);
    const places = [0, 3, 9, 20, 60, blob.length - 70, blob.length - 20, blob.length - 1];
    const damaged = [...places.map((at) => armorSshsig(flip(blob, at, at % 8))), signature.subarray(1)];
    for (const bytes of damaged) {
      expect(brief(await judge(PAYLOAD, bytes, key))).not.toBe('valid');
      expect(await sshKeygenAccepts(box, key, PAYLOAD, bytes)).toBe(false);
    }
  });

  test('does not hold for other bytes, nor for any flipped bit of them', async () => {
    const { privatePath, key } = keys[kind];
    const signature = await sshKeygenSign(box, privatePath, PAYLOAD);
    expect(await sshKeygenAccepts(box, key, `${PAYLOAD}x`, signature)).toBe(false);
    const payload = Buffer.from(PAYLOAD);
    const altered = [...payload.keys()].map((at) => flip(payload, at, at % 8));
    const verdicts = await Promise.all(altered.map((bytes) => judge(bytes, signature, key)));
    expect(new Set(verdicts.map(brief))).toEqual(new Set(['invalid']));
    expect(verdicts[0]).toMatchObject({ key: key.id });
  });

  test('is by an unknown key where the keyring lacks it', async () => {
    const { privatePath, key } = keys[kind];
    const signature = await sshKeygenSign(box, privatePath, PAYLOAD);
    const others = kinds.filter((other) => other !== kind).map((other) => keys[other].key);
    expect(await judge(PAYLOAD, signature, ...others)).toEqual({ verdict: 'unknown-key', key: key.id });
  });

  test('is valid with the hash that -O hashalg chooses', async () => {
    const { privatePath, key } = keys[kind];
    const signature = await sshKeygenSign(box, privatePath, PAYLOAD, 'git', ['-O', 'hashalg=sha256']);
    expect(await judge(PAYLOAD, signature, key)).toEqual({ verdict: 'valid', key: key.id });
  });

  test('is invalid in another namespace, which verifySshSignature takes', async () => {
    const { privatePath, key } = keys[kind];
    const signature = await sshKeygenSign(box, privatePath, PAYLOAD, 'promptaudit-bundle');
    expect(brief(await judge(PAYLOAD, signature, key))).toBe('invalid');
    const verdict = await verifySshSignature(
      Buffer.from(PAYLOAD),
      signature,
      keyringOf([key]),
      'promptaudit-bundle',
    );
    expect(verdict.verdict).toBe('valid');
  });
});

test.each(['ed25519', 'p256', 'rsa3072'] as const)(
  'git’s own signed commit and tag with %s',
  async (kind) => {
    const { privatePath, key } = keys[kind];
    const repository = `${box.dir}/git-${kind}`;
    const signers = `${box.dir}/allowed-${kind}`;
    await box.ok('sh', ['-c', `echo 'a@acme.example ${key.id}' > ${signers}`]);
    await box.git(['init', '-q', repository]);
    const settings = {
      'user.name': 'Alice',
      'user.email': 'a@acme.example',
      'gpg.format': 'ssh',
      'user.signingkey': privatePath,
    };
    for (const [name, value] of Object.entries(settings))
      await box.git(['-C', repository, 'config', name, value]);
    await box.git(['-C', repository, 'config', 'gpg.ssh.allowedSignersFile', signers]);
    await box.git(['-C', repository, 'commit', '-q', '-S', '--allow-empty', '-m', 'first\n\nwith a body']);
    await box.git(['-C', repository, 'tag', '-s', '-m', 'a tag', 'v1']);
    await box.git(['-C', repository, 'verify-commit', 'HEAD']);
    await box.git(['-C', repository, 'verify-tag', 'v1']);

    for (const { payload, signature } of [
      await signedCommitParts(box, repository),
      await signedTagParts(box, repository, 'v1'),
    ]) {
      expect(await judge(payload, signature, key)).toEqual({ verdict: 'valid', key: key.id });
      expect(brief(await judge(flip(payload, 5), signature, key))).toBe('invalid');
    }
  },
);

describe('signing in process', () => {
  test.each(['', 'x', PAYLOAD, 'a'.repeat(100_000)])(
    'gives the bytes that ssh-keygen gives (%#)',
    async (payload) => {
      const { privatePath } = keys.ed25519;
      const pair = trusted(parseEd25519PrivateKey(await readFile(privatePath, 'latin1')));
      for (const namespace of ['git', 'promptaudit-bundle']) {
        const ours = signSshEd25519(pair.privateKey, pair.publicKey.blob, Buffer.from(payload), namespace);
        expect(ours).toBe((await sshKeygenSign(box, privatePath, payload, namespace)).toString());
      }
    },
  );
});

describe('security keys', () => {
  const TOUCHED = 0x01;
  const TOUCHED_AND_VERIFIED = 0x05;

  test.each(['ed25519', 'ecdsa'] as const)(
    '%s: ssh-keygen accepts the vector, and so do we',
    async (kind) => {
      const soft = makeSecurityKey(kind);
      for (const flags of [TOUCHED, TOUCHED_AND_VERIFIED]) {
        const signature = soft.sign(PAYLOAD, flags);
        expect(await sshKeygenAccepts(box, soft.key, PAYLOAD, signature)).toBe(true);
        expect(await judge(PAYLOAD, signature, soft.key)).toEqual({ verdict: 'valid', key: soft.key.id });
        expect(brief(await judge(`${PAYLOAD}x`, signature, soft.key))).toBe('invalid');
      }
    },
  );

  test.each(['ed25519', 'ecdsa'] as const)('%s: flags and counter are under the signature', async (kind) => {
    const soft = makeSecurityKey(kind);
    const blob = dearmorSshsig(soft.sign(PAYLOAD, TOUCHED));
    for (let back = 1; back <= 5; back++) {
      const altered = armorSshsig(flip(blob, blob.length - back, 1));
      expect(brief(await judge(PAYLOAD, altered, soft.key))).toBe('invalid');
      expect(await sshKeygenAccepts(box, soft.key, PAYLOAD, altered)).toBe(false);
    }
  });

  test('a signature made without a touch does not count, though ssh-keygen lets it pass', async () => {
    const soft = makeSecurityKey('ed25519');
    const signature = soft.sign(PAYLOAD, 0);
    expect(await sshKeygenAccepts(box, soft.key, PAYLOAD, signature)).toBe(true);
    expect(await judge(PAYLOAD, signature, soft.key)).toMatchObject({
      verdict: 'invalid',
      why: expect.stringContaining('touched'),
    });
  });

  test('a WebAuthn signature is one that cannot be judged', async () => {
    const soft = makeSecurityKey('ecdsa');
    if (soft.key.format !== 'ssh') throw new Error('not an SSH key');
    const type = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';
    const signature = sshsigArmor(soft.key.blob, Buffer.concat([wire(type), wire('')]));
    expect(brief(await judge(PAYLOAD, signature, soft.key))).toBe('unsupported');
  });
});

describe('RSA', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = publicKey.export({ format: 'jwk' });
  const fields = [Buffer.from(jwk.e!, 'base64url'), Buffer.from(jwk.n!, 'base64url')];
  const blob = Buffer.concat([wire('ssh-rsa'), ...fields.map(wireMpint)]);
  const key = trusted(parseSshPublicKey(`ssh-rsa ${blob.toString('base64')}`));
  const signed = (algorithm: string, hash: string, payload = PAYLOAD) =>
    Buffer.concat([wire(algorithm), wire(sign(hash, sshsigMessage(payload), privateKey))]);

  test.each([
    ['rsa-sha2-256', 'sha256', 'valid'],
    ['rsa-sha2-512', 'sha512', 'valid'],
    ['rsa-sha2-512', 'sha256', 'invalid'],
    ['ssh-rsa', 'sha1', 'invalid'],
    ['rsa-sha3-512', 'sha512', 'unsupported'],
  ])('%s over %s is %s, and ssh-keygen agrees', async (algorithm, hash, verdict) => {
    const signature = sshsigArmor(blob, signed(algorithm, hash));
    expect(brief(await judge(PAYLOAD, signature, key))).toBe(verdict);
    expect(await sshKeygenAccepts(box, key, PAYLOAD, signature)).toBe(verdict === 'valid');
  });

  test('a signature whose leading zeros were left out is valid, one that is longer than the modulus is not', async () => {
    let payload = PAYLOAD;
    const raw = () => sign('sha512', sshsigMessage(payload), privateKey);
    while (raw()[0] !== 0) payload += 'x';
    const short = sshsigArmor(blob, Buffer.concat([wire('rsa-sha2-512'), wire(raw().subarray(1))]));
    const long = sshsigArmor(
      blob,
      Buffer.concat([wire('rsa-sha2-512'), wire(Buffer.concat([Buffer.from([0]), raw()]))]),
    );
    expect(brief(await judge(payload, short, key))).toBe('valid');
    expect(await sshKeygenAccepts(box, key, payload, short)).toBe(true);
    expect(brief(await judge(payload, long, key))).toBe('invalid');
    expect(await sshKeygenAccepts(box, key, payload, long)).toBe(false);
  });
});

describe('the container is strict', () => {
  let blob: Buffer;
  let inner: Buffer;
  let key: TrustedKey;
  beforeAll(async () => {
    const pair = trusted(parseEd25519PrivateKey(await readFile(keys.ed25519.privatePath, 'latin1')));
    key = pair.publicKey;
    blob = pair.publicKey.blob;
    const secret = createPrivateKey({ key: pair.privateKey.export({ format: 'jwk' }), format: 'jwk' });
    inner = Buffer.concat([wire('ssh-ed25519'), wire(sign(null, sshsigMessage(PAYLOAD), secret))]);
  });

  test('as built here by hand it is valid', async () => {
    expect(brief(await judge(PAYLOAD, sshsigArmor(blob, inner), key))).toBe('valid');
  });

  test('version, hash, reserved field and namespace', async () => {
    const cases = [
      [{ version: 2 }, 'unsupported'],
      [{ version: 0 }, 'unsupported'],
      [{ hash: 'sha1' }, 'unsupported'],
      [{ hash: 'sha384' }, 'unsupported'],
      [{ reserved: 'x' }, 'unsupported'],
      [{ namespace: 'file' }, 'invalid'],
      [{ namespace: '' }, 'invalid'],
    ] as const;
    for (const [fields, verdict] of cases) {
      expect(brief(await judge(PAYLOAD, sshsigArmor(blob, inner, fields), key)), JSON.stringify(fields)).toBe(
        verdict,
      );
    }
  });

  test('bytes after the last field, in the container and in the signature', async () => {
    const trailing = Buffer.concat([dearmorSshsig(sshsigArmor(blob, inner)), Buffer.from([0])]);
    expect(brief(await judge(PAYLOAD, armorSshsig(trailing), key))).toBe('invalid');
    const padded = sshsigArmor(blob, Buffer.concat([inner, Buffer.from([0])]));
    expect(brief(await judge(PAYLOAD, padded, key))).toBe('invalid');
  });

  test('the signature’s algorithm must be its key’s', async () => {
    const other = Buffer.concat([wire('ecdsa-sha2-nistp256'), inner.subarray(15)]);
    expect(brief(await judge(PAYLOAD, sshsigArmor(blob, other), key))).toBe('invalid');
  });

  test('a certificate in the place of the key is one that cannot be judged', async () => {
    const certificate = wire('ssh-ed25519-cert-v01@openssh.com');
    expect(brief(await judge(PAYLOAD, sshsigArmor(certificate, inner), key))).toBe('unsupported');
  });

  test('a key that is none is invalid rather than unknown', async () => {
    const short = Buffer.concat([wire('ssh-ed25519'), wire('short')]);
    expect(brief(await judge(PAYLOAD, sshsigArmor(short, inner), key))).toBe('invalid');
  });

  test('nothing may stand around the armor, and it has one spelling', async () => {
    const text = sshsigArmor(blob, inner).toString();
    const body = dearmorSshsig(Buffer.from(text)).toString('base64');
    const wrapped = (width: number) =>
      `-----BEGIN SSH SIGNATURE-----\n${body.replace(new RegExp(`.{${width}}(?=.)`, 'g'), '$&\n')}\n-----END SSH SIGNATURE-----\n`;
    const spellings: [string, boolean][] = [
      [text, true],
      [text.slice(0, -1), true],
      [wrapped(76), true],
      [wrapped(77), false],
      [` ${text}`, false],
      [`\n${text}`, false],
      [`${text}\n`, false],
      [text + text, false],
      [text.replaceAll('\n', '\r\n'), false],
      [text.replace('\n-----END', '\n\n-----END'), false],
      [text.replace('-----\n', '-----\nVersion: 1\n\n'), false],
      [text.replace(/.(.{5})\n/, '$1\n'), false],
    ];
    for (const [spelling, fine] of spellings) {
      const verdict = brief(await judge(PAYLOAD, Buffer.from(spelling), key));
      expect(verdict === 'valid', JSON.stringify(spelling)).toBe(fine);
    }
  });

  test('no flipped bit of the armor goes unnoticed', async () => {
    const armored = sshsigArmor(blob, inner);
    const verdicts: Promise<string>[] = [];
    for (let at = 0; at < armored.length; at++) {
      for (let bit = 0; bit < 8; bit++)
        verdicts.push(judge(PAYLOAD, flip(armored, at, bit), key).then(brief));
    }
    expect(await Promise.all(verdicts)).not.toContain('valid');
  });
});

describe('mutations never throw and are never valid', () => {
  test.each(['ed25519', 'p256', 'p521', 'rsa2048'] as const)('of a %s signature', async (kind) => {
    const { privatePath, key } = keys[kind];
    const armored = await sshKeygenSign(box, privatePath, PAYLOAD);
    const blob = dearmorSshsig(armored);
    const splice = fc.record({
      at: fc.nat(blob.length),
      drop: fc.nat(6),
      put: fc.uint8Array({ maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(splice, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (splices, insideArmor) => {
          const source = insideArmor ? blob : armored;
          let bytes = Buffer.from(source);
          for (const { at, drop, put } of splices) {
            bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]);
          }
          const verdict = await judge(PAYLOAD, insideArmor ? armorSshsig(bytes) : bytes, key);
          if (!bytes.equals(source)) expect(brief(verdict)).not.toBe('valid');
        },
      ),
      { numRuns: 300 },
    );
  });

  test('of nothing at all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const { key } = keys.ed25519;
        expect(brief(await judge(PAYLOAD, bytes, key))).toBe('unsupported');
        expect(brief(await judge(PAYLOAD, armorSshsig(bytes), key))).not.toBe('valid');
      }),
    );
  });

  test('ECDSA halves that are zero, negative or too long', async () => {
    const { key } = keys.p256;
    if (key.format !== 'ssh') throw new Error('not an SSH key');
    const one = wireMpint(Buffer.from([1]));
    for (const bad of [
      wire(''),
      wire(Buffer.from([0x80])),
      wire(Buffer.from([0, 1])),
      wireMpint(Buffer.alloc(33, 1)),
    ]) {
      for (const pair of [Buffer.concat([bad, one]), Buffer.concat([one, bad])]) {
        const signature = sshsigArmor(key.blob, Buffer.concat([wire('ecdsa-sha2-nistp256'), wire(pair)]));
        expect(brief(await judge(PAYLOAD, signature, key))).toBe('invalid');
      }
    }
  });
});

test.each([
  ['-----BEGIN SIGNED MESSAGE-----\nMIIB\n-----END SIGNED MESSAGE-----\n'],
  ['-----BEGIN PGP MESSAGE-----\n\n-----END PGP MESSAGE-----\n'],
  [''],
  ['-----BEGIN SSH SIGNATURE-----'],
])('%j is a signature that cannot be judged', async (text) => {
  expect(brief(await judge(PAYLOAD, Buffer.from(text)))).toBe('unsupported');
});
