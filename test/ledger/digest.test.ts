import { expect, it } from 'vitest';
import { parseSha256, sha256 } from '../../src/ledger/digest.ts';

it('is what FIPS 180-2 says of "abc" and of nothing', () => {
  expect(sha256(Buffer.from('abc'))).toBe(
    'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  expect(sha256(new Uint8Array())).toBe(
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

it('is read strictly', () => {
  const digits = 'ab'.repeat(32);
  expect(parseSha256(`sha256:${digits}`)).toBe(`sha256:${digits}`);
  for (const wrong of [
    digits,
    `sha256:${digits}0`,
    `sha256:${digits.toUpperCase()}`,
    `SHA256:${digits}`,
    `sha256:${digits}\n`,
  ]) {
    expect(parseSha256(wrong)).toBeUndefined();
  }
});
