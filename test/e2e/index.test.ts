import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../src/git/embedded/store.ts';
import { parsePromptName } from '../../src/prompts/name.ts';
import { Trail } from '../../src/trail/trail.ts';
import { LEDGER } from '../helpers/forge.ts';
import { copyOf, findingsOf, foundHospital, type Hospital, INTAKE, promptText } from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { tell } from '../helpers/story.ts';
import { ADAPTERS, type Adapter } from '../helpers/team.ts';

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
const FEW = [0, 3, 6, 7, 8];

const AN_HOUR = 3600;

/** What this clone verified before is kept in an index, which is a cache: whatever becomes of it, answers are the same. */
describe('the index', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let answers: readonly string[];
  let h: Hospital;
  let index: string;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundHospital(sandbox, 'embedded');
    await tell(base);
    answers = await ask(base);
  });
  afterAll(() => sandbox.remove());

  const ask = async ({ team }: Hospital): Promise<readonly string[]> => {
    const said: string[] = [];
    for (const question of QUESTIONS) said.push(await team.ok(undefined, question));
    return said;
  };
  const start = async (adapter: Adapter = 'embedded') => {
    h = await copyOf(base, adapter);
    index = join(h.team.repo, '.git/promptaudit/index');
  };
  /** The folders of rows. */
  const generations = async () => (await readdir(index)).filter((name) => name.startsWith('rows-'));
  const filesOf = async (folder = index) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  };
  const fileOf = async (part: string) => {
    const [file = ''] = (await filesOf()).filter((path) => path.includes(part));
    return file;
  };
  const copy = (from: string, to: string) => sandbox.ok('cp', ['-a', from, to]);
  /** The index as it was, with the rows of the same names. */
  const restore = async () => {
    await rm(index, { recursive: true });
    await copy(join(base.team.repo, '.git/promptaudit/index'), index);
  };
  const flip = async (file: string, share: number) => {
    const bytes = await readFile(file);
    const at = Math.floor(bytes.length * share);
    await writeFile(
      file,
      bytes.map((byte, place) => (place === at ? byte ^ 0x01 : byte)),
    );
  };
  const fewAsEver = async (what = '') => {
    for (const question of FEW) {
      const answer = await h.team.ok(undefined, QUESTIONS[question] ?? []);
      expect([what, answer]).toEqual([what, answers[question]]);
    }
  };
  const deploys = async () => {
    await h.team.ok(h.dee, ['deploy', 'discharge@2', '-e', 'staging']);
    expect(await h.team.ok(undefined, ['log', '-n', '1'])).toContain('deployed discharge v2 to staging');
  };
  const sameAsEver = async () => {
    expect(await ask(h)).toEqual(answers);
    await deploys();
    expect(await findingsOf(h)).toEqual([]);
  };

  test('holds what was verified, in files below the git directory, and is gone on with', async () => {
    await start();
    const files = (await filesOf()).map((file) => file.slice(index.length)).sort();
    const [rows = ''] = await generations();
    expect(files).toEqual([
      '/core',
      `/${rows}/events`,
      expect.stringMatching(/pages\/[0-9a-f]{32}$/),
      expect.stringMatching(/pages\/[0-9a-f]{32}$/),
      `/${rows}/policies`,
      expect.stringMatching(/summaries-\d+$/),
    ]);
    expect(await h.team.git('status', '--porcelain')).toBe('');
    await sameAsEver();
    expect(await generations()).toEqual([rows]);
  });

  test.each(ADAPTERS)(
    'made before an approval’s tag came, as where tags are fetched last, %s',
    async (adapter) => {
      await start(adapter);
      const { team } = h;
      await rm(join(team.repo, '.git/promptaudit'), { recursive: true });
      const { stdout: listed } = await run(
        'git',
        ['for-each-ref', '--format=%(objectname)', 'refs/tags/promptaudit/'],
        {
          cwd: team.repo,
          env: team.sandbox.env,
        },
      );
      const aside = join(team.repo, '.git/aside');
      await mkdir(aside);
      for (const oid of listed.toString().trim().split('\n')) {
        await rename(join(team.repo, '.git/objects', oid.slice(0, 2), oid.slice(2)), join(aside, oid));
      }
      expect(await team.ok(undefined, QUESTIONS[3] ?? [])).not.toEqual(answers[3]);
      for (const oid of await readdir(aside)) {
        await rename(join(aside, oid), join(team.repo, '.git/objects', oid.slice(0, 2), oid.slice(2)));
      }
      await sameAsEver();
    },
  );

  test('made of genesis alone, for which only what comes behind it vouches', async () => {
    await start();
    const { team } = h;
    await rm(join(team.repo, '.git/promptaudit'), { recursive: true });
    const tip = await team.git('rev-parse', LEDGER);
    const genesis = await team.git('rev-list', '--first-parent', '--max-parents=0', LEDGER);
    await team.git('update-ref', LEDGER, genesis);
    expect((await team.cli(undefined, ['status'])).code).toBe(1);
    await team.git('update-ref', LEDGER, tip);
    await sameAsEver();
  });

  test.each(ADAPTERS)('deleted: all of it, %s', async (adapter) => {
    await start(adapter);
    await rm(index, { recursive: true });
    await sameAsEver();
  });

  test.each(['/core', '/events', '/policies', '/summaries-', '/pages'])('deleted: %s', async (part) => {
    await start();
    for (const file of await filesOf()) if (file.includes(part)) await rm(file);
    await fewAsEver();
    await deploys();
  });

  test.each([
    ['empty', () => ''],
    ['cut in half', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
    ['cut by a byte', (bytes: Buffer) => bytes.subarray(0, -2)],
    ['noise', () => Buffer.from([0xff, 0x00, 0x0a, 0x7b])],
    [
      'JSON of another kind',
      () => '{"schema":"promptaudit/index@7","sequence":3,"policies":[],"prompts":[]}',
    ],
    ['the wrong way round', (bytes: Buffer) => bytes.toString('latin1').split('\n').reverse().join('\n')],
    ['twice over', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
    ['zeroes', (bytes: Buffer) => Buffer.alloc(bytes.length)],
  ])('each file %s', async (_, edit) => {
    await start();
    for (const file of await filesOf()) {
      await writeFile(file, edit(await readFile(file)), 'latin1');
      await fewAsEver(file);
      await restore();
    }
  });

  test('a flipped bit anywhere', async () => {
    await start();
    for (const file of await filesOf()) {
      for (let part = 1; part <= 6; part += 2) {
        await flip(file, part / 7);
        await fewAsEver(`${file} at ${part}/7`);
        await restore();
      }
    }
  });

  test('of an older layout is built again', async () => {
    await start();
    const file = await fileOf('/core');
    const older = (await readFile(file, 'utf8'))
      .slice(9)
      .replace('promptaudit/index@7', 'promptaudit/index@1');
    await writeFile(file, `${crc32(older).toString(16).padStart(8, '0')} ${older}`);
    const before = await generations();
    await sameAsEver();
    expect(await readFile(file, 'utf8')).toContain('"promptaudit/index@7"');
    expect((await generations()).filter((name) => !before.includes(name))).toHaveLength(1);
  });

  test.each(ADAPTERS)('of an earlier head is read on from: %s', async (adapter) => {
    await start(adapter);
    const earlier = join(await mkdtemp(join(sandbox.dir, 'index-')), 'earlier');
    await copy(index, earlier);
    await h.team.ok(h.bob, ['approve', 'discharge@2', '-m', 'Fine']);
    const now = await ask(h);
    const rows = await generations();
    await rm(index, { recursive: true });
    await copy(earlier, index);
    expect(await ask(h)).toEqual(now);
    expect(await generations()).toEqual(rows);
  });

  test('is written by several at once, from different heads, without harm', async () => {
    await start();
    const store = await openEmbeddedStore({ cwd: h.team.repo, env: { HOME: sandbox.dir } });
    const [slow, slower] = [await Trail.open({ store }), await Trail.open({ store })];
    await h.team.ok(h.bob, ['approve', 'discharge@2', '-m', 'Fine']);
    await slow.refresh();
    await deploys();
    const now = await ask(h);
    const rows = await generations();
    // Both write anew what others have written since, and one puts the core back by an event.
    const core = await readFile(await fileOf('/core'));
    await slower.refresh();
    expect(await ask(h)).toEqual(now);
    await h.team.ok(h.dee, ['withdraw', 'discharge', '-e', 'staging']);
    await slow.refresh();
    await writeFile(await fileOf('/core'), core);
    await h.team.ok(h.dee, ['deploy', 'discharge@2', '-e', 'staging']);
    expect(slow.head.sequence).toBe(slower.head.sequence + 1);
    expect(await findingsOf(h)).toEqual([]);
    expect(await h.team.ok(undefined, ['log', '-n', '4'])).toContain('approved discharge v2');
    expect(await generations()).toEqual(rows);
    await store.close();
  });

  test('is not gone on from where reading on failed half-way', async () => {
    await start();
    const store = await openEmbeddedStore({ cwd: h.team.repo, env: { HOME: sandbox.dir } });
    let fails = false;
    const progress = (): void => {
      if (fails) throw new Error('the disk failed');
    };
    const trail = await Trail.open({ store, progress });
    const discharge = parsePromptName('discharge') ?? expect.fail();
    const before = (await trail.prompt(discharge))?.versions.at(-1)?.decisions.length ?? 0;
    await h.team.ok(h.bob, ['approve', 'discharge@2', '-m', 'Fine']);
    fails = true;
    await expect(trail.refresh()).rejects.toThrow('the disk failed');
    fails = false;
    await trail.refresh();
    expect((await trail.prompt(discharge))?.versions.at(-1)?.decisions).toHaveLength(before + 1);
    expect(trail.findings).toEqual([]);
    let next = trail.head.sequence;
    for await (const { sequence } of trail.events()) expect(sequence).toBe(next--);
    expect(next).toBe(0);
    await store.close();
    expect(await findingsOf(h)).toEqual([]);
  });

  test('is free of what a crash left behind', async () => {
    await start();
    await appendFile(await fileOf('/events'), '0a1b2c3d {"sequence":99,');
    await appendFile(await fileOf('/summaries-'), '0a1b2c3d discharge 9 {"na');
    await appendFile(await fileOf('/policies'), '0a1b2c3d 2 1 {"num');
    const left = [join(index, 'core.1.tmp'), join(index, 'rows-dead-1'), join(index, 'core.2.tmp')];
    await mkdir(left[1] ?? '');
    for (const path of [left[0], join(left[1] ?? '', 'events'), left[2]]) await writeFile(path ?? '', 'half');
    const before = Date.now() / 1000 - AN_HOUR;
    for (const path of [left[0], join(left[1] ?? '', 'events')]) await utimes(path ?? '', before, before);
    const rows = (await generations()).filter((name) => name !== 'rows-dead-1');
    await sameAsEver();
    expect((await readdir(index)).sort()).toEqual(['core', basename(left[2] ?? ''), ...rows]);
  });

  test('gathers summaries anew when most of them are of the past', async () => {
    await start();
    const file = await fileOf('/summaries-');
    const [line = ''] = (await readFile(file, 'utf8')).split('\n').filter((one) => one !== '');
    await appendFile(file, `${line}\n`.repeat(300));
    await h.team.write(INTAKE, promptText('clinical-intake', 'Ask about allergies last.'));
    await h.team.ok(h.alice, ['commit', 'clinical-intake', '-m', 'Another wording']);
    const gathered = await fileOf('/summaries-');
    expect(gathered).not.toBe(file);
    expect((await readFile(gathered, 'utf8')).split('\n').filter((one) => one !== '')).toHaveLength(2);
    const summarised = await h.team.ok(undefined, ['--json', 'list']);
    await rm(index, { recursive: true });
    expect(await h.team.ok(undefined, ['--json', 'list'])).toBe(summarised);
  });

  test('of another registry is not believed', async () => {
    await start();
    const other = await foundHospital(sandbox, 'embedded');
    await rm(index, { recursive: true });
    await copy(join(other.team.repo, '.git/promptaudit/index'), index);
    await sameAsEver();
  });

  test.each(ADAPTERS)('that cannot be written is done without: %s', async (adapter) => {
    await start(adapter);
    await rm(index, { recursive: true });
    await writeFile(index, 'a file where the folder should be');
    await sameAsEver();
    expect(await readFile(index, 'utf8')).toBe('a file where the folder should be');
  });

  test('whose core cannot be replaced is done without', async () => {
    await start();
    await rm(index, { recursive: true });
    await mkdir(join(index, 'core'), { recursive: true });
    await fewAsEver();
    await deploys();
  });

  test('that is read-only is read and left alone', async ({ skip }) => {
    if (process.getuid?.() === 0) skip('root may write everywhere');
    await start();
    await sandbox.ok('chmod', ['-R', 'a-w', index]);
    await sameAsEver();
    await sandbox.ok('chmod', ['-R', 'u+w', index]);
  });
});
