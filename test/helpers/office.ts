import { foundClinic } from './clinic.ts';
import { addRemote, cloneOf, copyAll, pushAll } from './clones.ts';
import type { Sandbox } from './sandbox.ts';
import { type GitServer, serve } from './servers.ts';
import { sync } from './syncing.ts';
import type { Person, Team } from './team.ts';

/** A clinic's registry on a server, and two clones of it that are in step with it. */
export interface Office {
  readonly server: GitServer;
  readonly clone: Team;
  readonly other: Team;
  /** Holds every role. */
  readonly olga: Person;
  readonly alice: Person;
  readonly bob: Person;
  readonly dana: Person;
}

/** Events 1 to 9 and one tag; intake is at version 2 everywhere, triage/adults at version 1. */
export async function foundOffice(sandbox: Sandbox): Promise<Office> {
  const { team, ...people } = await foundClinic(sandbox);
  const server = await serve(sandbox, 'file', 'office/server.git');
  await addRemote(team, server);
  await pushAll(team);
  const [clone, other] = [await cloneOf(server, 'office/clone'), await cloneOf(server, 'office/other')];
  for (const one of [clone, other]) await sync(one, people.olga);
  // Copies of few files are made fast.
  for (const one of [server, clone, other]) await one.git('repack', '-adq');
  return { server, clone, other, ...people };
}

/** The same in a folder of its own, for a test to spoil. */
export async function copyOf(office: Office): Promise<Office> {
  const { server, clones } = await copyAll(office.server, ['clone', 'other']);
  return { ...office, ...clones, server };
}
