import { readFile, rm } from 'node:fs/promises';
import { LEDGER } from '../../helpers/forge.ts';
import {
  type Hospital,
  INTAKE,
  POLICY_FILE,
  policyOf,
  promptText,
  setPolicy,
} from '../../helpers/hospital.ts';
import { ADAPTERS } from '../../helpers/team.ts';
import type { Attack } from '../attack.ts';
import { packAll, swapInIndex } from '../packs.ts';
import { bodyOf, keep, looseFile, overwrite, putInPlace } from '../workbench.ts';

/**
 * Events 10 to 12, the first and last of them on a branch that nobody protects: Dan's clinical-intake v3, Carol's approval of
 * discharge v1, and Ada's policy v3. Nothing else rests on their objects.
 */
export async function addObjects(h: Hospital): Promise<void> {
  const { team, ada, dan, carol } = h;
  await team.git('switch', '-q', '-c', 'work');
  await team.write(INTAKE, promptText('clinical-intake', 'Ask about medicines.'));
  await team.ok(dan, ['commit', 'clinical-intake', '-m', 'Medicines']);
  await team.ok(carol, ['approve', 'discharge@1', '-e', 'production', '-m', 'Read it too']);
  await setPolicy(h, policyOf(h, { rules: [] }), ada);
  await team.ok(undefined, ['verify']);
}

/** Each kind of object that the trail rests on, how git names it, and at which event it is missed. */
const OBJECTS = [
  ['a ledger commit', LEDGER, 12],
  ["a version's commit", `${LEDGER}~2^2`, 10],
  ["the tree of a version's commit", `${LEDGER}~2^2^{tree}`, 10],
  ['a tree on the way to a prompt', `${LEDGER}~2^2:prompts`, 10],
  ["a prompt's content", `${LEDGER}~2^2:${INTAKE}`, 10],
  ["an approval's tag", 'refs/tags/promptaudit/discharge/v1/approved/carol@acme.example', 11],
  ["a policy's commit", `${LEDGER}^2`, 12],
  ['the tree on the way to a policy', `${LEDGER}^2:.promptaudit`, 12],
  ["a policy's content", `${LEDGER}^2:${POLICY_FILE}`, 12],
] as const;

/** Another object of the same kind: what a reader that does not look would take for it. Commits keep their parents. */
async function decoyOf(h: Hospital, oid: string): Promise<string> {
  const kind = await h.team.git('cat-file', '-t', oid);
  if (kind === 'tree') return keep(h, `100644 other\0${'o'.repeat(20)}`, 'tree');
  return keep(h, `${await bodyOf(h, oid)}Not so.\n`, kind as 'commit' | 'tag' | 'blob');
}

type Harm = (h: Hospital, oid: string) => Promise<unknown>;

interface Way {
  readonly state: 'missing' | 'corrupt';
  readonly how: string;
  /** Indices of objects: a reader of packs does not care what it reads. */
  readonly on: readonly number[];
  readonly harm: Harm;
}

const ALL = OBJECTS.map((_, index) => index);

const WAYS: readonly Way[] = [
  { state: 'missing', how: 'deletes the file of', on: ALL, harm: (h, oid) => rm(looseFile(h, oid)) },
  { state: 'missing', how: 'packs everything but', on: [0, 4, 5], harm: packAll },
  {
    state: 'corrupt',
    how: "puts another object's file in the place of",
    on: ALL,
    harm: async (h, oid) => putInPlace(h, oid, await decoyOf(h, oid)),
  },
  {
    state: 'corrupt',
    how: 'lets the index of a pack name another object as',
    on: [0, 1, 3, 4, 5],
    harm: async (h, oid) => {
      const decoy = await decoyOf(h, oid);
      await packAll(h);
      await swapInIndex(h, oid, decoy);
    },
  },
];

const ON_EACH: readonly Attack[] = WAYS.flatMap(({ state, how, on, harm }) =>
  OBJECTS.filter((_, index) => on.includes(index)).map(([what, rev, sequence], index): Attack => {
    const ledger = what === 'a ledger commit';
    return {
      code: `object/${state}`,
      by: 'outsider',
      title: `${how} ${what}`,
      carryOut: async (h, accuse) => {
        const oid = await h.team.git('rev-parse', rev);
        accuse(oid);
        await harm(h, oid);
      },
      // where the ledger cannot be followed, nobody knows the event's number
      expected: [ledger ? `object/${state}` : `object/${state}@${sequence}`],
      // each adapter meets each way of harm
      through: ledger ? ADAPTERS : [ADAPTERS[index % 2] ?? 'native'],
    };
  }),
);

const DAMAGE: readonly Attack[] = (
  [
    ['empties the file of', () => Buffer.alloc(0)],
    ['writes text over the file of', () => Buffer.from('blob 3\0abc')],
    ['cuts off the file of', (bytes: Buffer) => bytes.subarray(0, bytes.length - 20)],
  ] as const
).map(([how, damage]) => ({
  code: 'object/corrupt',
  by: 'outsider',
  title: `${how} a prompt's content`,
  carryOut: async (h, accuse) => {
    const oid = await h.team.git('rev-parse', `${LEDGER}~2^2:${INTAKE}`);
    accuse(oid);
    await overwrite(h, oid, damage(await readFile(looseFile(h, oid))));
  },
  expected: ['object/corrupt@10'],
  through: ADAPTERS,
}));

export const OBJECT_ATTACKS: readonly Attack[] = [
  ...ON_EACH,
  ...DAMAGE,
  {
    code: 'object/missing',
    by: 'outsider',
    title: 'deletes the file of a ledger commit that others stand upon',
    carryOut: async (h, accuse) => {
      const oid = await h.team.git('rev-parse', `${LEDGER}~1`);
      accuse(oid);
      await rm(looseFile(h, oid));
    },
    expected: ['object/missing'],
    through: ADAPTERS,
  },
  {
    code: 'object/corrupt',
    by: 'outsider',
    title: 'puts another file in the place of a ledger commit that others stand upon',
    carryOut: async (h, accuse) => {
      const oid = await h.team.git('rev-parse', `${LEDGER}~1`);
      accuse(oid);
      await putInPlace(h, oid, await decoyOf(h, oid));
    },
    expected: ['object/corrupt'],
    through: ADAPTERS,
  },
  {
    code: 'object/corrupt',
    by: 'outsider',
    title: 'puts a tree where the commit of a version was',
    carryOut: async (h, accuse) => {
      const oid = await h.team.git('rev-parse', `${LEDGER}~2^2`);
      accuse(oid);
      await putInPlace(h, oid, await h.team.git('rev-parse', `${oid}^{tree}`));
    },
    expected: ['object/corrupt@10'],
    through: ADAPTERS,
  },
];
