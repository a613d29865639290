import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Ed25519Claim, Ed25519Tables } from '../../src/signing/ed25519tables.ts';
import { isUnsafePoint } from '../../src/signing/smallorder.ts';
import { sandbox } from '../helpers/sandbox.ts';
import {
  BASE,
  challenge,
  encode,
  fromBytes,
  L,
  mod,
  NEUTRAL,
  P,
  type Point,
  sum,
  TORSION,
  times,
  toBytes,
} from './edwards.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** A table for every key at once. */
function openTables(limits = { often: 1, most: 1000 }): Ed25519Tables {
  const tables = Ed25519Tables.load(limits);
  if (tables === undefined) throw new Error('the module was not built: npm run build');
  return tables;
}

const tables = openTables();

function opensslSays({ key, data, signature }: Ed25519Claim): boolean {
  try {
    const object = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') },
      format: 'jwk',
    });
    return verify(null, data, object, signature);
  } catch {
    return false;
  }
}

const found = (claim: Ed25519Claim): boolean => tables.findValid([claim]).has(claim);

/** Which releases of OpenSSL and of node take differently, and promptaudit never: no such key is one, and no such R gets this far. */
const isUnsafe = ({ key, signature }: Ed25519Claim): boolean =>
  isUnsafePoint(key) || isUnsafePoint(signature.subarray(0, 32));

function vector(name: string) {
  return JSON.parse(readFileSync(new URL(`../vectors/ed25519/${name}.json`, import.meta.url), 'utf8'));
}

/** RFC 8032, section 7.1: public key, message, signature. TEST 1024 is among Wycheproof's. */
const RFC_8032 = [
  [
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
] as const;

describe('published vectors', () => {
  test.each(RFC_8032)('RFC 8032: %s', (key, data, signature) => {
    const claim = { key: hex(key), data: hex(data), signature: hex(signature) };
    expect(found(claim)).toBe(true);
    expect(found({ ...claim, data: Buffer.concat([claim.data, Buffer.from([0])]) })).toBe(false);
  });

  interface Wycheproof {
    readonly testGroups: readonly {
      readonly key: { readonly pk: string };
      readonly tests: readonly { msg: string; sig: string; result: 'valid' | 'invalid' }[];
    }[];
  }

  test('Wycheproof', () => {
    const { testGroups }: Wycheproof = vector('wycheproof');
    const cases = testGroups.flatMap(({ key: { pk }, tests }) => {
      const key = hex(pk);
      return tests.map(({ msg, sig, result }) => ({
        claim: { key, data: hex(msg), signature: hex(sig) },
        result,
      }));
    });
    expect(cases).toHaveLength(145);
    const valid = tables.findValid(cases.map(({ claim }) => claim));
    expect(cases.map(({ claim }) => (valid.has(claim) ? 'valid' : 'invalid'))).toEqual(
      cases.map(({ result }) => result),
    );
    for (const { claim, result } of cases) expect(opensslSays(claim)).toBe(result === 'valid');
  });

  /**
   * Of the results that are published with them, the row for libsodium, which takes no point of small order; that for OpenSSL 3.0 has
   * a V at those four. The file has three more cases between those twelve.
   */
  const LIBSODIUM = 'XXXVXXXXXXXX';
  const CASES = [1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14];

  test('"Taming the many EdDSAs"', () => {
    const claims = (vector('speccheck') as { message: string; pub_key: string; signature: string }[]).map(
      ({ message, pub_key, signature }) => ({
        key: hex(pub_key),
        data: hex(message),
        signature: hex(signature),
      }),
    );
    const table = CASES.map((place) => claims[place]!);
    for (const says of [opensslSays, found])
      expect(table.map((claim) => (!isUnsafe(claim) && says(claim) ? 'V' : 'X')).join('')).toBe(LIBSODIUM);
    for (const claim of claims.slice(0, 13))
      if (!isUnsafe(claim)) expect(found(claim)).toBe(opensslSays(claim));
  });
});

/** Small multiples of a point of order 8, the neutral point first. */
const SMALL: readonly Point[] = Array.from({ length: 8 }, (_, factor) => times(BigInt(factor), TORSION));

/** Keys made by hand, with and without something of small order in them; the first ones are nothing else. */
const HAND_MADE = [0n, 2n ** 250n + 12345n].flatMap((secret) =>
  SMALL.map((small, factor) => ({ secret, factor, key: encode(sum(times(secret, BASE), small)) })),
);

describe('signatures made by hand', () => {
  test('the point of order 8 is one', () => {
    expect(times(8n, TORSION)).toEqual(NEUTRAL);
    expect(times(4n, TORSION)).toEqual([0n, P - 1n]);
  });

  /** An encoding that is not canonical: of the same point where y is below 19, as that of small points can be. */
  const nonCanonical = (encoding: Buffer): Buffer => {
    const value = fromBytes(encoding);
    const y = value & (2n ** 255n - 1n);
    return y < 19n ? toBytes(value + P) : toBytes(value ^ (1n << 255n));
  };

  test('are told apart as OpenSSL does, where all its releases agree', () => {
    const outcomes = { valid: 0, invalid: 0, unsafe: 0 };
    const hand = fc.record({
      key: fc.constantFrom(...HAND_MADE, ...HAND_MADE.slice(8), ...HAND_MADE.slice(8)),
      nonce: fc.oneof(
        { weight: 1, arbitrary: fc.constant(0n) },
        { weight: 3, arbitrary: fc.bigInt({ min: 1n, max: L - 1n }) },
      ),
      small: fc.nat(7),
      matched: fc.nat(3).map((one) => one > 0),
      plain: fc.nat(3).map((one) => one > 0),
      more: fc.constantFrom(0n, 0n, 0n, 0n, 0n, 1n, 2n, 8n, 15n),
      data: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    });
    fc.assert(
      fc.property(hand, ({ key: { key, secret, factor }, nonce, small, matched, plain, more, data }) => {
        const point = sum(times(nonce, BASE), SMALL[small]!);
        const r = plain ? encode(point) : nonCanonical(encode(point));
        // It holds where the small part of R is -h times that of the key, of which the data decides.
        let salted = data;
        const fits = () => (BigInt(small) + challenge(r, key, salted) * BigInt(factor)) % 8n === 0n;
        for (let salt = 0; matched && salt < 64 && !fits(); salt += 1)
          salted = Buffer.concat([data, Buffer.from([salt])]);
        const s = mod(nonce + challenge(r, key, salted) * secret, L) + more * L;
        const claim = { key, data: salted, signature: Buffer.concat([r, toBytes(s)]) };
        const holds = opensslSays(claim);
        outcomes[isUnsafe(claim) ? 'unsafe' : holds ? 'valid' : 'invalid'] += 1;
        if (!isUnsafe(claim)) expect(found(claim)).toBe(holds);
      }),
      { numRuns: 400 },
    );
    expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(20);
  });

  test.each([
    ['y of p', toBytes(P)],
    ['y of p + 1, the neutral point', toBytes(P + 1n)],
    ['y of 2^255 - 1', toBytes(2n ** 255n - 1n)],
    ['x of 0 and a sign', toBytes(1n | (1n << 255n))],
    ['y that is on no point', toBytes(2n)],
    ['31 bytes', Buffer.alloc(31)],
  ])('a key with %s has no table', (_, key) => {
    // For the neutral point as key, every s B is R.
    const signature = Buffer.concat([encode(times(5n, BASE)), toBytes(5n)]);
    expect(found({ key, data: Buffer.from('data'), signature })).toBe(false);
    expect(found({ key: encode(NEUTRAL), data: Buffer.from('data'), signature })).toBe(true);
  });
});

describe('signatures by node:crypto', () => {
  const pairs = Array.from({ length: 3 }, () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { privateKey, key: Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url') };
  });
  const anyPair = fc.constantFrom(...pairs);
  const anyData = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
  const signed = fc.tuple(anyPair, anyData).map(([{ privateKey, key }, data]) => ({
    key,
    data,
    signature: sign(null, data, privateKey),
  }));

  test('hold in batches of every size, and each for itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(signed, fc.option(fc.nat(511))), { maxLength: 300, size: 'max' }),
        (cases) => {
          const claims = cases.map(([claim, flipped]) => {
            if (flipped === null) return claim;
            const signature = Buffer.from(claim.signature);
            signature[flipped >> 3]! ^= 1 << (flipped & 7);
            return { ...claim, signature };
          });
          const valid = tables.findValid(claims);
          expect(claims.map((claim) => valid.has(claim))).toEqual(
            cases.map(([, flipped]) => flipped === null),
          );
          for (const claim of claims.slice(0, 5)) expect(opensslSays(claim)).toBe(valid.has(claim));
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  });

  test('do not hold with any one bit changed, of other data, or by another key', () => {
    const [first, second] = pairs as [(typeof pairs)[0], (typeof pairs)[0]];
    const data = Buffer.from('data');
    const claim = { key: first.key, data, signature: sign(null, data, first.privateKey) };
    expect(found(claim)).toBe(true);
    const changed = Array.from({ length: 512 }, (_, bit) => {
      const signature = Buffer.from(claim.signature);
      signature[bit >> 3]! ^= 1 << (bit & 7);
      return { ...claim, signature };
    });
    const others = [
      { ...claim, key: second.key },
      { ...claim, data: Buffer.from('date') },
    ];
    const lengths = [0, 32, 63, 65].map((length) => ({
      ...claim,
      signature: Buffer.concat([claim.signature, Buffer.alloc(1)]).subarray(0, length),
    }));
    expect(tables.findValid([...changed, ...others, ...lengths])).toEqual(new Set());
  });
});

describe('tables', () => {
  const claimOf = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const data = Buffer.from('data');
    const key = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    return { key, data, signature: sign(null, data, privateKey) };
  };

  test('are made for keys that are seen often, and for no more of them than they may', () => {
    const few = openTables({ often: 3, most: 1 });
    const [first, second] = [claimOf(), claimOf()];
    expect(few.findValid([first, second]).size).toBe(0);
    expect(few.findValid([first]).size).toBe(0);
    expect(few.findValid([first])).toEqual(new Set([first]));
    expect(few.findValid([second, second, { ...second }, first])).toEqual(new Set([first]));
  });

  test('are not there where the module cannot be read or run', async () => {
    const place = join((await sandbox()).dir, 'ed25519.wasm');
    const limits = { often: 1, most: 1 };
    expect(Ed25519Tables.load(limits, pathToFileURL(place))).toBeUndefined();
    await writeFile(place, 'no module');
    expect(Ed25519Tables.load(limits, pathToFileURL(place))).toBeUndefined();
  });
});
