import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openNativeStore } from '../../src/git/native/store.ts';
import type { Oid } from '../../src/git/object.ts';
import type { GitStore } from '../../src/git/store.ts';
import { newLine } from '../../src/verify/newline.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

/** Commit `n` of a history has the first parent `PARENTS[n]`, an earlier one, or none; every third merges the one before it. */
const PARENTS = Array.from({ length: 60 }, (_, n) =>
  n === 0 || n === 40 ? undefined : n % 7 === 0 ? n >> 1 : n - 1,
);

let box: Sandbox;
let store: GitStore;
let oids: readonly Oid[];

beforeAll(async () => {
  box = await createSandbox();
  await box.git(['init', '-q', '--bare', '.']);
  const commits = PARENTS.map((parent, n) =>
    [
      `commit refs/heads/c${n}`,
      `mark :${n + 1}`,
      `committer A <a@acme.example> ${1_700_000_000 + n} +0000`,
      `data <<E\nc${n}\nE`,
      ...(parent === undefined ? [] : [`from :${parent + 1}`]),
      ...(parent !== undefined && n % 3 === 0 ? [`merge :${n}`] : []),
      '',
    ].join('\n'),
  );
  await box.git(['fast-import', '--quiet'], { input: commits.join('\n') });
  const refs = await box.git(['for-each-ref', '--format=%(objectname) %(refname:short)']);
  const byName = new Map(refs.split('\n').map((line) => line.split(' ').reverse() as [string, Oid]));
  oids = PARENTS.map((_, n) => byName.get(`c${n}`)!);
  store = await openNativeStore({ cwd: box.dir, env: box.env });
});
afterAll(async () => {
  await store.close();
  await box.remove();
});

/** From a commit along first parents, down to the root or to, and not including, `until`. */
function lineFrom(n: number | undefined, until: number): number[] {
  return n === undefined || n === until ? [] : [n, ...lineFrom(PARENTS[n], until)];
}

const commit = fc.nat({ max: PARENTS.length - 1 });

it('has the commits of a line that another line has not', async () => {
  await fc.assert(
    fc.asyncProperty(commit, commit, commit, async (tip, known, founding) => {
      const other = new Set(lineFrom(known, founding));
      const own = lineFrom(tip, founding);
      const { commits, end } = await newLine(store, oids[tip]!, [oids[known]!], oids[founding]!);
      const expected = own.filter((n) => !other.has(n));
      expect(commits).toEqual(expected.map((n) => oids[n]));
      const below = PARENTS[expected.at(-1) ?? -1];
      expect(end === undefined && expected.length > 0).toBe(expected.length > 0 && below === undefined);
      if (expected.length > 0 && below !== undefined) expect(end).toBe(oids[below]);
    }),
    { numRuns: 150 },
  );
});

it('ends on one of several lines, and never above all of them', async () => {
  await fc.assert(
    fc.asyncProperty(commit, fc.array(commit, { maxLength: 3 }), async (tip, known) => {
      const { commits, end } = await newLine(
        store,
        oids[tip]!,
        known.map((n) => oids[n]!),
        oids[0]!,
      );
      const others = new Set(known.flatMap((n) => lineFrom(n, 0)));
      const own = lineFrom(tip, 0);
      expect(commits).toEqual(own.slice(0, commits.length).map((n) => oids[n]));
      for (const n of own.filter((one) => !others.has(one))) expect(commits).toContain(oids[n]);
      const rest = own[commits.length];
      if (end !== undefined && rest !== undefined) expect(others.has(rest)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('goes on where what is known cannot be read', async () => {
  const unknown = '1'.repeat(40) as Oid;
  const { commits, end } = await newLine(store, oids[5]!, [unknown], oids[2]!);
  expect([commits, end]).toEqual([[oids[5], oids[4], oids[3]], oids[2]]);
});
