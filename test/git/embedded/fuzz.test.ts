import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/failure.ts';
import { DamagedObject } from '../../../src/git/embedded/damage.ts';
import { applyDelta } from '../../../src/git/embedded/delta.ts';
import { readLoose } from '../../../src/git/embedded/looseobjects.ts';
import { PackedRefs } from '../../../src/git/embedded/packedrefs.ts';
import { PackFile } from '../../../src/git/embedded/packfile.ts';
import { PackIndex } from '../../../src/git/embedded/packindex.ts';
import { hashObject, type Oid } from '../../../src/git/object.ts';
import { hostile } from '../../helpers/mutations.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';

let sandbox: Sandbox;
/** A pack made by git, of a few files that grew and so are deltas, and its index. */
let pack: Buffer;
let index: Buffer;
let oids: readonly Oid[];
beforeAll(async () => {
  sandbox = await createSandbox();
  const repo = join(sandbox.dir, 'repo');
  await sandbox.git(['init', '-q', repo]);
  let text = '';
  for (let line = 0; line < 6; line += 1) {
    text += `${line} and some more of it, so that a delta pays\n`.repeat(4);
    await sandbox.git(['-C', repo, 'hash-object', '-w', '--stdin'], { input: text });
  }
  const all = await sandbox.git([
    '-C',
    repo,
    'cat-file',
    '--batch-all-objects',
    '--batch-check=%(objectname)',
  ]);
  oids = all.trimEnd().split('\n') as Oid[];
  await sandbox.git(['-C', repo, 'pack-objects', '-q', join(sandbox.dir, 'some')], { input: all });
  const names = await readdir(sandbox.dir);
  const [made] = names.filter((name) => name.endsWith('.pack')).map((name) => join(sandbox.dir, name));
  pack = await readFile(made ?? '');
  index = await readFile(made?.replace(/pack$/, 'idx') ?? '');
});
afterAll(() => sandbox.remove());

/** What it answers, or that the bytes are damaged: nothing else may be thrown. */
function orDamaged<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedObject);
    return undefined;
  }
}

async function orDamagedLater<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    expect(error).toBeInstanceOf(DamagedObject);
    return undefined;
  }
}

describe('hostile bytes', () => {
  it('are a pack index that can be asked, or are damaged', () => {
    fc.assert(
      fc.property(hostile(index), (bytes) => {
        const found = orDamaged(() => new PackIndex(bytes));
        for (const oid of oids) {
          orDamaged(() => found?.find(Buffer.from(oid, 'hex')));
          orDamaged(() => [...(found?.withPrefix(oid.slice(0, 5)) ?? [])]);
        }
        orDamaged(() => found?.next(12));
      }),
      { numRuns: 3000 },
    );
  });

  it('are a pack from which objects are read, or are damaged', async () => {
    const file = join(sandbox.dir, 'hostile.pack');
    const sound = new PackIndex(index);
    let read = 0;
    await fc.assert(
      fc.asyncProperty(hostile(pack), async (bytes) => {
        await writeFile(file, bytes);
        const opened = new PackFile(file, sound);
        for (const oid of oids) {
          const offset = sound.find(Buffer.from(oid, 'hex')) ?? 0;
          const object = await orDamagedLater(() => opened.read(offset));
          if (object !== undefined && hashObject('sha1', object) === oid) read += 1;
        }
      }),
      { numRuns: 250 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('are a delta that can be applied, or are damaged', () => {
    const base = Buffer.from('the quick brown fox jumps over the lazy dog');
    // Sizes 43 and 12; copy 9 bytes from 4; insert "!?!".
    const delta = Buffer.from([43, 12, 0x91, 4, 9, 3, 0x21, 0x3f, 0x21]);
    expect(applyDelta(base, delta).toString()).toBe('quick bro!?!');
    fc.assert(
      fc.property(hostile(delta), (bytes) => {
        const made = orDamaged(() => applyDelta(base, bytes));
        expect(made === undefined || made.length <= 0x10000 * bytes.length).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });

  it('are a loose object, deflated or not, or are damaged', async () => {
    const oid = 'ab'.repeat(20) as Oid;
    const file = join(sandbox.dir, 'loose', oid.slice(0, 2), oid.slice(2));
    await mkdir(join(file, '..'), { recursive: true });
    const plain = Buffer.from('blob 11\0hello world');
    const words = ['blob ', 'tree 0\0', '99999999999999999999', '-1'];
    const deflated = fc.oneof(
      hostile(deflateSync(plain)),
      hostile(plain, words).map((bytes) => deflateSync(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(deflated, async (bytes) => {
        await writeFile(file, bytes);
        const object = await orDamagedLater(() => readLoose(join(sandbox.dir, 'loose'), oid));
        if (object !== undefined) expect(['blob', 'tree', 'commit', 'tag']).toContain(object.kind);
      }),
      { numRuns: 400 },
    );
  });

  it('are packed refs, each with an id, or a failure that names the file', async () => {
    const folder = join(sandbox.dir, 'refs');
    await mkdir(folder, { recursive: true });
    const id = 'ab'.repeat(20);
    const lines = `# pack-refs with: peeled fully-peeled sorted \n${id} refs/heads/main\n${id} refs/tags/v1\n^${id}\n`;
    await fc.assert(
      fc.asyncProperty(hostile(Buffer.from(lines), ['^', '#', id, ' refs/heads/']), async (bytes) => {
        await writeFile(join(folder, 'packed-refs'), bytes);
        try {
          for (const oid of (await new PackedRefs(folder).read()).values())
            expect(oid).toMatch(/^[0-9a-f]{40}$/);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
      { numRuns: 400 },
    );
  });
});
