import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint, parseSshPublicKey, publicKeyObject, publicNumbers } from '../../src/signing/sshkey.ts';
import { codePoint } from '../helpers/codepoints.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { makeSecurityKey, makeSshKey, trusted, wire, wireMpint } from './keys.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await createSandbox();
});
afterAll(() => box.remove());

function line(type: string, ...fields: (string | Uint8Array)[]): string {
  return `${type} ${Buffer.concat(fields.map(wire)).toString('base64')}`;
}

function problemOf(text: string): string {
  const key = parseSshPublicKey(text);
  return 'problem' in key ? key.problem : 'no problem';
}

const point = Buffer.alloc(32, 9);

test.each([
  ['ssh-ed25519', ['-t', 'ed25519']],
  ['ecdsa-sha2-nistp256', ['-t', 'ecdsa', '-b', '256']],
  ['ecdsa-sha2-nistp384', ['-t', 'ecdsa', '-b', '384']],
  ['ecdsa-sha2-nistp521', ['-t', 'ecdsa', '-b', '521']],
  ['ssh-rsa', ['-t', 'rsa', '-b', '2048']],
] as const)('reads a %s key and prints the fingerprint that ssh-keygen prints', async (type, args) => {
  const { key, publicPath } = await makeSshKey(box, type, args);
  const printed = (await box.ok('ssh-keygen', ['-l', '-f', publicPath])).split(' ')[1];
  expect(fingerprint(key.id)).toBe(printed);
  expect(key).toMatchObject({ format: 'ssh', type });
  expect(key.id.split(' ')).toHaveLength(2);
  expect(key.id.startsWith(`${type} AAAA`)).toBe(true);
});

test('an OpenPGP id is its own fingerprint', () => {
  expect(fingerprint(`openpgp:${'AB'.repeat(20)}` as never)).toBe('AB'.repeat(20));
});

test.each(['ed25519', 'ecdsa'] as const)('reads a hardware-backed %s key', (kind) => {
  expect(makeSecurityKey(kind).key.id).toMatch(/^sk-/);
});

function curvePoint(): Buffer {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]);
}

test.each([
  ['ssh-ed25519', 'sk-ssh-ed25519@openssh.com', [point], [Buffer.alloc(32, 3)]],
  [
    'ecdsa-sha2-nistp256',
    'sk-ecdsa-sha2-nistp256@openssh.com',
    ['nistp256', curvePoint()],
    ['nistp256', curvePoint()],
  ],
] as const)('tells a %s key from others, in whichever form it is', (plain, hardware, fields, others) => {
  const numbers = (type: string, ...rest: (string | Uint8Array)[]) =>
    publicNumbers(trusted(parseSshPublicKey(line(type, type, ...rest))).id);
  const own = numbers(plain, ...fields);
  expect(numbers(hardware, ...fields, 'ssh:')).toBe(own);
  expect(numbers(hardware, ...fields, 'ssh:of the clinic')).toBe(own);
  expect(numbers(plain, ...others)).not.toBe(own);
});

test('the comment, blanks and the line end are no part of the id', () => {
  const bare = trusted(parseSshPublicKey(line('ssh-ed25519', 'ssh-ed25519', point)));
  const dressed = trusted(parseSshPublicKey(`  ${bare.id}\tlaptop of alice \n`));
  expect(dressed.id).toBe(bare.id);
});

test('tells an RSA key from others by its modulus: with its factors one signs for every exponent', () => {
  const modulus = () => {
    const { n } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    return Buffer.concat([Buffer.from([0]), Buffer.from(n!, 'base64url')]);
  };
  const numbers = (exponent: number, n: Buffer) =>
    publicNumbers(trusted(parseSshPublicKey(line('ssh-rsa', 'ssh-rsa', Buffer.from([exponent]), n))).id);
  const own = modulus();
  expect(numbers(17, own)).toBe(numbers(3, own));
  expect(numbers(3, modulus())).not.toBe(numbers(3, own));
});

test('a key that was copied still has its key object', () => {
  const key = trusted(parseSshPublicKey(line('ssh-ed25519', 'ssh-ed25519', point)));
  if (key.format !== 'ssh') throw new Error('not an SSH key');
  expect(publicKeyObject({ ...key })?.asymmetricKeyType).toBe('ed25519');
});

describe('refuses', () => {
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });
  const x = Buffer.from(p256.x!, 'base64url');
  const y = Buffer.from(p256.y!, 'base64url');
  const uncompressed = Buffer.concat([Buffer.from([4]), x, y]);
  const compressed = Buffer.concat([Buffer.from([2]), x]);
  const offCurve = Buffer.concat([Buffer.from([4]), x, x]);
  const ec = 'ecdsa-sha2-nistp256';
  const ed = line('ssh-ed25519', 'ssh-ed25519', point);
  const modulus = (bits: number) =>
    Buffer.concat([Buffer.from([0, 0x80]), Buffer.alloc(bits / 8 - 2), Buffer.from([1])]);
  const rsa = (e: Buffer, n: Buffer) =>
    `ssh-rsa ${Buffer.concat([wire('ssh-rsa'), wire(e), wire(n)]).toString('base64')}`;
  const e = Buffer.from([1, 0, 1]);

  test.each([
    ['nothing', '', /key type/],
    ['an unknown type', 'ssh-foo AAAA', /key type/],
    ['DSA', line('ssh-dss', 'ssh-dss'), /too weak/],
    ['a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAA', /certificate/],
    ['options before the type', `cert-authority ${ed}`, /key type/],
    ['two lines', `${ed}\n${ed}`, /one line/],
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----', /private key/],
    ['no base64', 'ssh-ed25519', /base64/],
    ['base64 that is not canonical', `${ed.slice(0, -1)}`, /base64/],
    ['base64 with a stray character', ed.replace('AAAA', 'AA-AA'), /base64/],
    [
      'another type inside',
      ed.replace('ssh-ed25519', 'ssh-rsa'),
      /says ssh-rsa, but the key inside is ssh-ed25519/,
    ],
    [
      'a trailing byte',
      `ssh-ed25519 ${Buffer.concat([wire('ssh-ed25519'), wire(point), Buffer.from([0])]).toString('base64')}`,
      /whole/,
    ],
    ['a short point', line('ssh-ed25519', 'ssh-ed25519', point.subarray(1)), /whole/],
    ['a compressed ECDSA point', line(ec, ec, 'nistp256', compressed), /uncompressed/],
    ['a point off its curve', line(ec, ec, 'nistp256', offCurve), /curve/],
    ['a curve that is not the type’s', line(ec, ec, 'nistp384', uncompressed), /nistp384/],
    ['a curve by the name of a property', line(ec, ec, 'constructor', uncompressed), /whole|curve/],
    ['an RSA key of 1024 bits', rsa(e, modulus(1024)), /1024 bits/],
    [
      'an RSA key of 2047 bits',
      rsa(e, Buffer.concat([Buffer.from([0x40]), Buffer.alloc(254), Buffer.from([1])])),
      /2047 bits/,
    ],
    [
      'an RSA key of 32768 bits',
      rsa(e, Buffer.concat([Buffer.from([0, 0x80]), Buffer.alloc(4094), Buffer.from([1])])),
      /32768 bits/,
    ],
    ['an even RSA exponent', rsa(Buffer.from([2]), modulus(2048)), /numbers/],
    ['an RSA exponent of 1', rsa(Buffer.from([1]), modulus(2048)), /numbers/],
    ['a negative RSA modulus', rsa(e, modulus(2048).subarray(1)), /whole/],
    ['a padded RSA exponent', rsa(Buffer.concat([Buffer.from([0]), e]), modulus(2048)), /whole/],
  ])('%s', (_, text, problem) => {
    expect(problemOf(text)).toMatch(problem);
  });

  test('every Ed25519 point of small order, found here by arithmetic, and encodings at or above the field', () => {
    const small = smallOrderPoints();
    expect(small).toHaveLength(8);
    for (const encoded of small)
      expect(problemOf(line('ssh-ed25519', 'ssh-ed25519', encoded))).toMatch(/anybody/);
    for (const extra of [0n, 1n, 18n]) {
      expect(problemOf(line('ssh-ed25519', 'ssh-ed25519', encodePoint(P + extra, 0n)))).toMatch(/anybody/);
    }
    expect(problemOf(line('ssh-ed25519', 'ssh-ed25519', encodePoint(P - 2n, 0n)))).toBe('no problem');
  });
});

test('any text is a key or a problem, never an error', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: codePoint })), (text) => {
      expect(parseSshPublicKey(text)).toHaveProperty('problem');
    }),
  );
});

test('any bytes behind any type are a key or a problem, and a key’s id reads back as the same key', () => {
  const types = ['ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'sk-ssh-ed25519@openssh.com'];
  const field = fc.oneof(
    fc.uint8Array({ maxLength: 70 }).map(wire),
    fc.uint8Array({ maxLength: 9 }).map(wireMpint),
  );
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.array(field, { maxLength: 4 }), (type, fields) => {
      const blob = Buffer.concat([wire(type), ...fields]);
      const key = parseSshPublicKey(`${type} ${blob.toString('base64')}`);
      if (!('problem' in key)) expect(parseSshPublicKey(key.id)).toEqual(key);
    }),
  );
});

/* The curve of RFC 8032, section 5.1, in plain arithmetic. */
const P = 2n ** 255n - 19n;
const mod = (a: bigint) => ((a % P) + P) % P;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = mod(base), n = exponent; n > 0n; n >>= 1n, b = mod(b * b))
    if (n & 1n) result = mod(result * b);
  return result;
};
const inverse = (a: bigint) => power(a, P - 2n);
const D = mod(-121665n * inverse(121666n));
type Point = readonly [bigint, bigint];

function add([x1, y1]: Point, [x2, y2]: Point): Point {
  const t = mod(D * x1 * x2 * y1 * y2);
  return [mod((x1 * y2 + x2 * y1) * inverse(1n + t)), mod((y1 * y2 + x1 * x2) * inverse(1n - t))];
}

function multiply(point: Point, factor: bigint): Point {
  let result: Point = [0n, 1n];
  for (let p = point, n = factor; n > 0n; n >>= 1n, p = add(p, p)) if (n & 1n) result = add(result, p);
  return result;
}

function recover(y: bigint): Point | undefined {
  const square = mod((y * y - 1n) * inverse(mod(D * y * y) + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * power(2n, (P - 1n) / 4n));
  return mod(x * x) === square ? [x, y] : undefined;
}

function encodePoint(y: bigint, sign: bigint): Buffer {
  const hex = (y | (sign << 255n)).toString(16).padStart(64, '0');
  return Buffer.from(hex, 'hex').reverse();
}

/** A point times the order of the prime subgroup lies in the group of order 8; one of order 8 makes them all. */
function smallOrderPoints(): Buffer[] {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  for (let y = 2n; ; y++) {
    const point = recover(y);
    const generator = point && multiply(point, order);
    if (generator === undefined || multiply(generator, 4n)[1] === 1n) continue;
    return Array.from({ length: 8 }, (_, k) => {
      const [x, ordinate] = multiply(generator, BigInt(k));
      return encodePoint(ordinate, x & 1n);
    });
  }
}
