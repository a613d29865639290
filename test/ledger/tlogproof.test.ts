import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCheckpoint, decodeNote, encodeCheckpoint, encodeNote } from '../../src/ledger/signednote.ts';
import { decodeTlogProof, encodeTlogProof } from '../../src/ledger/tlogproof.ts';
import { codePoint } from '../helpers/codepoints.ts';

/** The examples of c2sp.org/signed-note and c2sp.org/tlog-checkpoint. */
const POEM = `Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.

— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
`;
const SOFA = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
`;
/** The hashes of the example of c2sp.org/tlog-proof. */
const PROOF = `c2sp.org/tlog-proof@v1
extra AQI=
index 73894
gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=

${SOFA}`;

function opened<T>(decoded: { ok: true; value: T } | { ok: false; problem: string }): T {
  if (!decoded.ok) throw new Error(decoded.problem);
  return decoded.value;
}

describe('a signed note', () => {
  test('is read as the specification says', () => {
    const note = opened(decodeNote(POEM));
    expect(note.text.endsWith('di sole:\n\ned è subito sera.\n')).toBe(true);
    const [signature] = note.signatures;
    expect(note.signatures).toHaveLength(1);
    expect(signature?.name).toBe('quasimodo.example/salvatore');
    // NnugSw== and Az3grg== in hex, by base64 -d | xxd.
    expect(signature?.keyId.toString('hex')).toBe('367ba04b');
    expect(signature?.signature).toHaveLength(64);
    expect(encodeNote(note)).toBe(POEM);
    expect(decodeNote(Buffer.from(POEM))).toEqual({ ok: true, value: note });
  });

  test.each([
    ['no line feed at its end', POEM.slice(0, -1)],
    ['two', `${POEM}\n`],
    ['no signature', 'text\n\n'],
    ['no empty line', POEM.replaceAll('\n\n', '\n')],
    ['a carriage return', POEM.replace('sera.', 'sera.\r')],
    ['a plus in a key name', POEM.replace('quasimodo.', 'quasimodo+')],
    ['a space of another kind', POEM.replace('quasimodo.', 'quasimodo\u00a0')],
    ['a hyphen for the em dash', POEM.replace('—', '-')],
    ['base64 in another spelling', POEM.replace('NtIc=', 'NtId=')],
    ['base64 without its padding', POEM.replace('NtIc=', 'NtIc')],
    ['a signature of no bytes', POEM.replace(/Nnug.*/, 'NnugSw==')],
    ['half a surrogate pair', POEM.replace('è', '\ud800')],
    ['too many signatures', POEM + POEM.slice(POEM.indexOf('—')).repeat(64)],
    ['too much text', 'a'.repeat(1_048_577) + POEM],
  ])('with %s is refused', (_, text) => {
    expect(decodeNote(text).ok).toBe(false);
  });

  test('of bytes that are not UTF-8 is refused', () => {
    expect(decodeNote(Buffer.from(POEM, 'latin1')).ok).toBe(false);
  });
});

describe('a checkpoint', () => {
  test('is read as the specification says', () => {
    const checkpoint = opened(decodeCheckpoint(opened(decodeNote(SOFA)).text));
    expect(checkpoint.origin).toBe('example.com/behind-the-sofa');
    expect(checkpoint.size).toBe(20_852_163);
    expect(checkpoint.root.toString('hex')).toBe(
      '0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62',
    );
    expect(encodeCheckpoint(checkpoint)).toBe(SOFA.slice(0, SOFA.indexOf('\n\n') + 1));
  });

  test.each(['', '\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'])(
    'without an origin is refused',
    (text) => expect(decodeCheckpoint(text).ok).toBe(false),
  );

  test.each([
    ['a leading zero', '0 20852163', '020852163'],
    ['no number', '20852163', '0x10'],
    ['more than a number holds', '20852163', '9007199254740993'],
    ['a short root', 'CsUYapGG', 'CsUY'],
    ['an extension line', 'q2I=\n', 'q2I=\nmore\n'],
  ])('with %s is refused', (_, before, after) => {
    const text = SOFA.slice(0, SOFA.indexOf('\n\n') + 1);
    const changed = text.replace(before.replace('0 ', ''), after);
    expect(changed).not.toBe(text);
    expect(decodeCheckpoint(changed).ok).toBe(false);
  });

  test('that could not be read again is not written', () => {
    const root = Buffer.alloc(32);
    for (const bad of [
      { origin: '', size: 1 },
      { origin: 'a\nb', size: 1 },
      { origin: 'a', size: 1.5 },
    ])
      expect(() => encodeCheckpoint({ ...bad, root })).toThrow('cannot be written');
  });
});

describe('a proof', () => {
  test('is read as the specification says', () => {
    const proof = opened(decodeTlogProof(PROOF));
    expect(proof.index).toBe(73_894);
    expect(proof.extra).toEqual(Buffer.of(1, 2));
    expect(proof.hashes.map((hash) => hash.toString('hex').slice(0, 8))).toEqual(['8122b25e', '07de650d']);
    expect(proof.checkpoint).toBe(SOFA);
    expect(encodeTlogProof(proof)).toBe(PROOF);
  });

  test('of the only leaf of a tree has no hash', () => {
    const text = `c2sp.org/tlog-proof@v1\nindex 0\n\n${SOFA}`;
    const proof = opened(decodeTlogProof(text));
    expect(proof).toEqual({ index: 0, hashes: [], checkpoint: SOFA });
    expect(encodeTlogProof(proof)).toBe(text);
  });

  test.each([
    ['another version', PROOF.replace('@v1', '@v2')],
    ['no index', PROOF.replace('index 73894\n', '')],
    ['an index with a leading zero', PROOF.replace('73894', '073894')],
    ['a negative index', PROOF.replace('73894', '-1')],
    ['the extra line in another place', PROOF.replace(/(extra.*\n)(index.*\n)/, '$2$1')],
    ['two extra lines', PROOF.replace(/(extra.*\n)/, '$1$1')],
    ['a hash of 31 bytes', PROOF.replace(/^gSKy.*$/m, Buffer.alloc(31).toString('base64'))],
    ['a blank behind a hash', PROOF.replace('PlQ=', 'PlQ= ')],
    ['more hashes than any tree has levels', PROOF.replace(/^(gSKy.*\n)/m, '$1'.repeat(53))],
    ['no checkpoint', PROOF.slice(0, PROOF.indexOf('\n\n') + 2)],
    ['a checkpoint that nobody signed', PROOF.slice(0, PROOF.indexOf('—'))],
  ])('with %s is refused', (_, text) => {
    expect(text).not.toBe(PROOF);
    expect(decodeTlogProof(text).ok).toBe(false);
  });

  test('is written again byte for byte if it is read at all, whatever is in it', () => {
    const lines = fc.constantFrom(
      ...PROOF.split('\n'),
      'extra',
      'extra ',
      'index',
      'index 0',
      '— a AAAAAAA=',
    );
    const text = fc.oneof(
      fc.array(lines, { maxLength: 14 }).map((all) => all.join('\n')),
      fc
        .tuple(fc.nat(PROOF.length), fc.string({ unit: codePoint, maxLength: 2 }))
        .map(([at, piece]) => PROOF.slice(0, at) + piece + PROOF.slice(at + 1)),
    );
    fc.assert(
      fc.property(text, (one) => {
        const proof = decodeTlogProof(one);
        if (proof.ok) expect(encodeTlogProof(proof.value)).toBe(one);
      }),
      { numRuns: 1000 },
    );
  });
});
