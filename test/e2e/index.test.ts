import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOf, findingsOf, foundHospital, type Hospital } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tell } from '../helpers/story.ts';
import { ADAPTERS } from '../helpers/team.ts';

const QUESTIONS = [
  ['log', '--format', 'json'],
  ['log', 'clinical-intake@2', '--format', 'json'],
  ['log', '-n', '2', '--format', 'csv'],
  ['--json', 'list'],
  ['--json', 'status'],
  ['--json', 'active', '--at', '2026-01-05T09:11:00Z'],
  ['--json', 'show', 'clinical-intake@2'],
  ['--json', 'blame', 'discharge'],
  ['--json', 'policy', 'show', '1'],
  ['--json', 'policy', 'show'],
];

/** Of these, those that between them read every file. */
const FEW = [0, 3, 6];

/** What this clone verified before is kept in an index, which is a cache: whatever becomes of it, answers are the same. */
describe.each(ADAPTERS)('the index, by the %s adapter', (adapter) => {
  let sandbox: Sandbox;
  let base: Hospital;
  let answers: readonly string[];
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundHospital(sandbox, adapter);
    await tell(base);
    answers = await ask(base);
  });
  afterAll(() => sandbox.remove());

  const ask = async ({ team }: Hospital): Promise<readonly string[]> => {
    const said: string[] = [];
    for (const question of QUESTIONS) said.push(await team.ok(undefined, question));
    return said;
  };
  const start = async () => {
    h = await copyOf(base);
    return join(h.team.repo, '.git/promptaudit/index');
  };
  /** The folder of the rows. */
  const rowsOf = async (index: string) => {
    const [rows = ''] = (await readdir(index)).filter((name) => name.startsWith('rows-'));
    return join(index, rows);
  };
  const filesOf = async (index: string) => {
    const entries = await readdir(index, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };
  /** The index as it was, with the rows of the same names. */
  const restore = async (index: string) => {
    await rm(index, { recursive: true });
    await copy(join(base.team.repo, '.git/promptaudit/index'), index);
  };
  const copy = (from: string, to: string) => sandbox.ok('cp', ['-a', from, to]);
  /** Which files are spoilt together: the same code reads them for both adapters, so the slower one takes all at once. */
  const spoilt = async (index: string) => {
    const files = await filesOf(index);
    return adapter === 'embedded' ? files.map((file) => [file]) : [files];
  };
  const flip = async (file: string, share: number) => {
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length * share);
    await writeFile(
      file,
      bytes.map((byte, place) => (place === at ? byte ^ 0x01 : byte)),
    );
  };
  const fewAsEver = async (what: string) => {
    for (const question of FEW) {
      const answer = await h.team.ok(undefined, QUESTIONS[question] ?? []);
      expect([what, answer]).toEqual([what, answers[question]]);
    }
  };
  const sameAsEver = async () => {
    expect(await ask(h)).toEqual(answers);
    await h.team.ok(h.dee, ['deploy', 'discharge@2', '-e', 'staging']);
    expect(await h.team.ok(undefined, ['log', '-n', '1'])).toContain('deployed discharge v2 to staging');
    expect(await findingsOf(h)).toEqual([]);
  };

  test('holds what was verified, in files below the git directory', async () => {
    const index = await start();
    expect(await filesOf(index)).toHaveLength(4);
    expect(await h.team.git('status', '--porcelain')).toBe('');
  });

  test.each([
    ['all of it', (index: string) => rm(index, { recursive: true })],
    [
      'what it knows at once',
      async (index: string) => rm((await filesOf(index)).find((file) => file.includes('/core')) ?? ''),
    ],
    ['every row', async (index: string) => rm(await rowsOf(index), { recursive: true })],
    [
      "the prompts' rows",
      async (index: string) => rm(join(await rowsOf(index), 'prompts'), { recursive: true }),
    ],
  ])('deleted: %s', async (_, remove) => {
    await remove(await start());
    await sameAsEver();
  });

  test.each([
    ['empty', () => ''],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['cut by a byte', (bytes: Buffer) => bytes.subarray(0, -2)],
    ['noise', () => Buffer.from([0xff, 0x00, 0x0a, 0x7b])],
    [
      'JSON of another kind',
      () => '{"schema":"promptaudit/index@1","sequence":3,"policies":[],"prompts":[]}',
    ],
    ['the wrong way round', (bytes: Buffer) => bytes.toString().split('\n').reverse().join('\n')],
    ['twice over', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
  ])('each file %s', async (_, edit) => {
    const index = await start();
    for (const files of await spoilt(index)) {
      for (const file of files) await writeFile(file, edit(await readFile(file)));
      await fewAsEver(files.join());
      await restore(index);
    }
  });

  test('a flipped bit anywhere', async () => {
    const index = await start();
    for (const files of await spoilt(index)) {
      for (let part = 1; part <= 6; part += 1) {
        for (const file of files) await flip(file, part / 7);
        await fewAsEver(`${files.join()} at ${part}/7`);
        await restore(index);
      }
    }
  });

  test('of an earlier head is read on from', async () => {
    const index = await start();
    const earlier = join(await mkdtemp(join(sandbox.dir, 'index-')), 'earlier');
    await copy(index, earlier);
    await h.team.ok(h.bob, ['approve', 'discharge@2', '-m', 'Fine']);
    const now = await ask(h);
    await rm(index, { recursive: true });
    await copy(earlier, index);
    expect(await ask(h)).toEqual(now);
  });

  test('of another registry is not believed', async () => {
    const index = await start();
    const other = await foundHospital(sandbox, adapter);
    await rm(index, { recursive: true });
    await copy(join(other.team.repo, '.git/promptaudit/index'), index);
    await sameAsEver();
  });

  test('that cannot be written is done without', async () => {
    const index = await start();
    await rm(index, { recursive: true });
    await writeFile(index, 'a file where the folder should be');
    await sameAsEver();
    expect(await readFile(index, 'utf8')).toBe('a file where the folder should be');
  });

  test('that is read-only is read and left alone', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere');
    const index = await start();
    await sandbox.ok('chmod', ['-R', 'a-w', index]);
    await sameAsEver();
    await sandbox.ok('chmod', ['-R', 'u+w', index]);
  });
});
