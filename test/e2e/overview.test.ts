import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOf, foundHospital, type Hospital, promptText } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';

/** By verbs that show something of every prompt, or of those that are named. No adapter knows them. */
describe('the registry at a glance', () => {
  let sandbox: Sandbox;
  let base: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundHospital(sandbox, 'embedded');
    const { team, alice, dee } = base;
    for (const name of ['triage/adults', 'triage/children'])
      await team.write(`prompts/${name}.prompt.yml`, promptText(name, 'How urgent is it?'));
    await team.ok(alice, ['commit', '--all', '-m', 'Triage']);
    for (const name of ['clinical-intake', 'discharge', 'triage/adults'])
      await team.ok(dee, ['deploy', name, '-e', 'staging']);
    await team.write('prompts/triage.prompt.yml', promptText('triage', 'How urgent is it?'));
  });
  afterAll(() => sandbox.remove());

  const shownBy = async (verb: string, ...names: string[]): Promise<string[]> => {
    const rows: Record<string, unknown> = await base.team.json(base.bob, [verb, ...names]);
    const found = rows.prompts ?? rows.active ?? rows.waiting;
    return (found as { prompt: string }[]).map(({ prompt }) => prompt);
  };

  const ALL = ['clinical-intake', 'discharge', 'triage/adults', 'triage/children'];

  test.each([
    ['list', ['discharge'], ['discharge']],
    ['list', ['discharge', 'triage/adults', 'discharge'], ['discharge', 'triage/adults']],
    ['list', ['triage'], ['triage/adults', 'triage/children']],
    ['list', ['triage/'], ['triage/adults', 'triage/children']],
    ['list', ['prompts/triage'], ['triage/adults', 'triage/children']],
    ['list', ['prompts/triage/adults.prompt.yml'], ['triage/adults']],
    ['list', ['prompts'], ALL],
    ['list', ['./prompts/'], ALL],
    ['list', ['.'], ALL],
    ['list', ['./'], ALL],
    ['list', ['*'], ['clinical-intake', 'discharge']],
    ['list', ['**/*a*'], ['clinical-intake', 'discharge', 'triage/adults']],
    ['active', ['triage/*', 'discharge'], ['discharge', 'triage/adults']],
    ['active', ['triage/children'], []],
    ['active', ['discharge', '-e', 'production'], []],
    ['active', ['discharge', '--at', '2026-01-05T09:30:00Z'], ['discharge']],
    ['status', ['discharge'], ['discharge']],
    ['status', ['triage'], ['triage']],
    ['status', ['triage/'], ['triage/adults', 'triage/children']],
    ['status', ['triage/*'], ['triage/adults', 'triage/children']],
    ['review', ['triage/*', 'discharge'], ['discharge', 'triage/adults', 'triage/children']],
    ['review', ['policy'], []],
    ['review', ['policy', 'discharge'], ['discharge']],
  ])('%s %j shows %j', async (verb, names, shown) => {
    expect(await shownBy(verb, ...names)).toEqual(shown);
  });

  test.each([
    ['list', 'discharg', 'the registry has no prompt discharg: did you mean discharge?'],
    ['active', 'ward/intake', 'the registry has no prompt ward/intake: see them with promptaudit list'],
    ['list', '', 'the registry has no prompt "": see them with promptaudit list'],
    ['status', '..', 'the registry has no prompt ..: see them with promptaudit list'],
    ['status', 'ward*', 'no prompt matches "ward*": see them with promptaudit list'],
    ['review', 'nurse', 'the registry has no prompt nurse: see them with promptaudit list'],
  ])('%s %s is told', async (verb, name, says) => {
    expect(await base.team.told(base.bob, [verb, 'discharge', name])).toEqual([2, `promptaudit: ${says}`]);
  });

  test.each([
    ['prompts/triage', ['adults.prompt.yml'], ['triage/adults']],
    ['prompts/triage', ['../discharge.prompt.yml', 'triage/children'], ['discharge', 'triage/children']],
    ['prompts', ['./triage/'], ['triage/adults', 'triage/children']],
  ])('paths are those of the current folder: %s %j', async (folder, words, shown) => {
    const { team, bob } = base;
    for (const verb of ['status', 'list', 'review']) {
      const { stdout } = await team.cli(bob, ['--json', verb, ...words], { cwd: join(team.repo, folder) });
      const rows: Record<string, { prompt: string }[]> = JSON.parse(stdout);
      expect((rows.prompts ?? rows.waiting)?.map(({ prompt }) => prompt)).toEqual(shown);
    }
  });

  test('review says of whom it can show nothing', async () => {
    const { team, alice, ada, bob } = base;
    const said = async (...who: Parameters<typeof team.cli>) => (await team.cli(...who)).stderr;
    expect(await said(bob, ['review'])).toBe('');
    expect(await said(ada, ['review'])).toBe('');
    expect(await said(alice, ['review'])).toBe(
      'you are alice@acme.example, who holds neither the role approver nor admin:\nnothing can wait for your decision; see promptaudit whoami\n',
    );
    const zoe = { ...alice, email: 'zoe@acme.example' };
    expect(await said(zoe, ['review', 'discharge'])).toMatch(
      /^you are zoe@acme.example, who is not in the policy: /,
    );
  });

  test('status says of a branch without a commit why all is missing', async () => {
    const { team, alice } = await copyOf(base);
    await team.git('switch', '-q', '--orphan', 'fresh');
    expect((await team.cli(alice, ['status'])).stderr).toBe(
      "branch fresh has no commit yet: switch to the registry's branch, or make a first\ncommit with git\n",
    );
  });

  test('status says of a retired one why it shows nothing', async () => {
    const { team, alice, dee } = await copyOf(base);
    await team.ok(dee, ['withdraw', 'discharge', '-e', 'staging', '-m', 'Not used']);
    await team.ok(alice, ['retire', 'discharge', '-m', 'Not used']);
    const retired = await team.cli(alice, ['status', 'discharge']);
    expect(retired).toMatchObject({ code: 0, stdout: '' });
    expect(retired.stderr).toMatch(/^discharge was retired by event 13: see promptaudit log discharge\n/);
    expect((await team.cli(alice, ['status'])).stderr).not.toContain('retired');
    await team.write('prompts/discharge.prompt.yml', promptText('discharge', 'Once more.'));
    expect((await team.cli(alice, ['status', 'discharge'])).stderr).not.toContain('retired');
  });
});
