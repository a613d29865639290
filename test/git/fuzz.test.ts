import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommit, parseCommit, parseCommitLinks } from '../../src/git/commit.ts';
import { type BatchAnswer, BatchParser } from '../../src/git/native/batchparser.ts';
import { encodeTag, parseTag } from '../../src/git/tag.ts';
import { encodeTree, parseTree } from '../../src/git/tree.ts';

const RUNS = { numRuns: 3000 };

const WHO = 'Alice Ng <alice@acme.example> 1700000000 +0000';
const ARMOR = '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----';
const COMMIT = Buffer.from(
  `tree ${'a'.repeat(40)}\nparent ${'b'.repeat(40)}\nparent ${'c'.repeat(40)}\nauthor ${WHO}\ncommitter ${WHO}\n` +
    `encoding UTF-8\nmergetag object 1\n type commit\n \n x\ngpgsig ${ARMOR.replaceAll('\n', '\n ')}\n\nsubject\n\nEvent: version\n`,
);
const TAG = Buffer.from(
  `object ${'a'.repeat(40)}\ntype commit\ntag promptaudit/p/v1/approved/bob@acme.example\ntagger ${WHO}\n\nmeaning\n${ARMOR}\n`,
);
const TREE = Buffer.concat(
  ['100644 a', '100755 a.b', '40000 a-b', '120000 link', '160000 sub']
    .sort()
    .flatMap((entry) => [Buffer.from(`${entry}\0`), Buffer.alloc(20, entry.length)]),
);

/** Bytes with a few changes: some flipped, some cut out, some put in, from what such objects are made of. */
function mutated(seed: Buffer): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        '\n',
        '\n\n',
        ' ',
        '\0',
        'gpgsig x',
        '\ngpgsig-sha256 y',
        `\n${ARMOR}\n`,
        'parent ',
        'tree ',
        '40000 ',
      )
      .map((text) => Buffer.from(text)),
  );
  const change = fc.record({ at: fc.nat({ max: seed.length }), drop: fc.nat({ max: 8 }), put: piece });
  return fc.array(change, { maxLength: 4 }).map((changes) => {
    let bytes = seed;
    for (const { at, drop, put } of changes) {
      bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]);
    }
    return bytes;
  });
}

function hostile(seed: Buffer): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    { weight: 5, arbitrary: mutated(seed) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
}

describe('hostile bytes', () => {
  it('are a commit that is encoded back, or a problem', () => {
    let accepted = 0;
    fc.assert(
      fc.property(hostile(COMMIT), (bytes) => {
        const result = parseCommit(bytes);
        if (!result.ok) return;
        accepted += 1;
        const { commit } = result;
        expect(encodeCommit({ ...commit, message: commit.messageBytes })).toEqual(Buffer.from(bytes));
        expect(parseCommitLinks(bytes)).toEqual({ tree: commit.tree, parents: commit.parents });
        if (commit.signatures.length > 1) expect(commit.ambiguity).toBeDefined();
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('are a tag that is encoded back, or a problem', () => {
    let accepted = 0;
    fc.assert(
      fc.property(hostile(TAG), (bytes) => {
        const result = parseTag(bytes);
        if (!result.ok) return;
        accepted += 1;
        const { tag } = result;
        expect(Buffer.concat([tag.payload, tag.signatures.at(-1)?.bytes ?? Buffer.alloc(0)])).toEqual(
          Buffer.from(bytes),
        );
        if (tag.signatures.length > 1) {
          expect(tag.ambiguity).toBeDefined();
        } else {
          expect(encodeTag({ ...tag, message: tag.messageBytes }, tag.signatures[0]?.bytes)).toEqual(
            Buffer.from(bytes),
          );
        }
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it.each(['sha1', 'sha256'] as const)('are a tree that is encoded back, or a problem (%s)', (format) => {
    fc.assert(
      fc.property(hostile(TREE), (bytes) => {
        const result = parseTree(bytes, format);
        if (result.ok) expect(encodeTree(result.entries, format)).toEqual(Buffer.from(bytes));
      }),
      RUNS,
    );
  });
});

describe('BatchParser', () => {
  const oid = fc.stringMatching(/^[0-9a-f]{40}$/);
  const object = fc.record({
    name: oid,
    kind: fc.constantFrom('commit', 'tree', 'blob', 'tag'),
    bytes: fc.uint8Array({ maxLength: 300 }),
  });
  const line = fc.oneof(object, oid);

  it('gives the same answers however the output is cut', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), cuts, (lines, sizes) => {
        const output = Buffer.concat(
          lines.map((one) =>
            typeof one === 'string'
              ? Buffer.from(`${one} missing\n`)
              : Buffer.concat([
                  Buffer.from(`${one.name} ${one.kind} ${one.bytes.length}\n`),
                  one.bytes,
                  Buffer.from('\n'),
                ]),
          ),
        );
        const answers: BatchAnswer[] = [];
        const parser = new BatchParser((answer) => answers.push(answer));
        for (let at = 0, turn = 0; at < output.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          expect(parser.push(output.subarray(at, at + size))).toBe(true);
          at += size;
        }
        expect(answers).toEqual(
          lines.map((one) =>
            typeof one === 'string'
              ? { state: 'missing', name: one }
              : { state: 'found', ...one, bytes: Buffer.from(one.bytes) },
          ),
        );
      }),
    );
  });

  it('never throws, and says when it does not understand', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (chunks) => {
        const parser = new BatchParser(() => {});
        for (const chunk of chunks) if (!parser.push(Buffer.from(chunk))) return;
      }),
      RUNS,
    );
    const bad = [
      'x'.repeat(300),
      'nonsense\n',
      `${'a'.repeat(40)} blob 1\nxy`,
      `${'a'.repeat(40)} thing 1\nx\n`,
    ];
    for (const text of bad) expect(new BatchParser(() => {}).push(Buffer.from(text))).toBe(false);
  });

  it('skips an object that is too large to hold', () => {
    const answers: BatchAnswer[] = [];
    const parser = new BatchParser((answer) => answers.push(answer));
    const size = 600 * 1024 * 1024;
    parser.push(Buffer.from(`${'a'.repeat(40)} blob ${size}\n`));
    const chunk = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 600; i++) expect(parser.push(chunk)).toBe(true);
    parser.push(Buffer.from(`\n${'b'.repeat(40)} missing\n`));
    expect(answers).toEqual([
      { state: 'too-large', name: 'a'.repeat(40), size },
      { state: 'missing', name: 'b'.repeat(40) },
    ]);
  });
});
