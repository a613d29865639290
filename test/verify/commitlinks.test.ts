import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { SeenHistory } from '../../src/trail/seenhistory.ts';
import { firstParentLine } from '../../src/verify/commitlinks.ts';

const TREE = 't'.repeat(40) as Oid;
const oidOf = (number: number) => String(number).padStart(40, '0') as Oid;

/** A line of commits, the newest of which has the greatest number; counts how often it is asked for. */
function lineOf(length: number) {
  let asked = 0;
  const store = {
    async *firstParents(tip: Oid, until?: Oid) {
      asked += 1;
      for (let at = Number(tip); at >= 0 && oidOf(at) !== until; at -= 1) yield oidOf(at);
    },
  };
  const add = (seen: SeenHistory, at: number) =>
    seen.addCommit(oidOf(at), { tree: TREE, parents: at === 0 ? [] : [oidOf(at - 1), oidOf(length)] });
  return { store, add, asked: () => asked };
}

async function listed(oids: AsyncIterable<Oid>): Promise<readonly Oid[]> {
  const all: Oid[] = [];
  for await (const oid of oids) all.push(oid);
  return all;
}

test('a line is the same, whatever of it was seen before', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: -1, max: 60 }),
      async (known, end) => {
        const { store, add } = lineOf(known.length);
        const seen = new SeenHistory('sha1');
        for (const [at, isKnown] of known.entries()) if (isKnown) add(seen, at);
        const tip = oidOf(known.length - 1);
        const until = oidOf(end === -1 ? 99 : end);
        expect(await listed(firstParentLine(store, seen, tip, until))).toEqual(
          await listed(store.firstParents(tip, until)),
        );
      },
    ),
  );
});

test('a line that was seen is not asked for, nor what lies between a few stretches of it', async () => {
  const { store, add, asked } = lineOf(100);
  const seen = new SeenHistory('sha1');
  for (let at = 0; at < 100; at += 1) if (at !== 30 && at !== 60) add(seen, at);
  expect(await listed(firstParentLine(store, seen, oidOf(99), oidOf(0)))).toHaveLength(99);
  expect(asked()).toBe(2);
});

test('a line of which every second commit was seen is not asked for every time', async () => {
  const { store, add, asked } = lineOf(100);
  const seen = new SeenHistory('sha1');
  for (let at = 0; at < 100; at += 2) add(seen, at);
  await listed(firstParentLine(store, seen, oidOf(99), oidOf(0)));
  expect(asked()).toBeLessThan(10);
});
