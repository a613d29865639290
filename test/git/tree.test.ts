import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { emptyTree, hashObject, type Oid } from '../../src/git/object.ts';
import { encodeTree, parseTree, type TreeEntry } from '../../src/git/tree.ts';
import { lookupPath, replacePath } from '../../src/git/treeedit.ts';
import { run, sandbox } from '../helpers/sandbox.ts';

const A = 'a'.repeat(40) as Oid;
const B = 'b'.repeat(40) as Oid;

function raw(...entries: readonly [mode: string, name: string, oid?: string][]): Buffer {
  return Buffer.concat(
    entries.flatMap(([mode, name, oid = A]) => [
      Buffer.from(`${mode} ${name}\0`, 'latin1'),
      Buffer.from(oid, 'hex'),
    ]),
  );
}

function entriesOf(bytes: Uint8Array): readonly TreeEntry[] {
  const result = parseTree(bytes, 'sha1');
  if (!result.ok) throw new Error(result.problem);
  return result.entries;
}

describe('trees that git makes', () => {
  it.each(['sha1', 'sha256'] as const)('are read as git lists them and encoded back (%s)', async (format) => {
    const box = await sandbox();
    const repo = join(box.dir, 'repo');
    await box.git(['init', '-q', `--object-format=${format}`, repo]);
    for (const path of ['a', 'a.b/x', 'a-b', 'a0', 'b/y', 'b.txt', 'ü.yml', 'Z', 'prompts/p.prompt.yml']) {
      await mkdir(join(repo, path, '..'), { recursive: true });
      await writeFile(join(repo, path), path);
    }
    await writeFile(Buffer.concat([Buffer.from(`${repo}/`), Buffer.from('latin\xe9', 'latin1')]), 'x');
    await chmod(join(repo, 'a0'), 0o755);
    await symlink('a', join(repo, 'link'));
    await box.git(['add', '-A'], { cwd: repo });
    const root = (await box.git(['write-tree'], { cwd: repo })).trim();
    const { stdout } = await run('git', ['cat-file', 'tree', root], { cwd: repo, env: box.env });
    const result = parseTree(stdout, format);
    if (!result.ok) throw new Error(result.problem);
    const listing = await run('git', ['ls-tree', '-z', root], { cwd: repo, env: box.env });
    const expected = listing.stdout
      .toString('latin1')
      .split('\0')
      .filter((line) => line !== '');
    const ours = result.entries.map(({ mode, name, oid, rawName }) => {
      const kind = mode === '40000' ? 'tree' : 'blob';
      return `${mode.padStart(6, '0')} ${kind} ${oid}\t${(rawName ?? Buffer.from(name)).toString('latin1')}`;
    });
    expect(ours).toEqual(expected);
    expect(encodeTree(result.entries, format)).toEqual(stdout);
    expect(encodeTree([...result.entries].reverse(), format)).toEqual(stdout);
    expect(hashObject(format, { kind: 'tree', bytes: encodeTree(result.entries, format) })).toBe(root);
  });
});

describe('parseTree', () => {
  it('reads an empty tree', () => {
    expect(parseTree(new Uint8Array(0), 'sha1')).toEqual({ ok: true, entries: [] });
  });

  it.each([
    ['a leading zero', raw(['040000', 'a'])],
    ['a mode that is no number', raw(['10064x', 'a'])],
    ['no mode', raw(['', 'a'])],
    ['no name', raw(['100644', ''])],
    ['a slash in a name', raw(['100644', 'a/b'])],
    ['.', raw(['100644', '.'])],
    ['..', raw(['40000', '..'])],
    ['.git', raw(['40000', '.GiT'])],
    ['the wrong order', raw(['100644', 'b'], ['100644', 'a'])],
    ['a folder sorted as a file', raw(['40000', 'a'], ['100644', 'a.b'])],
    ['a folder of a mode that git never writes, sorted as a file', raw(['40755', 'a'], ['100644', 'a.b'])],
    ['a file sorted as a folder', raw(['100644', 'a.b'], ['100644', 'a'])],
    ['a name twice', raw(['100644', 'a'], ['100644', 'a'])],
    ['a file and a folder of one name', raw(['100644', 'a'], ['100644', 'a.b'], ['40000', 'a'])],
    ['a cut end', raw(['100644', 'a']).subarray(0, -1)],
    ['a SHA-256 id', raw(['100644', 'a', 'a'.repeat(64)])],
    ['text', Buffer.from('this is no tree')],
  ])('refuses %s', (_, bytes) => {
    expect(parseTree(bytes, 'sha1')).toEqual({ ok: false, problem: expect.any(String) });
  });

  it('takes every mode that git has', () => {
    const modes = ['100644', '100755', '100664', '120000', '160000', '40000'];
    const bytes = raw(...modes.map((mode, i): [string, string] => [mode, `n${i}`]));
    expect(entriesOf(bytes).map(({ mode }) => mode)).toEqual(modes);
  });

  it.each(['40000', '40755', '240000'])('sorts a folder of mode %s where git fsck wants it', async (mode) => {
    const box = await sandbox();
    await box.git(['init', '-q', box.dir]);
    const oid = (await box.git(['mktree'], { input: '' })).trim();
    const rising = raw(['100644', 'a.b', oid], [mode, 'a', oid]);
    const falling = raw([mode, 'a', oid], ['100644', 'a.b', oid]);
    for (const bytes of [rising, falling]) {
      const stored = await run('git', ['hash-object', '-t', 'tree', '-w', '--literally', '--stdin'], {
        cwd: box.dir,
        env: box.env,
        input: bytes,
      });
      const tree = stored.stdout.toString().trim();
      const { stderr } = await run('git', ['fsck', tree], { cwd: box.dir, env: box.env });
      const unsorted = stderr.toString().includes(`${tree}: treeNotSorted`);
      expect(parseTree(bytes, 'sha1').ok).toBe(!unsorted);
    }
    expect(entriesOf(rising).map((entry) => entry.mode)).toEqual(['100644', mode]);
    expect(encodeTree([...entriesOf(rising)].reverse(), 'sha1')).toEqual(rising);
  });
});

describe('encodeTree', () => {
  it.each([
    ['a slash', { mode: '100644', name: 'a/b', oid: A }],
    ['a NUL', { mode: '100644', name: 'a\0b', oid: A }],
    ['a leading zero', { mode: '040000', name: 'a', oid: A }],
    ['an id of another format', { mode: '100644', name: 'a', oid: 'a'.repeat(64) as Oid }],
  ])('refuses %s', (_, entry) => {
    expect(() => encodeTree([entry], 'sha1')).toThrow(Failure);
  });

  it('refuses a name twice', () => {
    const entry = { mode: '100644', name: 'a', oid: A };
    expect(() => encodeTree([entry, { ...entry, mode: '40000' }], 'sha1')).toThrow(Failure);
  });
});

describe('replacePath', () => {
  /** A store of trees in memory, which fails for what it was never given. */
  function memory() {
    const trees = new Map<Oid, readonly TreeEntry[]>();
    const read = async (oid: Oid): Promise<readonly TreeEntry[]> => {
      const entries = trees.get(oid);
      if (entries === undefined) throw new Error(`no tree ${oid}`);
      return entries;
    };
    const replace = async (root: Oid, path: string, entry: Pick<TreeEntry, 'mode' | 'oid'> | undefined) => {
      const edit = await replacePath(read, root, path.split('/'), entry);
      for (const object of edit.objects) trees.set(hashObject('sha1', object), entriesOf(object.bytes));
      return edit;
    };
    return { read, replace };
  }

  const EMPTY = emptyTree('sha1');
  const FILE = { mode: '100644', oid: A };

  it('makes the trees that git makes, and takes them away again', async () => {
    const box = await sandbox();
    await box.git(['init', '-q', box.dir]);
    const oid = (await box.git(['hash-object', '-w', '--stdin'], { input: 'x' })).trim() as Oid;
    const { read, replace } = memory();
    const paths = ['prompts/b.yml', 'prompts/a/deep/er.yml', 'prompts-x', 'prompts.yml', 'a'];
    const roots = [EMPTY];
    for (const path of paths) {
      const { root } = await replace(roots.at(-1)!, path, { mode: '100644', oid });
      await box.git(['update-index', '--add', '--cacheinfo', `100644,${oid},${path}`]);
      expect(root).toBe((await box.git(['write-tree'])).trim());
      roots.push(root);
    }
    expect(await lookupPath(read, roots.at(-1)!, ['prompts', 'a', 'deep', 'er.yml'])).toMatchObject({ oid });
    for (const path of paths.toReversed()) {
      const { root } = await replace(roots.pop()!, path, undefined);
      expect(root).toBe(roots.at(-1));
    }
  });

  it('makes nothing new where nothing changes', async () => {
    const { replace } = memory();
    const { root } = await replace(EMPTY, 'd/f', FILE);
    expect(await replace(root, 'd/f', FILE)).toEqual({ root, objects: [] });
    expect(await replace(root, 'd/absent', undefined)).toEqual({ root, objects: [] });
    expect(await replace(root, 'x/absent', undefined)).toEqual({ root, objects: [] });
    expect(await replace(root, 'd/f/below', undefined)).toEqual({ root, objects: [] });
    expect(await replace(EMPTY, 'd/f', undefined)).toEqual({ root: EMPTY, objects: [] });
  });

  it('replaces a file by one of another mode or content, and a folder by a file', async () => {
    const { read, replace } = memory();
    const { root } = await replace(EMPTY, 'd/f', FILE);
    const executable = await replace(root, 'd/f', { mode: '100755', oid: A });
    expect(executable.root).not.toBe(root);
    expect(await lookupPath(read, executable.root, ['d', 'f'])).toEqual({
      mode: '100755',
      name: 'f',
      oid: A,
    });
    const file = await replace(root, 'd', { mode: '100644', oid: B });
    expect(await lookupPath(read, file.root, ['d'])).toEqual({ mode: '100644', name: 'd', oid: B });
    expect(await lookupPath(read, file.root, ['d', 'f'])).toBeUndefined();
  });

  it('does not turn a file into a folder', async () => {
    const { replace } = memory();
    const { root } = await replace(EMPTY, 'd', FILE);
    await expect(replace(root, 'd/f', FILE)).rejects.toBeInstanceOf(Failure);
  });

  it('writes the empty tree when the last file goes', async () => {
    const { replace } = memory();
    const { root } = await replace(EMPTY, 'd/f', FILE);
    const edit = await replace(root, 'd/f', undefined);
    expect(edit).toEqual({ root: EMPTY, objects: [{ kind: 'tree', bytes: Buffer.alloc(0) }] });
  });

  it('holds after any edits what was put last at each path', async () => {
    const path = fc.constantFrom('a', 'b/c', 'b/d', 'b/e/f', 'b/e/g', 'h/i/j');
    const edit = fc.tuple(path, fc.option(fc.constantFrom(A, B), { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 20 }), async (edits) => {
        const { read, replace } = memory();
        const held = new Map<string, Oid>();
        let root = EMPTY;
        for (const [at, oid] of edits) {
          root = (await replace(root, at, oid && { mode: '100644', oid })).root;
          if (oid === undefined) held.delete(at);
          else held.set(at, oid);
        }
        for (const at of ['a', 'b/c', 'b/d', 'b/e/f', 'b/e/g', 'h/i/j']) {
          expect((await lookupPath(read, root, at.split('/')))?.oid).toBe(held.get(at));
        }
        if (held.size === 0) expect(root).toBe(EMPTY);
      }),
    );
  });
});
