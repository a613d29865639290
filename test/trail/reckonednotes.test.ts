import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import type { Noted } from '../../src/ledger/notestree.ts';
import { ReckonedNotes } from '../../src/trail/reckonednotes.ts';
import { builtBin } from '../helpers/built.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

const [FIRST, SECOND] = ['7a', '77'].map((start) => start.padEnd(40, '0') as Oid) as [Oid, Oid];

const noted = (about: Oid, subject: string): Noted => ({
  about,
  message: `${subject}\n\nEvent: deployment\nPrevious: sha256:00\nKind: rollout\n`,
  time: 1_795_255_872,
  email: 'dave@acme.example',
});

/** What each of them puts into its note, by hand. */
const entry = (subject: string) =>
  `2026-11-21T10:11:12Z dave@acme.example\n${subject}\nEvent: deployment\nKind: rollout\n`;

const RUNS: readonly (readonly (Noted | undefined)[])[] = [
  [undefined, noted(FIRST, 'one'), undefined],
  [noted(SECOND, 'two')],
  [],
  [noted(FIRST, 'three'), undefined],
];

let box: Sandbox;
let built: { readonly ReckonedNotes: typeof ReckonedNotes };
let expected: readonly (readonly string[])[];

beforeAll(async () => {
  box = await createSandbox();
  await box.git(['init', '-q', '.']);
  // Threads load compiled modules only, as an installed package has them.
  built = await import(pathToFileURL(join(builtBin(), '../../dist/trail/reckonednotes.js')).href);
  const [empty, one, two, three] = [
    await treeByGit({}),
    await treeByGit({ [FIRST]: entry('one') }),
    await treeByGit({ [FIRST]: entry('one'), [SECOND]: entry('two') }),
    await treeByGit({ [FIRST]: `${entry('one')}\n${entry('three')}`, [SECOND]: entry('two') }),
  ];
  expected = [[empty, one, one], [two], [], [three, three]];
});
afterAll(() => box.remove());

/** Notes by commit, put together by git. */
async function treeByGit(notes: Readonly<Record<string, string>>): Promise<string> {
  const env = { GIT_INDEX_FILE: join(box.dir, 'notes-index') };
  await box.git(['read-tree', '--empty'], { env });
  for (const [commit, text] of Object.entries(notes)) {
    const blob = (await box.git(['hash-object', '-w', '--stdin'], { input: text })).trim();
    const path = `${commit.slice(0, 2)}/${commit.slice(2)}`;
    await box.git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], { env });
  }
  return (await box.git(['write-tree'], { env })).trim();
}

describe.each([
  ['on a thread', () => new built.ReckonedNotes('sha1', true)],
  ['without a thread', () => new built.ReckonedNotes('sha1', false)],
  // Uncompiled, a thread dies as it starts on the oldest node that is supported; newer ones run it.
  ['on a thread that may not start', () => new ReckonedNotes('sha1', true)],
])('the trees behind runs of events %s', (_, open) => {
  test('are those that git makes of the notes, in order, though no run waits for another', async () => {
    const notes = open();
    try {
      expect(await Promise.all(RUNS.map((run) => notes.treesAfter(run)))).toEqual(expected);
      expect(await notes.treesAfter([undefined])).toEqual([expected.at(-1)?.at(-1)]);
    } finally {
      await notes.close();
    }
  });
});

test('a thread that ends takes what it knew with it, which is said and not guessed', async () => {
  const notes = new built.ReckonedNotes('sha1', true);
  try {
    await notes.treesAfter([noted(FIRST, 'one')]);
    const broken = { ...noted(FIRST, 'two'), message: undefined as unknown as string };
    await expect(notes.treesAfter([broken])).rejects.toThrow(/ended on its own: run it again/);
    await expect(notes.treesAfter([undefined])).rejects.toThrow(/ended on its own: run it again/);
  } finally {
    await notes.close();
  }
});
