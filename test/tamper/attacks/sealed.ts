import {
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openEngine } from '../../../src/calls/engine/duckdb.ts';
import { digestFile } from '../../../src/calls/seal/filedigest.ts';
import type { SegmentName } from '../../../src/ledger/segment.ts';
import { callsOf, seal, sealingOf } from '../../helpers/callsevents.ts';
import { LEDGER } from '../../helpers/forge.ts';
import { type Hospital, policyOf, setPolicy } from '../../helpers/hospital.ts';
import type { Attack } from '../attack.ts';
import { ledgerOf } from '../workbench.ts';

/** The id of a record of the scene: calls are 1 to 8. */
const id = (number: number): string => `018cc251-f400-7000-8000-00000000000${number}`;

/** Of calls 1, 2 and 4 it is kept what was said. */
const said = (number: number): unknown =>
  [1, 2, 4].includes(number)
    ? [{ role: 'user', parts: [{ type: 'text', content: `Knee number ${number} hurts` }] }]
    : undefined;

const call = (number: number): string =>
  `${JSON.stringify({
    'gen_ai.input.messages': said(number),
    id: id(number),
    occurredAt: `2024-01-01T00:0${number}:00.000Z`,
    'gen_ai.request.model': 'gpt-5',
    'gen_ai.usage.input_tokens': 100 + number,
    'user.id': `u${number % 3}`,
  })}\n`;

const access = JSON.stringify({
  kind: 'access',
  occurredAt: '2024-01-01T00:00:00.000Z',
  'promptaudit.access.action': 'show',
  'promptaudit.access.actor': 'carol@acme.example',
  'promptaudit.access.outcome': 'denied',
});

/**
 * Behind the nine events of the scene: 10, a policy by which Dan records and calls are kept for 183 days; 11 and 12, the seals
 * of one access and of calls 1 to 5; 13, that of calls 6 to 8. The files are in the repository's own store.
 */
export async function sealRecords(h: Hospital): Promise<void> {
  const { team, dan } = h;
  const policy = policyOf(h, { retention: { calls: '183d' } });
  policy.principals[dan.email] = { name: dan.name, roles: ['author', 'recorder'], keys: [dan.publicKey] };
  await setPolicy(h, policy);
  const record = ['calls', 'record', '--recorder', 'api', '--content'];
  await team.ok(undefined, record, { stdin: [1, 2, 3, 4, 5].map(call).join('') + access });
  await team.ok(dan, ['calls', 'seal']);
  await team.ok(undefined, record, { stdin: [6, 7, 8].map(call).join('') });
  await team.ok(dan, ['calls', 'seal']);
  await team.ok(undefined, ['verify']);
}

export const storeOf = ({ team }: Hospital): string => join(team.repo, '.promptaudit/calls');

/** The file of the segment that an event sealed. */
export async function fileOf(h: Hospital, sequence: 11 | 12 | 13): Promise<string> {
  const found = (await callsOf(h.team)).seals.find((one) => one.sequence === sequence);
  const names = await readdir(storeOf(h), { recursive: true });
  const name = names.find((one) => basename(one) === `${found?.segment}.parquet`);
  if (name === undefined) throw new Error(`event ${sequence} sealed nothing that is there`);
  return join(storeOf(h), name);
}

/** What was said in the calls of event 12's segment. */
async function contentOf(h: Hospital): Promise<string> {
  const name = basename(await fileOf(h, 12), '.parquet');
  const found = (await readdir(storeOf(h), { recursive: true })).find(
    (one) => basename(one) === `${name}.content`,
  );
  if (found === undefined) throw new Error('nothing of what was said was kept');
  return join(storeOf(h), found);
}

/** Has an ordinary engine write the file anew, from what a query makes of it. */
async function remake(h: Hospital, query: string, file: string, target = file): Promise<void> {
  const engine = await openEngine(join(h.team.sandbox.dir, 'scratch'));
  try {
    const from = `read_parquet('${file}', hive_partitioning = false)`;
    await engine.connection.run(
      `COPY (${query.replaceAll('FILE', from)}) TO '${file}.new' (FORMAT parquet, COMPRESSION zstd, WRITE_BLOOM_FILTER false)`,
    );
  } finally {
    engine.close();
  }
  await rename(`${file}.new`, target);
}

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  const place = at < 0 ? bytes.length + at : at;
  bytes[place] = (bytes[place] ?? 0) ^ 0x01;
  await writeFile(file, bytes);
}

/** So many findings that name no record. */
const times = (count: number, sequence = 12): readonly string[] =>
  Array.from({ length: count }, () => `calls/record@${sequence}`);

/** One that names this record. */
const of = (number: number, sequence = 12): string => `calls/record@${sequence} ${id(number)}`;

const remade = (title: string, query: string, deep: readonly string[]): Attack => ({
  code: 'calls/altered',
  by: 'outsider',
  title,
  carryOut: async (h) => remake(h, query, await fileOf(h, 12)),
  expected: ['calls/altered@12'],
  deep: ['calls/altered@12', ...deep],
});

/** SQL that gives one record another number of tokens where it says it. */
const MORE = `replace(record, '"gen_ai.usage.input_tokens":103', '"gen_ai.usage.input_tokens":3')`;

/** Of a scene in which records are sealed. */
export const SEALED_ATTACKS: readonly Attack[] = [
  {
    code: 'calls/missing',
    by: 'outsider',
    title: 'takes a sealed file away',
    carryOut: async (h) => rm(await fileOf(h, 12)),
    expected: ['calls/missing@12'],
    deep: ['calls/missing@12'],
  },
  {
    code: 'calls/missing',
    by: 'outsider',
    title: 'takes a day’s folder away',
    carryOut: async (h) => rm(dirname(await fileOf(h, 12)), { recursive: true }),
    expected: ['calls/missing@11', 'calls/missing@12', 'calls/missing@13'],
    deep: ['calls/missing@11', 'calls/missing@12', 'calls/missing@13'],
  },
  {
    code: 'calls/missing',
    by: 'outsider',
    title: 'puts a folder, a pipe and a link where sealed files were',
    carryOut: async (h) => {
      const [one, two, three] = [await fileOf(h, 11), await fileOf(h, 12), await fileOf(h, 13)];
      await rename(three, join(h.team.repo, 'elsewhere'));
      await symlink(join(h.team.repo, 'elsewhere'), three);
      await Promise.all([rm(one), rm(two)]);
      await mkdir(one);
      await h.team.sandbox.ok('mkfifo', [two]);
    },
    expected: [
      'calls/missing@11',
      'calls/missing@12',
      'calls/missing@13',
      ...Array(3).fill('calls/unsealed'),
    ],
    deep: ['calls/missing@11', 'calls/missing@12', 'calls/missing@13', ...Array(3).fill('calls/unsealed')],
  },
  {
    code: 'calls/missing',
    by: 'outsider',
    title: 'moves a sealed file to another day',
    carryOut: async (h) => {
      const file = await fileOf(h, 12);
      const other = join(storeOf(h), 'date=2020-01-01');
      await mkdir(other);
      await rename(file, join(other, basename(file)));
    },
    expected: ['calls/missing@12', 'calls/unsealed'],
    deep: ['calls/missing@12', 'calls/unsealed'],
  },
  {
    code: 'calls/missing',
    by: 'insider',
    title: 'seals what nobody has',
    carryOut: ({ team, dan }) => seal(team, dan, sealingOf('a-calls-1')),
    expected: ['calls/missing@14'],
    deep: ['calls/missing@14'],
  },
  {
    code: 'calls/altered',
    by: 'outsider',
    title: 'flips a bit of a sealed file’s last byte',
    carryOut: async (h) => flip(await fileOf(h, 12), -1),
    expected: ['calls/altered@12'],
    deep: ['calls/altered@12', 'calls/record@12'],
  },
  {
    code: 'calls/altered',
    by: 'outsider',
    title: 'cuts the end off a sealed file',
    carryOut: async (h) => truncate(await fileOf(h, 12), 1000),
    expected: ['calls/altered@12'],
    deep: ['calls/altered@12', 'calls/record@12'],
  },
  {
    code: 'calls/altered',
    by: 'outsider',
    title: 'empties a sealed file',
    carryOut: async (h) => truncate(await fileOf(h, 12), 0),
    expected: ['calls/altered@12'],
    deep: ['calls/altered@12', 'calls/record@12'],
  },
  {
    code: 'calls/altered',
    by: 'outsider',
    title: 'swaps two sealed files',
    carryOut: async (h) => {
      const [one, two] = [await fileOf(h, 12), await fileOf(h, 13)];
      await rename(one, `${one}.swap`);
      await rename(two, one);
      await rename(`${one}.swap`, two);
    },
    expected: ['calls/altered@12', 'calls/altered@13'],
    // Of each: the number of its records, their time, and their root; what is there, and what is not.
    deep: [
      ...['calls/altered@12', ...times(3 + 5), of(6), of(7), of(8)],
      ...['calls/altered@13', ...times(3 + 3, 13), ...[1, 2, 3, 4, 5].map((number) => of(number, 13))],
    ],
  },
  remade('writes a sealed file anew, with all as it was', 'SELECT * FROM FILE', []),
  remade(
    'alters a record, and its column with it',
    `SELECT * REPLACE (${MORE} AS record, if(gen_ai_usage_input_tokens = 103, 3, gen_ai_usage_input_tokens) AS gen_ai_usage_input_tokens) FROM FILE`,
    [...times(2), of(3)],
  ),
  remade('alters a record, and not its column', `SELECT * REPLACE (${MORE} AS record) FROM FILE`, [
    ...times(2),
    of(3),
    of(3),
  ]),
  remade(
    'alters columns, and not their records',
    `SELECT * REPLACE (if(id = '${id(2)}', 'nobody', user_id) AS user_id, if(id = '${id(4)}', 0, gen_ai_usage_input_tokens) AS gen_ai_usage_input_tokens) FROM FILE`,
    [of(2), of(4)],
  ),
  // One record less, and another root.
  remade('drops a record', `SELECT * FROM FILE WHERE id <> '${id(3)}'`, times(3)),
  remade(
    'drops the first record, and with it where the time begins',
    `SELECT * FROM FILE WHERE id <> '${id(1)}'`,
    times(4),
  ),
  remade('puts records in another order', 'SELECT * FROM FILE ORDER BY id DESC', times(2)),
  remade(
    'puts a record in place of another',
    `SELECT * FROM FILE WHERE id <> '${id(3)}' UNION ALL SELECT * FROM FILE WHERE id = '${id(2)}'`,
    [...times(2), of(2), of(2)],
  ),
  remade(
    'adds a record',
    `SELECT * FROM FILE UNION ALL SELECT * REPLACE (replace(record, '${id(3)}', '${id(9)}') AS record, '${id(9)}' AS id) FROM FILE WHERE id = '${id(3)}'`,
    [...times(2), of(9)],
  ),
  remade(
    'takes a column away, and adds one of their own',
    'SELECT * EXCLUDE (user_id), 1 AS mine FROM FILE',
    ['calls/record@12', 'calls/record@12'],
  ),
  remade(
    'puts what is no record in its place',
    `SELECT * REPLACE (if(id = '${id(3)}', 'mine', record) AS record) FROM FILE`,
    // The root, the row, the record that was there, and seven columns for which no record speaks any more.
    times(10),
  ),
  {
    code: 'calls/record',
    by: 'insider',
    title: 'seals columns that say something else than their records',
    carryOut: async (h) => {
      const { team, dan } = h;
      const { seals } = await callsOf(team);
      const old = seals.find(({ sequence }) => sequence === 13);
      if (old === undefined) throw new Error('nothing was sealed');
      const file = await fileOf(h, 13);
      const segment = old.segment.replace(/.{6}$/, '000000') as SegmentName;
      const target = file.replace(old.segment, segment);
      await remake(h, `SELECT * REPLACE ('nobody' AS user_id) FROM FILE`, file, target);
      const { records, first, last, merkleRoot } = old;
      await seal(team, dan, { segment, records, first, last, merkleRoot, ...(await digestFile(target)) });
    },
    expected: [],
    deep: [of(6, 14), of(7, 14), of(8, 14)],
  },
  {
    code: 'calls/unsealed',
    by: 'outsider',
    title: 'puts a segment that nobody sealed beside the others',
    carryOut: async (h) => {
      const file = await fileOf(h, 12);
      await copyFile(file, file.replace(/[0-9a-f]{6}\.parquet$/, '000000.parquet'));
    },
    expected: ['calls/unsealed'],
    deep: ['calls/unsealed'],
  },
  {
    code: 'calls/unsealed',
    by: 'outsider',
    title: 'leaves files about that are no segments',
    carryOut: async (h) => {
      const file = await fileOf(h, 12);
      await copyFile(file, join(dirname(file), 'more.parquet'));
      await cp(dirname(file), join(storeOf(h), 'date=today'), { recursive: true });
    },
    expected: ['calls/unsealed', 'calls/unsealed'],
    deep: ['calls/unsealed', 'calls/unsealed'],
  },
  {
    code: 'calls/unsealed',
    by: 'outsider',
    title: 'drops a seal from the ledger of a clone that never saw it',
    carryOut: async (h) => {
      await h.team.git('update-ref', LEDGER, (await ledgerOf(h))[11] ?? '');
      await rm(join(h.team.repo, '.git/promptaudit'), { recursive: true, force: true });
    },
    expected: ['calls/unsealed'],
    deep: ['calls/unsealed'],
  },
  {
    code: 'calls/purged',
    by: 'outsider',
    title: 'keeps a copy of what was purged, and puts it back',
    carryOut: async (h) => {
      const { team, ada } = h;
      const file = await fileOf(h, 12);
      await copyFile(file, join(team.repo, 'copy'));
      await team.ok(ada, ['calls', 'purge', 'calls', '-m', 'Too old']);
      await mkdir(dirname(file), { recursive: true });
      await copyFile(join(team.repo, 'copy'), file);
    },
    expected: ['calls/purged@14'],
    deep: ['calls/purged@14'],
  },
  {
    code: 'calls/purged',
    by: 'outsider',
    title: 'puts back the lines of what was purged',
    carryOut: async (h) => {
      const { team, ada } = h;
      const name = basename(await fileOf(h, 12), '.parquet');
      await team.ok(ada, ['calls', 'purge', 'calls', '-m', 'Too old']);
      await writeFile(join(storeOf(h), 'open', `${name}.jsonl`), call(1));
    },
    expected: ['calls/purged@14'],
    deep: ['calls/purged@14'],
  },
  {
    code: 'calls/content',
    by: 'outsider',
    title: 'takes away what was said',
    carryOut: async (h) => rm(await contentOf(h)),
    expected: [],
    deep: [1, 2, 4].map((number) => `calls/content@12 ${id(number)}`),
  },
  {
    code: 'calls/content',
    by: 'outsider',
    title: 'puts other words in place of what was said',
    carryOut: async (h) => {
      const file = await contentOf(h);
      const bytes = await readFile(file, 'latin1');
      await writeFile(file, bytes.replace('Knee number 2', 'Head number 2'), 'latin1');
    },
    expected: [],
    deep: [`calls/content@12 ${id(2)}`],
  },
  {
    code: 'calls/erased',
    by: 'outsider',
    title: 'keeps a copy of what was erased, and puts it back',
    carryOut: async (h) => {
      const file = await contentOf(h);
      const bytes = await readFile(file);
      await h.team.ok(h.ada, ['calls', 'erase', '--id', id(2), '-m', 'Asked to']);
      await writeFile(file, bytes);
    },
    expected: ['calls/erased@14'],
    deep: ['calls/erased@14'],
  },
  {
    code: 'calls/certificate',
    by: 'outsider',
    title: 'takes away the certificate of an erasure',
    carryOut: async (h) => {
      await h.team.ok(h.ada, ['calls', 'erase', '--id', id(2), '-m', 'Asked to']);
      await rm(join(storeOf(h), 'certificates'), { recursive: true });
    },
    expected: ['calls/certificate@14'],
    // Without it nobody can say that this is what was erased.
    deep: ['calls/certificate@14', `calls/content@12 ${id(2)}`],
  },
  {
    code: 'calls/certificate',
    by: 'outsider',
    title: 'lets the certificate of a purge say something else',
    carryOut: async (h) => {
      await h.team.ok(h.ada, ['calls', 'purge', 'calls', '-m', 'Too old']);
      const folder = join(storeOf(h), 'certificates');
      for (const name of await readdir(folder)) {
        const text = await readFile(join(folder, name), 'utf8');
        await writeFile(join(folder, name), text.replace('Too old', 'Too odd'));
      }
    },
    expected: ['calls/certificate@14'],
    deep: ['calls/certificate@14'],
  },
];
