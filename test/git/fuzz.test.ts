import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCommit, parseCommit, parseCommitLinks } from '../../src/git/commit.ts';
import { encodeIdent, parseIdent } from '../../src/git/ident.ts';
import { type BatchAnswer, BatchParser } from '../../src/git/native/batchparser.ts';
import { entryNamed, scannedTree } from '../../src/git/scannedtree.ts';
import { encodeTag, parseTag } from '../../src/git/tag.ts';
import { encodeTree, parseTree } from '../../src/git/tree.ts';
import { hostile } from '../helpers/mutations.ts';

const RUNS = { numRuns: 10_000 };

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

const WORDS = [
  'gpgsig x',
  '\ngpgsig-sha256 y',
  `\n${ARMOR}\n`,
  'parent ',
  'tree ',
  'tagger ',
  '40000 ',
  '100644 a\0',
];

/** A commit without its signature headers, cut out line by line. */
function unsigned(commit: Buffer): string {
  const text = commit.toString('latin1');
  const end = text.indexOf('\n\n');
  let drops = false;
  const kept = text
    .slice(0, end)
    .split('\n')
    .filter((line) => {
      drops = line.startsWith(' ') ? drops : /^gpgsig(?:-sha256)? /.test(line);
      return !drops;
    });
  return `${kept.join('\n')}${text.slice(end)}`;
}

describe('hostile bytes', () => {
  it('are a commit that is encoded back, or a problem', () => {
    let accepted = 0;
    fc.assert(
      fc.property(hostile(COMMIT, WORDS), (bytes) => {
        const result = parseCommit(bytes);
        if (!result.ok) return;
        accepted += 1;
        const { commit } = result;
        expect(encodeCommit({ ...commit, message: commit.messageBytes }).equals(bytes)).toBe(true);
        expect(commit.payload.toString('latin1')).toBe(unsigned(bytes));
        expect(parseCommitLinks(bytes)).toEqual({ tree: commit.tree, parents: commit.parents });
        if (commit.signatures.length > 1) expect(commit.ambiguity).toBeDefined();
        for (const { name } of commit.headers)
          expect(['tree', 'parent', 'author', 'committer']).not.toContain(name);
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('are a tag that is encoded back, or a problem', () => {
    let accepted = 0;
    fc.assert(
      fc.property(hostile(TAG, WORDS), (bytes) => {
        const result = parseTag(bytes);
        if (!result.ok) return;
        accepted += 1;
        const { tag } = result;
        const last = tag.signatures.at(-1)?.bytes ?? Buffer.alloc(0);
        expect(Buffer.concat([tag.payload, last]).equals(bytes)).toBe(true);
        if (tag.signatures.length > 1) {
          expect(tag.ambiguity).toBeDefined();
        } else {
          const fields = { ...tag, message: tag.messageBytes };
          expect(encodeTag(fields, tag.signatures[0]?.bytes).equals(bytes)).toBe(true);
        }
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it.each(['sha1', 'sha256'] as const)('are a tree that is encoded back, or a problem (%s)', (format) => {
    fc.assert(
      fc.property(hostile(TREE, WORDS), (bytes) => {
        const result = parseTree(bytes, format);
        if (result.ok) expect(encodeTree(result.entries, format).equals(bytes)).toBe(true);
        for (const name of ['a', 'a-b', 'link']) {
          const tree = scannedTree(bytes, format);
          const found = tree && entryNamed(tree, name, format);
          if (result.ok) expect(found).toEqual(result.entries.find((entry) => entry.name === name));
        }
      }),
      RUNS,
    );
  });

  it('are somebody who is written back, or nobody', () => {
    let accepted = 0;
    fc.assert(
      fc.property(hostile(Buffer.from(WHO), ['<', '>', '> 1 +0000', ' +9999']), (bytes) => {
        const ident = parseIdent(bytes);
        if (ident === undefined) return;
        accepted += 1;
        expect(Buffer.from(encodeIdent(ident)).equals(bytes)).toBe(true);
      }),
      RUNS,
    );
    expect(accepted).toBeGreaterThan(100);
  });

  it('may be many: of headers, of parents, of signatures, of entries, in one line or in one name', () => {
    const many = 50_000;
    const [head = '', rest = ''] = COMMIT.toString().split('\nauthor ');
    const commit = (headers: string) => parseCommit(Buffer.from(`${headers}\nauthor ${rest}`));
    const parents = (count: number) => commit(head + `\nparent ${'d'.repeat(40)}`.repeat(count));
    expect(parents(4_000)).toMatchObject({ ok: true });
    expect(parents(many)).toMatchObject({ ok: false });
    expect(
      parseCommit(Buffer.from(COMMIT.toString().replace('\n\n', `\nx ${'\n y'.repeat(many)}\n\n`))),
    ).toMatchObject({
      ok: true,
    });
    expect(commit(`${head}\n${'p'.repeat(many * 20)}`)).toMatchObject({ ok: false });
    const signatures = (count: number) =>
      parseTag(Buffer.concat([TAG, Buffer.from(`${ARMOR}\n`.repeat(count))]));
    expect(signatures(10)).toMatchObject({ ok: true, tag: { ambiguity: 'it has more than one signature' } });
    expect(signatures(many)).toMatchObject({ ok: false });
    const entries = Array.from(
      { length: many },
      (_, at) => `100644 ${String(at).padStart(6, '0')}\0${'o'.repeat(20)}`,
    );
    expect(parseTree(Buffer.from(entries.join('')), 'sha1')).toMatchObject({ ok: true });
    const name = 'n'.repeat(many * 20);
    const tree = scannedTree(Buffer.from(`100644 ${name}\0${'o'.repeat(20)}`), 'sha1');
    expect(tree && entryNamed(tree, name, 'sha1')).toMatchObject({ name });
    expect(parseIdent(`${'<'.repeat(many)} <a@b> 1 +0000`)).toBeUndefined();
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

  it('gives the start of a tag that is too long and its hashes, however the output is cut', () => {
    const size = 256 * 1024 + 40;
    const body = Buffer.alloc(size, 'tag');
    const output = Buffer.concat([Buffer.from(`${'a'.repeat(64)} tag ${size}\n`), body, Buffer.from('\n')]);
    const sha256 = createHash('sha256').update(body).digest('hex');
    const oid = createHash('sha256').update(`tag ${size}\0`).update(body).digest('hex');
    for (const chunk of [output.length, 65_536, size - 1, 999]) {
      const answers: BatchAnswer[] = [];
      const parser = new BatchParser((answer) => answers.push(answer));
      for (let at = 0; at < output.length; at += chunk) parser.push(output.subarray(at, at + chunk));
      const [answer, ...others] = answers;
      const { bytes, ...said } = answer as Extract<BatchAnswer, { state: 'cut' }>;
      expect([said, others]).toEqual([{ state: 'cut', name: 'a'.repeat(64), kind: 'tag', oid, sha256 }, []]);
      expect(bytes.equals(body.subarray(0, 256 * 1024 + 1))).toBe(true);
    }
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
