import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Clinic, foundClinic, INTAKE, promptText } from '../helpers/clinic.ts';
import { Disk, mayMount } from '../helpers/disk.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { snapshotOf } from '../helpers/snapshot.ts';
import { ADAPTERS, type Adapter, Team } from '../helpers/team.ts';

const COMMIT = ['commit', '-m', 'Ask about smoking'];
/** Changes that a failed command may leave: the draft staged, as `git add` does. */
const STAGED = '.git/index';

let sandbox: Sandbox;
let clinic: Clinic;

beforeAll(async () => {
  sandbox = await createSandbox();
  clinic = await foundClinic(sandbox);
});

afterAll(() => sandbox.remove());

/** The clinic on a disk of its own, with a change that could be committed. */
async function clinicOn(disk: Disk, adapter: Adapter): Promise<Team> {
  const team = new Team(sandbox, adapter, join(disk.folder, 'repo'));
  team.clock = clinic.team.clock;
  await rm(team.repo, { recursive: true, force: true });
  await cp(clinic.team.repo, team.repo, { recursive: true });
  await team.write(INTAKE, promptText('intake', 'Ask about smoking.'));
  return team;
}

describe.skipIf(!mayMount()).each(ADAPTERS)('%s', (adapter) => {
  it('says that a disk is full, wherever in a commit it gets full, and works again when it is not', async () => {
    const disk = await Disk.mount(sandbox, `full-${adapter}`);
    let fitted = false;
    for (let pages = 0; !fitted; pages += 1) {
      const team = await clinicOn(disk, adapter);
      const before = await snapshotOf(team.repo);
      await disk.fill(pages);
      const { code, stdout, stderr } = await team.cli(clinic.alice, COMMIT);
      const after = await snapshotOf(team.repo);
      await disk.empty();
      fitted = code === 0;
      if (fitted) continue;
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^promptaudit: .*(?:space|couldn't write '.*\.lock').*\n$/);
      expect({ ...after, [STAGED]: '' }).toEqual({ ...before, [STAGED]: '' });
      expect(await team.ok(clinic.alice, COMMIT)).toContain('registered intake v3');
      expect(await team.git('status', '--porcelain')).toBe('');
    }
  });

  it('reads what is read only, says so, and writes nothing', async () => {
    const disk = await Disk.mount(sandbox, `sealed-${adapter}`);
    const team = await clinicOn(disk, adapter);
    await rm(join(team.repo, '.git/promptaudit'), { recursive: true });
    await disk.makeReadOnly();
    const folder = join(team.repo, '.git/promptaudit');
    const warning = `warning: what was verified could not be remembered here: cannot make the folder ${folder}: the file system is read-only\n`;
    for (const [args, answer] of [
      [['log', '-n', '1'], /deployed intake v2 to production/],
      [['active'], /staging/],
      [['verify'], /Verified: nothing wrong was found/],
      [['status'], /modified/],
    ] as const) {
      const { code, stdout, stderr } = await team.cli(clinic.alice, args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: warning });
      expect(stdout).toMatch(answer);
    }
    for (const [person, args] of [
      [clinic.alice, COMMIT],
      [clinic.dana, ['deploy', 'intake@1', '-e', 'staging']],
      [clinic.alice, ['new', 'discharge']],
    ] as const) {
      const { code, stdout, stderr } = await team.cli(person, args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.replace(warning, '')).toMatch(/^promptaudit: .*read-only.*\n$/i);
    }
  });
});
