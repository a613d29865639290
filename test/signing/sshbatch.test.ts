import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Ed25519Claim, Ed25519Tables } from '../../src/signing/ed25519tables.ts';
import type { SignatureTask } from '../../src/signing/signaturebatch.ts';
import { verifySshSignatures } from '../../src/signing/sshbatch.ts';
import { verifySshSignature } from '../../src/signing/sshcheck.ts';
import { parseSshPublicKey } from '../../src/signing/sshkey.ts';
import { keyringOf } from '../../src/signing/verify.ts';
import { flip, sshsigArmor, sshsigMessage, trusted, wire, wireMpint } from './keys.ts';

const PAYLOAD = 'approve clinical-intake v12\n';
const message = sshsigMessage(PAYLOAD);

function keyOf(type: string, blob: Buffer) {
  return trusted(parseSshPublicKey(`${type} ${blob.toString('base64')}`));
}

const ed = generateKeyPairSync('ed25519');
const point = Buffer.from(ed.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');

const plainBlob = Buffer.concat([wire('ssh-ed25519'), wire(point)]);
const plain = task(plainBlob, Buffer.concat([wire('ssh-ed25519'), wire(sign(null, message, ed.privateKey))]));

/** PROTOCOL.u2f: a security key signs what the browser's application, its own flags and counter, and the data come to. */
const HARDWARE = 'sk-ssh-ed25519@openssh.com';
const touched = Buffer.from([1, 0, 0, 0, 7]);
const sha256 = (bytes: Buffer | string): Buffer => createHash('sha256').update(bytes).digest();
const touch = sign(null, Buffer.concat([sha256('ssh:'), touched, sha256(message)]), ed.privateKey);
const hardwareBlob = Buffer.concat([wire(HARDWARE), wire(point), wire('ssh:')]);
const hardware = task(hardwareBlob, Buffer.concat([wire(HARDWARE), wire(touch), touched]));

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { x = '', y = '' } = ec.publicKey.export({ format: 'jwk' });
const ECDSA = 'ecdsa-sha2-nistp256';
const ecdsaBlob = Buffer.concat([
  wire(ECDSA),
  wire('nistp256'),
  wire(Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])),
]);
const pair = sign('sha256', message, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
const halves = Buffer.concat([wireMpint(pair.subarray(0, 32)), wireMpint(pair.subarray(32))]);
const ecdsa = task(ecdsaBlob, Buffer.concat([wire(ECDSA), wire(halves)]));

function task(blob: Buffer, signature: Buffer): SignatureTask {
  return { payload: Buffer.from(PAYLOAD), signature: sshsigArmor(blob, signature) };
}

const keyring = keyringOf([
  keyOf('ssh-ed25519', plainBlob),
  keyOf(HARDWARE, hardwareBlob),
  keyOf(ECDSA, ecdsaBlob),
]);

const TASKS = [plain, hardware, ecdsa].flatMap((good) => [
  good,
  { ...good, payload: flip(good.payload, 5) },
  { ...good, signature: flip(good.signature, good.signature.length - 60) },
  { ...good, signature: flip(good.signature, 130) },
  { ...good, signature: Buffer.from('nothing') },
]);

/** Says what it is told to of all claims, and keeps them. */
function oracle(holds: boolean) {
  const asked: Ed25519Claim[] = [];
  const findValid = (claims: readonly Ed25519Claim[]) => {
    asked.push(...claims);
    return new Set(holds ? claims : []);
  };
  return { asked, findValid };
}

const judge = (tables: Pick<Ed25519Tables, 'findValid'> | undefined, tasks = TASKS) =>
  verifySshSignatures(tasks, keyring, 'git', tables);

describe('a batch of signatures', () => {
  test('gets the verdicts that each gets alone', async () => {
    const alone = await Promise.all(
      TASKS.map(({ payload, signature }) => verifySshSignature(payload, signature, keyring, 'git')),
    );
    expect(alone.filter(({ verdict }) => verdict === 'valid')).toHaveLength(3);
    const tables = Ed25519Tables.load({ often: 1, most: 2 });
    expect(tables).toBeDefined();
    expect(judge(tables)).toEqual(alone);
    expect(judge(oracle(false))).toEqual(alone);
    expect(judge(undefined)).toEqual(alone);
  });

  test('has its Ed25519 signatures judged by the tables, and no others', () => {
    const { asked, findValid } = oracle(true);
    const verdicts = judge({ findValid }, [plain, ecdsa, { ...plain, payload: Buffer.alloc(0) }, hardware]);
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['valid', 'valid', 'valid', 'valid']);
    expect(asked.map(({ key }) => key)).toEqual([point, point, point]);
    expect(asked[0]).toMatchObject({ data: message });
    expect(asked[0]?.key).toBe(asked[1]?.key);
  });

  test('of which the tables find nothing valid is judged by node:crypto', () => {
    expect(judge(oracle(false), [plain, hardware]).map(({ verdict }) => verdict)).toEqual(['valid', 'valid']);
  });
});
