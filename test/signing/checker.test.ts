import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SignatureChecker } from '../../src/signing/checker.ts';
import { keyringOf } from '../../src/signing/verify.ts';
import { builtBin } from '../helpers/built.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { flip, type KeyPairFiles, makeSshKey, sshKeygenSign } from './keys.ts';

let box: Sandbox;
let known: readonly KeyPairFiles[];
let stranger: KeyPairFiles;
let late: KeyPairFiles;
let built: { readonly SignatureChecker: typeof SignatureChecker };

beforeAll(async () => {
  box = await createSandbox();
  const make = (name: string, ...args: string[]) => makeSshKey(box, name, args);
  known = await Promise.all([
    make('ed', '-t', 'ed25519'),
    make('rsa', '-t', 'rsa'),
    make('p256', '-t', 'ecdsa'),
  ]);
  stranger = await make('stranger', '-t', 'ed25519');
  late = await make('late', '-t', 'ed25519');
  // Threads load compiled modules only, as an installed package has them.
  built = await import(pathToFileURL(join(builtBin(), '../../dist/signing/checker.js')).href);
});
afterAll(() => box.remove());

async function signed(key: KeyPairFiles, text: string) {
  return { payload: Buffer.from(text), signature: await sshKeygenSign(box, key.privatePath, text) };
}

/** Signatures of which ssh-keygen made every one, and what each must be told to be. */
async function mixture() {
  const good = await Promise.all(known.map((key, index) => signed(key, `payload ${index}`)));
  const [first] = good;
  if (first === undefined) throw new Error('there are known keys');
  const foreign = await signed(stranger, 'payload');
  const cases = [
    ...good.map((task, index) => [task, { verdict: 'valid', key: known[index]?.key.id }] as const),
    [
      { ...first, payload: flip(first.payload, 3) },
      { verdict: 'invalid', key: known[0]?.key.id },
    ] as const,
    [
      { ...first, payload: Buffer.alloc(0) },
      { verdict: 'invalid', key: known[0]?.key.id },
    ] as const,
    [
      { ...first, signature: flip(first.signature, first.signature.length - 60) },
      { verdict: 'invalid' },
    ] as const,
    [foreign, { verdict: 'unknown-key', key: stranger.key.id }] as const,
    [{ ...first, signature: Buffer.from('hello') }, { verdict: 'invalid' }] as const,
  ];
  return Array.from({ length: 40 }, () => cases).flat();
}

describe.each([
  ['on threads', () => new built.SignatureChecker(2)],
  ['without threads', () => new built.SignatureChecker(0)],
  // Uncompiled, a thread dies as it starts on the oldest node that is supported; newer ones run it.
  ['on threads that may not start', () => new SignatureChecker(2)],
])('many signatures %s', (_, open) => {
  test('get their verdicts in order', async () => {
    const checker = open();
    const keyring = keyringOf(known.map(({ key }) => key));
    const cases = await mixture();
    try {
      const verdicts = await checker.check(
        cases.map(([task]) => task),
        keyring,
      );
      expect(verdicts).toEqual(cases.map(([, verdict]) => expect.objectContaining(verdict)));
    } finally {
      await checker.close();
    }
  });

  test('get their own verdicts, whatever else is under way', async () => {
    const checker = open();
    const [key] = known;
    const good = await signed(key!, 'payload');
    const bad = { ...good, payload: Buffer.from('another') };
    // Each question differs from every other: the n-th has its forgery in the n-th place.
    const questions = Array.from({ length: 6 }, (_, place) => Array(6).fill(good).with(place, bad));
    try {
      const answers = await Promise.all(
        questions.map((tasks) => checker.check(tasks, keyringOf([key!.key]))),
      );
      const forged = answers.map((verdicts) => verdicts.map(({ verdict }) => verdict).indexOf('invalid'));
      expect(forged).toEqual([0, 1, 2, 3, 4, 5]);
      expect(answers.flat().filter(({ verdict }) => verdict === 'valid')).toHaveLength(30);
    } finally {
      await checker.close();
    }
  });

  test('are judged by keys that came later', async () => {
    const checker = open();
    const ring = new Map(keyringOf(known.map(({ key }) => key)));
    const task = await signed(late, 'payload');
    try {
      expect(await checker.check([task], ring)).toEqual([{ verdict: 'unknown-key', key: late.key.id }]);
      ring.set(late.key.id, late.key);
      expect(await checker.check([task, task], ring)).toEqual(
        Array(2).fill({ verdict: 'valid', key: late.key.id }),
      );
    } finally {
      await checker.close();
    }
  });

  test('none have none', async () => {
    const checker = open();
    expect(await checker.check([], keyringOf([]))).toEqual([]);
    await checker.close();
  });
});

/**
 * A module that finds every signature valid. WebAssembly 1.0 and its bulk memory: a memory of one page; input and output are at 0, a
 * table at 1, and verify(base, count) writes `count` ones.
 */
const GULLIBLE = Buffer.concat([
  Buffer.from('\0asm\x01\0\0\0', 'latin1'),
  section(1, [2, 0x60, 0, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 0]),
  section(3, [4, 0, 0, 0, 1]),
  section(5, [1, 0, 1]),
  section(7, [
    5,
    ...exported('memory', 2, 0),
    ...['input', 'output', 'addTable', 'verify'].flatMap((name, index) => exported(name, 0, index)),
  ]),
  section(10, [
    4,
    ...[0x04, 0, 0x41, 0, 0x0b],
    ...[0x04, 0, 0x41, 0, 0x0b],
    ...[0x04, 0, 0x41, 1, 0x0b],
    ...[0x0b, 0, 0x41, 0, 0x41, 1, 0x20, 1, 0xfc, 11, 0, 0x0b],
  ]),
]);

function section(id: number, bytes: readonly number[]): Buffer {
  return Buffer.from([id, bytes.length, ...bytes]);
}

function exported(name: string, kind: number, index: number): readonly number[] {
  return [name.length, ...Buffer.from(name), kind, index];
}

describe('who judges Ed25519 signatures on threads', () => {
  let gullible: typeof built;
  beforeAll(async () => {
    const library = join(builtBin(), '../..');
    const folder = join(box.dir, 'gullible');
    for (const name of ['package.json', 'dist'])
      await cp(join(library, name), join(folder, name), { recursive: true });
    await symlink(join(library, 'node_modules'), join(folder, 'node_modules'));
    await mkdir(join(folder, 'wasm'));
    await writeFile(join(folder, 'wasm/ed25519.wasm'), GULLIBLE);
    gullible = await import(pathToFileURL(join(folder, 'dist/signing/checker.js')).href);
  });

  /** By how many signatures over something else it was taken in. */
  async function takenIn(checker: SignatureChecker): Promise<number> {
    const key = known[0]!;
    const { signature } = await signed(key, 'payload');
    const tasks = Array.from({ length: 64 }, (_, index) => ({
      payload: Buffer.from(`other ${index}`),
      signature,
    }));
    try {
      const verdicts = await checker.check(tasks, keyringOf([key.key]));
      return verdicts.filter(({ verdict }) => verdict === 'valid').length;
    } finally {
      await checker.close();
    }
  }

  test('is the module in the package, for a key that is seen often', async () => {
    expect(await takenIn(new gullible.SignatureChecker(1))).toBe(64);
    expect(await takenIn(new built.SignatureChecker(1))).toBe(0);
  });

  test('is OpenSSL where that is asked for', async () => {
    expect(await takenIn(new gullible.SignatureChecker(1, 'openssl'))).toBe(0);
  });
});
