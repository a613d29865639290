import fc from 'fast-check';

type Change = (bytes: Buffer) => Buffer;

/** What parsers stumble over: line ends, NUL, what is no UTF-8 or hides in it, lengths that no buffer has. */
const TROUBLE = [
  '\n',
  '\n\n',
  '\r\n',
  '\r',
  '\0',
  ' ',
  '\t',
  '\u00e9',
  'e\u0301',
  '\ufeff',
  '\u202e',
  '\u2028',
  '-1',
  '0',
  '99999999999999999999',
  '__proto__',
].map((text) => Buffer.from(text));
const BROKEN = ['ff', '80', 'c0af', 'eda080', 'f4908080', 'ffffffff', '7fffffff', '80000000', '00000000'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

/**
 * Bytes that were valid before a few of these: a bit flipped, bytes cut out or put in, a part or a line written twice, lines
 * that changed places, an end cut off, one byte over and over.
 *
 * @param words of what such bytes are made of
 */
export function mutated(seed: Uint8Array, words: readonly string[] = []): fc.Arbitrary<Buffer> {
  const valid = Buffer.from(seed);
  const nat = fc.nat({ max: valid.length });
  const small = fc.nat({ max: 12 });
  const piece = fc.oneof(
    fc.constantFrom(...TROUBLE, ...BROKEN, ...words.map((word) => Buffer.from(word))),
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  );
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(nat, fc.nat({ max: 7 })).map(([at, bit]) => flip(at, bit)) },
    { weight: 4, arbitrary: fc.tuple(nat, small, piece).map(([at, drop, put]) => splice(at, drop, put)) },
    { weight: 1, arbitrary: fc.tuple(nat, nat, nat).map(([from, to, at]) => repeat(from, to, at)) },
    { weight: 1, arbitrary: fc.tuple(small, small).map(([line, at]) => repeatLine(line, at)) },
    { weight: 1, arbitrary: fc.tuple(small, small).map(([one, other]) => swapLines(one, other)) },
    {
      weight: 1,
      arbitrary: nat.map(
        (end): Change =>
          (bytes) =>
            bytes.subarray(0, end),
      ),
    },
    { weight: 1, arbitrary: fc.tuple(nat, piece).map(([at, put]) => splice(at, 0, manyTimes(put))) },
  );
  return fc
    .array(change, { minLength: 1, maxLength: 4 })
    .map((changes) => changes.reduce<Buffer>((bytes, one) => one(bytes), valid));
}

/** Mutations of valid bytes, and now and then just any bytes. */
export function hostile(seed: Uint8Array, words?: readonly string[]): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 9, arbitrary: mutated(seed, words) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
}

function flip(at: number, bit: number): Change {
  return (bytes) => {
    const copy = Buffer.from(bytes);
    if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << bit);
    return copy;
  };
}

function splice(at: number, drop: number, put: Buffer): Change {
  return (bytes) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]);
}

function manyTimes(piece: Buffer): Buffer {
  return piece.length === 0 ? piece : Buffer.alloc(3000, piece);
}

function repeat(from: number, to: number, at: number): Change {
  return (bytes) => {
    const part = bytes.subarray(Math.min(from, to), Math.max(from, to));
    return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
  };
}

function repeatLine(line: number, at: number): Change {
  return (bytes) => withLines(bytes, (lines) => lines.toSpliced(at, 0, lines[line % lines.length] ?? ''));
}

function swapLines(one: number, other: number): Change {
  return (bytes) =>
    withLines(bytes, (lines) => {
      const [a, b] = [one % lines.length, other % lines.length];
      return lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '');
    });
}

function withLines(bytes: Buffer, change: (lines: string[]) => string[]): Buffer {
  return Buffer.from(change(bytes.toString('latin1').split('\n')).join('\n'), 'latin1');
}
