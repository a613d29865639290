import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  copyOf,
  foundForNative,
  type Hospital,
  INTAKE,
  POLICY_FILE,
  promptText,
} from '../helpers/hospital.ts';
import { createSandbox, run, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, Team } from '../helpers/team.ts';

let box: Sandbox;
let ground: Hospital;

beforeAll(async () => {
  box = await createSandbox();
  ground = await foundForNative(box);
  await ground.team.ok(undefined, ['hook', 'install']);
});
afterAll(() => box.remove());

const WHO = {
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@acme.example',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@acme.example',
};

/** `git commit`: its exit code, and what the hook said. */
async function commit({ repo, sandbox }: Team, ...args: readonly string[]) {
  const { code, stderr } = await run('git', ['commit', '-q', '-m', 'By hand', ...args], {
    cwd: repo,
    env: { ...sandbox.env, ...WHO },
  });
  return [code, stderr] as const;
}

const UNREGISTERED =
  'warning: what is staged of clinical-intake is no registered version: run promptaudit commit clinical-intake -m "…"\n';
const BROKEN = `name: clinical-intake
model: openai/gpt-5
messages:
  - role: wizard
    content: Hello
`;
const REFUSED = /^prompts\/clinical-intake\.prompt\.yml:4:11: error: .+ \(\S+\)\n/;

it('refuses a prompt that is not well-formed, as it is staged and wherever it is wrong', async () => {
  const { team } = await copyOf(ground);
  await team.write(INTAKE, BROKEN);
  await team.git('add', INTAKE);
  await team.write(INTAKE, promptText('clinical-intake', 'Well-formed, not staged.'));
  const [code, said] = await commit(team);
  expect([code, said.endsWith('promptaudit refuses this commit\n')]).toEqual([1, true]);
  expect(said).toMatch(REFUSED);
  await team.git('add', INTAKE);
  await team.write(INTAKE, BROKEN);
  expect(await commit(team)).toEqual([0, UNREGISTERED]);
  expect((await commit(team, INTAKE))[0]).toBe(1);
  expect((await commit(team, '-a'))[0]).toBe(1);
  expect((await commit(team, '-a', '--no-verify'))[0]).toBe(0);
});

it('refuses a file that no prompt can be called after, and does not ask to register it', async () => {
  const { team } = await copyOf(ground);
  await team.write('prompts/Intake Form.prompt.yml', promptText('Intake Form', 'Well-formed.'));
  await team.git('add', 'prompts');
  const [code, said] = await commit(team);
  expect(code).toBe(1);
  expect(said).toContain('prompts/Intake Form.prompt.yml:1:1: error: the file has to be renamed: ');
  expect(said).not.toContain('registered');
});

it('warns of content that is no version, and is silent where it is one', async () => {
  const { team, alice } = await copyOf(ground);
  await team.write(INTAKE, promptText('clinical-intake', 'Something new.'));
  expect(await commit(team, '-a')).toEqual([0, UNREGISTERED]);
  await team.git('checkout', '-q', 'HEAD~3', '--', INTAKE);
  expect(await commit(team)).toEqual([0, '']);
  await team.write('README.md', 'A hospital\n');
  await team.git('add', 'README.md');
  expect(await commit(team)).toEqual([0, '']);
  await team.git('rm', '-q', INTAKE);
  expect(await commit(team)).toEqual([0, '']);
  await team.write(INTAKE, promptText('clinical-intake', 'Something registered.'));
  await team.ok(alice, ['commit', 'clinical-intake', '-m', 'Registered']);
});

it('refuses a link, and takes no notice of what is only intended', async () => {
  const { team } = await copyOf(ground);
  await team.write('prompts/later.prompt.yml', 'not: a prompt\n');
  await team.git('add', '-N', 'prompts/later.prompt.yml');
  await team.write('README.md', 'A hospital\n');
  await team.git('add', 'README.md');
  expect(await commit(team)).toEqual([0, '']);
  await rm(join(team.repo, INTAKE));
  await symlink('/etc/hostname', join(team.repo, INTAKE));
  await team.git('add', INTAKE);
  expect(await commit(team)).toEqual([
    1,
    `${INTAKE}:1:1: error: it is a link, and no version can be made of one: put a regular file in its place (file/link)\npromptaudit refuses this commit\n`,
  ]);
});

it('refuses a policy that is none', async () => {
  const { team } = await copyOf(ground);
  await team.write(POLICY_FILE, 'schema: promptaudit/policy@1\nregistri: acme\n');
  const [code, said] = await commit(team, '-a');
  expect(code).toBe(1);
  expect(said).toMatch(/^\.promptaudit\/policy\.yml:2:1: error: .*registri.* \(policy\/invalid\)\n/m);
});

it('lints where there is no registry', async () => {
  const team = new Team(box, 'native', join(box.dir, 'plain'));
  await team.initRepository('--template=');
  await team.ok(undefined, ['hook', 'install']);
  await team.write(INTAKE, BROKEN);
  await team.git('add', '-A');
  const [code, said] = await commit(team);
  expect(code).toBe(1);
  expect(said).toMatch(REFUSED);
  await team.write(INTAKE, promptText('clinical-intake', 'Well-formed.'));
  expect(await commit(team, '-a')).toEqual([0, '']);
});

it('reads no ledger where no prompt is staged, and refuses where the ledger cannot be read', async () => {
  const { team } = await copyOf(ground);
  await writeFile(join(team.repo, '.git/promptaudit/trust.json'), 'not a pin');
  await team.write('README.md', 'A hospital\n');
  await team.git('add', 'README.md');
  expect(await commit(team)).toEqual([0, '']);
  await team.write(INTAKE, promptText('clinical-intake', 'Something new.'));
  const [code, said] = await commit(team, '-a');
  expect(code).toBe(1);
  expect(said).toContain('trust.json is damaged');
});

it.each(ADAPTERS)('answers with a document, by hand too (%s)', async (adapter) => {
  const { team } = await copyOf(ground, adapter);
  await team.write(INTAKE, promptText('clinical-intake', 'Something new.'));
  await team.git('add', INTAKE);
  expect(await team.json(undefined, ['hook', 'run', 'pre-commit'])).toEqual({
    schema: 'promptaudit/hook@1',
    hook: 'pre-commit',
    ok: true,
    files: 1,
    problems: [],
    unregistered: ['clinical-intake'],
  });
});
