import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { addRemote, cloneOf, copyAll, pushAll } from './clones.ts';
import { foundForNative, type Hospital } from './hospital.ts';
import type { Sandbox } from './sandbox.ts';
import { type GitServer, refsOf, serve } from './servers.ts';
import { sync } from './syncing.ts';
import { Team } from './team.ts';

/** A registry on a server that turns hostile, and two who share it. */
export interface Siege {
  readonly server: GitServer;
  /** An insider's clone, in which events are forged. */
  readonly inside: Hospital;
  /** The clone of somebody honest, which synced up to event 9 and has event 10 to itself. */
  readonly clone: Team;
  /** Another, which synced up to event 9. */
  readonly other: Team;
}

/**
 * Events 1 to 6 are `foundHospital`'s; 7: Bob approves discharge v1 for every environment; 8 and 9: Dee deploys it to staging and to
 * production. In the honest clone only, 10: Dee deploys clinical-intake v1 to staging.
 */
export async function foundSiege(sandbox: Sandbox): Promise<Siege> {
  const h = await foundForNative(sandbox);
  const server = await serve(sandbox, 'file', 'siege/server.git');
  const inside = { ...h, team: new Team(sandbox, 'native', join(sandbox.dir, 'siege/inside')) };
  await cp(h.team.repo, inside.team.repo, { recursive: true, verbatimSymlinks: true });
  const { team, bob, dee } = inside;
  team.everyday = 'embedded';
  await addRemote(team, server);
  await team.ok(bob, ['approve', 'discharge@1', '-m', 'Read it']);
  await team.ok(dee, ['deploy', 'discharge@1', '-e', 'staging']);
  await team.ok(dee, ['deploy', 'discharge@1', '-e', 'production']);
  await pushAll(team);
  await team.git('repack', '-adq');
  const [clone, other] = [await cloneOf(server, 'siege/clone'), await cloneOf(server, 'siege/other')];
  for (const team of [clone, other]) await sync(team, dee);
  await clone.ok(dee, ['deploy', 'clinical-intake@1', '-e', 'staging']);
  return { server, inside, clone, other };
}

/** The same in a folder of its own, for a test to spoil. */
export async function copyOf(siege: Siege): Promise<Siege> {
  const { server, clones } = await copyAll(siege.server, ['inside', 'clone', 'other']);
  return { ...clones, server, inside: { ...siege.inside, team: clones.inside } };
}

/** The server is as it was. */
export async function putBack(server: GitServer, refs: string): Promise<void> {
  const now = (await refsOf(server)).split('\n').filter((line) => line !== '');
  for (const line of now) await server.git('update-ref', '-d', line.slice(line.indexOf(' ') + 1));
  for (const line of refs.split('\n')) {
    const space = line.indexOf(' ');
    await server.git('update-ref', line.slice(space + 1), line.slice(0, space));
  }
}
