import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { hashObject, type NewObject, type Oid } from '../../src/git/object.ts';
import type { GitStore, ReadResult } from '../../src/git/store.ts';
import { encodeTree } from '../../src/git/tree.ts';
import { readFiles } from '../../src/trail/treefiles.ts';

/** A store of these objects, as far as files are read out of trees. */
function storeOf(...objects: readonly NewObject[]) {
  const held = new Map(objects.map((object) => [hashObject('sha1', object), object]));
  const readMany = async function* (oids: Iterable<Oid>): AsyncGenerator<ReadResult> {
    for (const oid of oids) {
      const object = held.get(oid);
      yield object === undefined
        ? { state: 'missing', oid }
        : { state: 'present', object: { oid, ...object } };
    }
  };
  return { readMany, layout: { objectFormat: 'sha1' } } as unknown as GitStore;
}

test("a name that is both a file's and a folder's hides no other, however many files are read at once", async () => {
  const blob: NewObject = { kind: 'blob', bytes: Buffer.from('Be kind.\n') };
  const id = hashObject('sha1', blob);
  const named = (name: string, mode = '100644') => encodeTree([{ mode, name, oid: id }], 'sha1');
  const bytes = Buffer.concat([named('a'), named('a', '40000'), named('b'), named('c'), named('d')]);
  const tree: NewObject = { kind: 'tree', bytes };
  const store = storeOf(blob, tree);
  const at = (path: string) => ({ tree: hashObject('sha1', tree), path });

  const paths = ['a', 'b', 'c', 'd'].map(at);
  const together = await readFiles(store, paths);
  const apart = await Promise.all(paths.map(async (path) => (await readFiles(store, [path]))[0]));
  expect(together.map(({ state }) => state)).toEqual(['absent', 'present', 'present', 'present']);
  expect(apart).toEqual(together);
});

test('a tree on the way to a file is let go before the next one is read: together they may be larger than any memory', async () => {
  const blob: NewObject = { kind: 'blob', bytes: Buffer.from('Be kind.\n') };
  const oid = hashObject('sha1', blob);
  const trees = Array.from({ length: 20 }, (_, index): NewObject => {
    const names = ['a', `b${index}`];
    const bytes = encodeTree(
      names.map((name) => ({ mode: '100644', name, oid })),
      'sha1',
    );
    return { kind: 'tree', bytes };
  });
  const store = storeOf(blob, ...trees);
  const read: WeakRef<Uint8Array>[] = [];
  let most = 0;
  const weighed = {
    ...store,
    readMany: async function* (oids: Iterable<Oid>): AsyncGenerator<ReadResult> {
      for await (const result of store.readMany(oids)) {
        await setImmediate();
        globalThis.gc?.();
        most = Math.max(most, read.filter((one) => one.deref() !== undefined).length);
        if (result.state !== 'present') continue;
        const bytes = Buffer.from(new Uint8Array(result.object.bytes).buffer);
        read.push(new WeakRef(bytes));
        yield { ...result, object: { ...result.object, bytes } };
      }
    },
  };
  const files = await readFiles(
    weighed,
    trees.map((tree) => ({ tree: hashObject('sha1', tree), path: 'a' })),
  );
  expect(files.every(({ state }) => state === 'present')).toBe(true);
  // The last one at a place is what the next one there is compared with.
  expect(most).toBeLessThanOrEqual(3);
});

test('of a file that is longer than asked for, no more than tells so is kept, and the digest of all of it', async () => {
  const blob: NewObject = { kind: 'blob', bytes: Buffer.from('Be kind.\n') };
  const entry = { mode: '100644', name: 'a', oid: hashObject('sha1', blob) };
  const tree: NewObject = { kind: 'tree', bytes: encodeTree([entry], 'sha1') };
  const wanted = [{ tree: hashObject('sha1', tree), path: 'a' }];
  const [whole] = await readFiles(storeOf(blob, tree), wanted, 9);
  const [cut] = await readFiles(storeOf(blob, tree), wanted, 4);
  expect(cut).toEqual({ ...whole, bytes: Buffer.from('Be ki') });
});
