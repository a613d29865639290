import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NewObject, Oid } from '../../../src/git/object.ts';
import type { Healthy, Share } from './healthy.ts';
import { findingsIn, flipped, type Spoils } from './spoiled.ts';

const EMPTY: NewObject = { kind: 'blob', bytes: Buffer.alloc(0) };
const within = (object: NewObject) => fc.nat({ max: object.bytes.length * 8 - 1 });

/** No bit of what the trail rests on can change unseen. */
export function flipBits(healthy: Share): void {
  const found = (spoils: Omit<Spoils, 'commonDir'>) =>
    findingsIn(healthy(), { ...spoils, commonDir: healthy().store.layout.commonDir });
  const objectOf = (oid: Oid): NewObject => healthy().objects.get(oid) ?? EMPTY;

  test('one flipped bit of any object that the trail rests on is found', async () => {
    // Of each commit that the ledger has, of each tag, and of commits, trees and files that those name.
    expect(healthy().trail.size).toBeGreaterThan(80);
    for (const [oid, what] of healthy().trail) {
      const object = objectOf(oid);
      await fc.assert(
        fc.asyncProperty(within(object), async (bit) => {
          expect(await found({ objects: new Map([[oid, flipped(object, bit)]]) }), what).not.toEqual([]);
        }),
        { numRuns: 1 },
      );
    }
  });

  test('one flipped bit is no worse than that the object is gone, which is found too', async () => {
    const some = fc.constantFrom(...healthy().trail.keys());
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(some, { minLength: 1, maxLength: 3 }), async (gone) => {
        expect(await found({ objects: new Map(gone.map((oid) => [oid, undefined])) })).not.toEqual([]);
      }),
      { numRuns: 10 },
    );
  });

  test('one flipped bit is found even where its maker had it hash to the same id, in whatever a signature speaks for', async () => {
    for (const [oid, what] of healthy().trail) {
      const object = objectOf(oid);
      if (object.kind === 'tree') continue;
      await fc.assert(
        fc.asyncProperty(within(object), async (bit) => {
          const objects = new Map([[oid, flipped(object, bit)]]);
          expect(await found({ objects, collides: true }), what).not.toEqual([]);
        }),
        { numRuns: 2 },
      );
    }
  });

  test('one flipped bit of a tree with such a hash is found where it leads to another file, or to none', async () => {
    for (const [oid, what] of healthy().trail) {
      const object = objectOf(oid);
      const entries = entriesOnTheWay(healthy(), oid);
      if (entries.length === 0) continue;
      const bit = fc
        .constantFrom(...entries)
        .chain(([start, end]) => fc.integer({ min: start * 8, max: end * 8 - 1 }));
      await fc.assert(
        fc.asyncProperty(bit, async (at) => {
          const objects = new Map([[oid, flipped(object, at)]]);
          expect(await found({ objects, collides: true }), what).not.toEqual([]);
        }),
        { numRuns: 2 },
      );
    }
  });

  test('one flipped bit of the notes is harmless: what they say is worked out from the events, and they are not read', async () => {
    expect(healthy().notes.length).toBeGreaterThan(40);
    const some = fc.constantFrom(...healthy().notes).map((oid) => [oid, objectOf(oid)] as const);
    const spoilt = some.chain(([oid, object]) =>
      within(object).map((bit) => [oid, flipped(object, bit)] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt, { minLength: 1 }), async (notes) => {
        expect(await found({ objects: new Map(notes) })).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
}

/** Where the entries of a tree are that lead to a file. Each ends in a NUL and twenty bytes of an id. */
function entriesOnTheWay(healthy: Healthy, tree: Oid): readonly (readonly [start: number, end: number])[] {
  const entries: [number, number][] = [];
  const ways = healthy.ways.get(tree) ?? new Set();
  const body = Buffer.from(healthy.objects.get(tree)?.bytes ?? []);
  for (let start = 0; ways.size > 0 && start < body.length; ) {
    const end = body.indexOf(0, start) + 21;
    if (ways.has(body.toString('hex', end - 20, end) as Oid)) entries.push([start, end]);
    start = end;
  }
  return entries;
}
