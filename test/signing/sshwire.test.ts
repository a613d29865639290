import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64, SshReader, sshString, sshUint32 } from '../../src/signing/sshwire.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

test.each([
  ['699921578', '00 00 00 04 29 b7 f4 aa', '29b7f4aa'],
  ['0x80', '00 00 00 02 00 80', '80'],
  ['0x9a378f9b2e332a7', '00 00 00 08 09 a3 78 f9 b2 e3 32 a7', '09a378f9b2e332a7'],
])('positive mpint %s of RFC 4251, section 5', (_, bytes, magnitude) => {
  const reader = new SshReader(hex(bytes));
  expect(reader.positive().toString('hex')).toBe(magnitude);
  expect(reader.done()).toBe(true);
});

test.each([
  ['zero', '00 00 00 00'],
  ['zero with a byte', '00 00 00 01 00'],
  ['-1234', '00 00 00 02 ed cc'],
  ['-0xdeadbeef', '00 00 00 05 ff 21 52 41 11'],
  ['a needless leading zero', '00 00 00 02 00 7f'],
])('no positive mpint: %s', (_, bytes) => {
  const reader = new SshReader(hex(bytes));
  expect(reader.positive()).toHaveLength(0);
  expect(reader.done()).toBe(false);
});

test('a string of RFC 4251, section 5', () => {
  expect(sshString('testing')).toEqual(hex('00 00 00 07 74 65 73 74 69 6e 67'));
  expect(sshUint32(699921578)).toEqual(hex('29 b7 f4 aa'));
  expect(new SshReader(hex('00 00 00 07 74 65 73 74 69 6e 67')).text()).toBe('testing');
});

test('a length that runs past the end breaks the reader for good', () => {
  const reader = new SshReader(hex('ff ff ff ff 00 00 00 01 61'));
  expect(reader.string()).toHaveLength(0);
  expect(reader.string()).toHaveLength(0);
  expect([reader.byte(), reader.uint32(), reader.done()]).toEqual([0, 0, false]);
});

test('left-over bytes are not done', () => {
  const reader = new SshReader(hex('00 00 00 00 00'));
  reader.string();
  expect(reader.done()).toBe(false);
});

test('any bytes, read in any way, never throw', () => {
  const step = fc.constantFrom('byte', 'uint32', 'string', 'text', 'positive');
  fc.assert(
    fc.property(fc.uint8Array(), fc.array(step), (bytes, steps) => {
      const reader = new SshReader(Buffer.from(bytes));
      for (const name of steps) reader[name as 'byte']();
      reader.done();
    }),
  );
});

test('base64 has one spelling', () => {
  expect(decodeBase64('AAE=')).toEqual(Buffer.from([0, 1]));
  for (const other of ['AAE', 'AAF=', 'AA E=', 'AAE=\n', 'A_E=', 'AAE==', '='])
    expect(decodeBase64(other)).toBeUndefined();
});
