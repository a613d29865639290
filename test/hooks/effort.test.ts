import { expect, it } from 'vitest';
import { LEDGER } from '../helpers/forge.ts';
import { ALL, foundGuarded } from '../helpers/guarded.ts';
import { Meter } from '../helpers/meter.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, type Team } from '../helpers/team.ts';

it('of one event reads as much after 10 events as after 25, by either adapter', async () => {
  const { team, server, dee } = await foundGuarded(await sandbox());
  let version = 1;
  const deploy = () => {
    version = 3 - version;
    return team.ok(dee, ['deploy', `clinical-intake@${version}`, '-e', 'staging']);
  };
  const counts: number[][] = [];
  for (const more of [3, 15]) {
    for (let event = 0; event < more; event += 1) await deploy();
    await team.git('push', '-q', '--atomic', 'origin', ...ALL);
    await deploy();
    const efforts: number[] = [];
    for (const adapter of ADAPTERS) efforts.push(await effortOf(server.through(adapter), team));
    counts.push(efforts);
    await team.git('push', '-q', 'origin', LEDGER);
  }
  expect(counts[1]).toEqual(counts[0]);
  for (const count of counts.flat()) expect(count).toBeLessThan(30);
});

/** What pre-receive reads for the one event that the clone has and the server has not. Its objects are there, as in quarantine. */
async function effortOf(server: Team, team: Team): Promise<number> {
  await server.git('fetch', '-q', team.repo, LEDGER);
  const [before, after] = [await server.git('rev-parse', LEDGER), await team.git('rev-parse', LEDGER)];
  server.clock = team.clock;
  const stdin = `${before} ${after} ${LEDGER}\n`;
  await server.ok(undefined, ['hook', 'run', 'pre-receive'], { stdin });
  const meter = new Meter();
  server.wrap = meter.wrap;
  await server.ok(undefined, ['hook', 'run', 'pre-receive'], { stdin });
  server.wrap = (store) => store;
  return meter.read;
}
