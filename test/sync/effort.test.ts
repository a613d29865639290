import { expect, test } from 'vitest';
import { Meter } from '../helpers/meter.ts';
import { foundOffice } from '../helpers/office.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { sync } from '../helpers/syncing.ts';
import type { Person, Team } from '../helpers/team.ts';

async function effortOf(person: Person, team: Team): Promise<number> {
  const meter = new Meter();
  team.wrap = meter.wrap;
  await sync(team, person);
  team.wrap = (store) => store;
  return meter.read;
}

test('a sync reads as much after ten events as after thirty: with nothing to do, to send, to take, and to make again', async () => {
  const office = await foundOffice(await sandbox());
  const { clone, other, olga, bob } = office;
  const counts: Record<string, number>[] = [];
  let version = 2;
  /** Now one version and now the other, so that each is news. */
  const deploy = async (team: Team, times: number) => {
    for (let event = 0; event < times; event += 1) {
      version = 3 - version;
      await team.ok(olga, ['deploy', `intake@${version}`, '-e', 'staging']);
    }
  };
  for (const more of [0, 15]) {
    await deploy(clone, more);
    await sync(clone, olga);
    await sync(other, olga);
    const idle = await effortOf(olga, clone);
    await deploy(clone, 1);
    const send = await effortOf(olga, clone);
    const take = await effortOf(olga, other);
    await deploy(other, 1);
    await sync(other, olga);
    await clone.ok(bob, [more === 0 ? 'reject' : 'approve', 'triage/adults@1', '-m', 'Read it again']);
    const again = await effortOf(bob, clone);
    counts.push({ idle, send, take, again });
  }
  expect(counts[1]).toEqual(counts[0]);
  for (const count of Object.values(counts[0] ?? {})) expect(count).toBeLessThan(60);
});
