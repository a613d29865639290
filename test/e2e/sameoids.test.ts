import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findingsOf, foundHospital, promptText } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { tell, tellMore } from '../helpers/story.ts';
import { type Adapter, Team } from '../helpers/team.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await createSandbox();
});
afterAll(() => sandbox.remove());

/** All that a repository says: where refs point, what is reachable from them, what is staged, what differs. */
async function everything(team: Team) {
  return {
    refs: (await team.git('for-each-ref', '--format=%(refname) %(objectname)')).split('\n'),
    objects: (await team.git('rev-list', '--objects', '--all')).split('\n').sort(),
    head: await team.git('symbolic-ref', 'HEAD'),
    index: (await team.git('ls-files', '--stage')).split('\n'),
    status: await team.git('status', '--porcelain'),
  };
}

test('the same scenario, clock and keys give the same oids through both adapters', async () => {
  const story = async (adapter: Adapter) => {
    const hospital = await foundHospital(sandbox, adapter);
    await tell(hospital);
    await tellMore(hospital);
    expect(await findingsOf(hospital)).toEqual([]);
    return everything(hospital.team);
  };
  const native = await story('native');
  expect(native).toEqual(await story('embedded'));
  // the branch, the ledger, seven decisions
  expect(native.refs).toHaveLength(9);
});

test('so does init in a repository with prompts and history', async () => {
  const found = async (adapter: Adapter) => {
    const team = new Team(sandbox, adapter, join(sandbox.dir, `founded-${adapter}`));
    await team.initRepository();
    await team.write('prompts/discharge.prompt.yml', promptText('discharge', 'Sum up the visit.'));
    await team.write('docs/read me.txt', 'Not a prompt\n');
    await team.git('add', '.');
    await team.git('commit', '-q', '-m', 'Before promptaudit');
    await team.write('prompts/triage/adults.prompt.yaml', promptText('triage/adults', 'How urgent is it?'));
    await team.ok(await team.person('Ada'), ['init', '--name', 'founded']);
    return everything(team);
  };
  expect(await found('native')).toEqual(await found('embedded'));
});
