import { cp, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { promptText } from '../helpers/clinic.ts';
import { startMany } from '../helpers/commandline.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { leftLying } from '../helpers/state.ts';
import { type Adapter, type Person, Team } from '../helpers/team.ts';

const WORKERS = 5;
const LEDGER = 'refs/notes/promptaudit';

interface Yard {
  readonly team: Team;
  readonly olga: Person;
  readonly prompts: readonly string[];
}

const fileOf = (prompt: string) => `prompts/${prompt}.prompt.yml`;

let box: Sandbox;
let ground: Yard;

beforeAll(async () => {
  box = await createSandbox();
  ground = await foundYard();
});
afterAll(() => box.remove());

/** A registry of a prompt for each worker, all at version 2. Its clock is an hour behind the machine's. */
async function foundYard(): Promise<Yard> {
  const team = new Team(box, 'native');
  team.everyday = 'embedded';
  team.clock = Math.floor(Date.now() / 1000) - 3600;
  const olga = await team.person('Olga');
  const prompts = Array.from({ length: WORKERS }, (_, index) => `prompt-${index + 1}`);
  await team.initRepository();
  for (const prompt of prompts) await team.write(fileOf(prompt), promptText(prompt, 'One'));
  await team.ok(olga, ['init', '--name', 'yard']);
  for (const prompt of prompts) await team.write(fileOf(prompt), promptText(prompt, 'Two'));
  await team.ok(olga, ['commit', '--all', '-m', 'Two']);
  return { team, olga, prompts };
}

/** The same in a folder of its own, for a test to work on. */
async function copyOf({ team, ...yard }: Yard): Promise<Yard> {
  const copy = new Team(box, 'native', join(await mkdtemp(join(box.dir, 'copy-')), 'repo'));
  copy.everyday = team.everyday;
  copy.clock = team.clock;
  await cp(team.repo, copy.repo, { recursive: true });
  return { ...yard, team: copy };
}

/** Runs commands in a process of their own; answers the sequences of the events that they wrote. */
async function written(
  yard: Yard,
  adapter: Adapter,
  commands: readonly (readonly string[])[],
): Promise<readonly number[]> {
  const asked = commands.map((args) => ['--json', ...args]);
  const { code, stdout, stderr } = await startMany(yard.team, adapter, yard.olga, asked);
  if (code !== 0) throw new Error(`the process exited with ${code}\n${stderr}`);
  return Array.from(stdout.toString().matchAll(/"sequence": (\d+)/g), ([, sequence]) => Number(sequence));
}

/** One after the other, the versions of one prompt in turn. */
function deployInTurn(
  yard: Yard,
  adapter: Adapter,
  prompt: string,
  times: number,
): Promise<readonly number[]> {
  const turns = Array.from({ length: times }, (_, turn) => `${prompt}@${(turn % 2) + 1}`);
  return written(
    yard,
    adapter,
    turns.map((version) => ['deploy', version, '-e', 'staging']),
  );
}

/** Holds the repository to what it must be when everybody is done: `events` in one chain, sound, and nothing left lying about. */
async function expectOrder({ team, olga }: Yard, events: number): Promise<void> {
  const chain = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n');
  expect(chain).toHaveLength(events);
  team.clock = Math.floor(Date.now() / 1000);
  expect(await team.json(olga, ['verify'])).toMatchObject({ ok: true, counts: { events }, findings: [] });
  const fsck = await run('git', ['fsck', '--strict', '--no-dangling'], {
    cwd: team.repo,
    env: team.sandbox.env,
  });
  expect({ ...fsck, stdout: fsck.stdout.toString() }).toEqual({ code: 0, stdout: '', stderr: '' });
  await expect.poll(() => leftLying(team.repo)).toEqual([]);
}

type AdapterOf = (worker: number) => Adapter;
const native: AdapterOf = () => 'native';
const embedded: AdapterOf = () => 'embedded';
const either: AdapterOf = (worker) => (worker % 2 === 0 ? 'native' : 'embedded');

test.each<readonly [times: number, how: string, AdapterOf]>([
  [3, 'native', native],
  [3, 'embedded', embedded],
  [3, 'native and embedded at once', either],
])('5 processes make %i deployments each: %s', async (times, _, adapterOf) => {
  const yard = await copyOf(ground);
  const before = (await yard.team.git('rev-list', '--first-parent', LEDGER)).split('\n').length;
  const all = await Promise.all(
    yard.prompts.map((prompt, worker) => deployInTurn(yard, adapterOf(worker), prompt, times)),
  );
  const expected = Array.from({ length: WORKERS * times }, (_, index) => before + 1 + index);
  expect(all.flat().sort((a, b) => a - b)).toEqual(expected);
  await expectOrder(yard, before + WORKERS * times);
});

/** Of either kind there are several at once: that one kind alone loses nothing is told of deployments. */
test('5 processes commit different prompts to one branch, native and embedded at once', async () => {
  const yard = await copyOf(ground);
  const { team, prompts } = yard;
  const before = await team.git('rev-parse', 'main');
  const events = (await team.git('rev-list', '--first-parent', LEDGER)).split('\n').length;
  for (const prompt of prompts) await team.write(fileOf(prompt), promptText(prompt, 'Three'));
  await Promise.all(
    prompts.map((prompt, worker) => written(yard, either(worker), [['commit', prompt, '-m', 'Three']])),
  );
  expect(await team.git('rev-list', '--count', `${before}..main`)).toBe(`${WORKERS}`);
  expect(await team.git('rev-list', '--merges', `${before}..main`)).toBe('');
  expect(await team.git('status', '--porcelain')).toBe('');
  const { prompts: rows } = await team.json<{ prompts: { latest: number; draft: string }[] }>(yard.olga, [
    'status',
  ]);
  expect(rows.map(({ latest, draft }) => `${latest} ${draft}`)).toEqual(Array(WORKERS).fill('3 clean'));
  await expectOrder(yard, events + WORKERS);
});
