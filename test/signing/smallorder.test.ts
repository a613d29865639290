import { createHash } from 'node:crypto';
import { createMessage, enums, generateKey, sign } from 'openpgp';
import { describe, expect, test } from 'vitest';
import type { TrustedKey, Verdict } from '../../src/signing/model.ts';
import { parseOpenPgpKey } from '../../src/signing/openpgp.ts';
import { parseSshPublicKey } from '../../src/signing/sshkey.ts';
import { keyringOf, verifySignature } from '../../src/signing/verify.ts';
import { sandbox } from '../helpers/sandbox.ts';
import {
  BASE,
  challenge,
  encode,
  fromBytes,
  L,
  mod,
  type Point,
  sum,
  TORSION,
  times,
  toBytes,
} from './edwards.ts';
import { sshKeygenAccepts, sshsigArmor, sshsigMessage, trusted, wire } from './keys.ts';

/** Small multiples of a point of order 8, the neutral point first. */
const SMALL: readonly Point[] = Array.from({ length: 8 }, (_, factor) => times(BigInt(factor), TORSION));

const SECRET = 2n ** 250n + 12345n;

/** A signature with this nonce, R and A each with something of small order added. It holds where that of R is -h times that of A. */
function signed(data: Buffer, nonce: bigint, smallR = 0, smallA = 0, secret = SECRET) {
  const key = encode(sum(times(secret, BASE), SMALL[smallA]!));
  const r = encode(sum(times(nonce, BASE), SMALL[smallR]!));
  const h = challenge(r, key, data);
  const signature = Buffer.concat([r, toBytes(mod(nonce + h * secret, L))]);
  return { key, signature, holds: (BigInt(smallR) + h * BigInt(smallA)) % 8n === 0n };
}

const NO_SIGNER = /a point of small order, which no signer makes/;

describe('an SSH signature', () => {
  const keyOf = (type: string, ...fields: Uint8Array[]): TrustedKey =>
    trusted(parseSshPublicKey(`${type} ${blobOf(type, ...fields).toString('base64')}`));
  const blobOf = (type: string, ...fields: Uint8Array[]) =>
    Buffer.concat([type, ...fields].map((field) => wire(field)));
  const judge = (payload: string, armored: Buffer, key: TrustedKey): Promise<Verdict> =>
    verifySignature(Buffer.from(payload), armored, keyringOf([key]));

  test.each([0, 1, 4])(
    'whose R is of small order is invalid, though it holds and ssh-keygen takes it (%i)',
    async (smallA) => {
      const box = await sandbox();
      const type = 'ssh-ed25519';
      let seen = 0;
      for (let salt = 0; seen < 3; salt += 1) {
        const payload = `payload ${salt}`;
        const { key, signature, holds } = signed(sshsigMessage(payload), 0n, (3 * salt) % 8, smallA);
        if (!holds) continue;
        seen += 1;
        const known = keyOf(type, key);
        const armored = sshsigArmor(blobOf(type, key), Buffer.concat([wire(type), wire(signature)]));
        expect(await sshKeygenAccepts(box, known, payload, armored)).toBe(true);
        expect(await judge(payload, armored, known)).toEqual({
          verdict: 'invalid',
          key: known.id,
          why: expect.stringMatching(NO_SIGNER),
        });
      }
    },
  );

  test('is valid when it is made by hand in the same way, with a nonce', async () => {
    const type = 'ssh-ed25519';
    const { key, signature } = signed(sshsigMessage('payload'), 987_654_321n);
    const known = keyOf(type, key);
    const armored = sshsigArmor(blobOf(type, key), Buffer.concat([wire(type), wire(signature)]));
    expect(await judge('payload', armored, known)).toMatchObject({ verdict: 'valid' });
  });

  test('of a security key is judged alike', async () => {
    const type = 'sk-ssh-ed25519@openssh.com';
    const sha256 = (data: string | Buffer) => createHash('sha256').update(data).digest();
    const trailer = Buffer.from([1, 0, 0, 0, 7]);
    const data = Buffer.concat([sha256('ssh:'), trailer, sha256(sshsigMessage('payload'))]);
    const verdict = (nonce: bigint) => {
      const { key, signature } = signed(data, nonce);
      const inner = Buffer.concat([wire(type), wire(signature), trailer]);
      const fields = [key, Buffer.from('ssh:')];
      return judge('payload', sshsigArmor(blobOf(type, ...fields), inner), keyOf(type, ...fields));
    };
    expect(await verdict(987_654_321n)).toMatchObject({ verdict: 'valid' });
    expect(await verdict(0n)).toMatchObject({ verdict: 'invalid', why: expect.stringMatching(NO_SIGNER) });
  });
});

type Octets = Uint8Array<ArrayBuffer>;

/** What openpgp.js does not declare of its packets. */
interface Inner {
  readonly privateParams: { readonly seed: Octets };
  readonly publicParams: { readonly A?: Octets; readonly Q?: Octets };
  params: { readonly RS: Octets } | { readonly r: Octets; readonly s: Octets };
  hash(type: number, data: unknown, toHash: undefined, detached: true): Promise<Octets>;
}

/** RFC 8032, section 5.1.5. */
function scalarOf(seed: Uint8Array): bigint {
  const half = createHash('sha512').update(seed).digest().subarray(0, 32);
  half[0]! &= 0xf8;
  half[31] = (half[31]! & 0x7f) | 0x40;
  return fromBytes(half);
}

describe.each([
  ['EdDSALegacy', { type: 'ecc', curve: 'ed25519Legacy' }],
  ['Ed25519', { type: 'curve25519' }],
] as const)('OpenPGP, %s', (_, kind) => {
  const newKey = () => generateKey({ ...kind, userIDs: [{ email: 'bob@acme.example' }], format: 'object' });

  /** The library's own signature, with the numbers exchanged for some that were made with this nonce. */
  const judged = async (nonce: bigint | undefined): Promise<Verdict> => {
    const { privateKey } = await newKey();
    const message = await createMessage({ binary: Buffer.from('payload') });
    const made = await sign({ message, signingKeys: privateKey, detached: true, format: 'object' });
    const packet = made.packets[0] as unknown as Inner;
    if (nonce !== undefined) {
      const hashed = await packet.hash(enums.signature.binary, message.packets[0], undefined, true);
      const { seed } = (privateKey.keyPacket as unknown as Inner).privateParams;
      const bytes = Uint8Array.from(signed(Buffer.from(hashed), nonce, 0, 0, scalarOf(seed)).signature);
      const halves = { r: bytes.slice(0, 32), s: bytes.slice(32) };
      packet.params = 'RS' in packet.params ? { RS: bytes } : halves;
    }
    const ring = keyringOf([trusted(await parseOpenPgpKey(privateKey.toPublic().armor()))]);
    return verifySignature(Buffer.from('payload'), Buffer.from(made.armor()), ring);
  };

  test('a signature whose R is of small order is invalid, one with a nonce is not', async () => {
    expect(await judged(undefined)).toMatchObject({ verdict: 'valid' });
    expect(await judged(987_654_321n)).toMatchObject({ verdict: 'valid' });
    expect(await judged(0n)).toMatchObject({ verdict: 'invalid', why: expect.stringMatching(NO_SIGNER) });
  });

  test('a key of small order is none', async () => {
    const { privateKey } = await newKey();
    const key = privateKey.toPublic();
    const { A, Q } = (key.keyPacket as unknown as Inner).publicParams;
    const point = Q?.subarray(1) ?? A!;
    expect(await parseOpenPgpKey(key.armor())).toMatchObject({ format: 'openpgp' });
    for (const small of SMALL) {
      point.set(encode(small));
      expect(await parseOpenPgpKey(key.armor())).toEqual({ problem: expect.stringMatching(/anybody/) });
    }
  });
});
