import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { LEDGER } from './forge.ts';
import { foundForNative, foundHospital, type Hospital } from './hospital.ts';
import { type RunResult, run, type Sandbox } from './sandbox.ts';
import { Team } from './team.ts';

const TAGS = 'refs/tags/promptaudit/*:refs/tags/promptaudit/*';

/** All that a registry shares, as refspecs. */
export const ALL = ['main', LEDGER, TAGS] as const;

/** A hospital whose clone pushes to a bare repository that judges what it receives. */
export interface Guarded extends Hospital {
  /** The bare repository, as its owner works in it. */
  readonly server: Team;
}

/** The hospital's six events, and 7: Bob approved v2 of clinical-intake. All is on the server, which looked at it once. */
export async function foundGuarded(sandbox: Sandbox, ...gitInit: readonly string[]): Promise<Guarded> {
  // The embedded adapter reads SHA-1 objects only.
  const isSha256 = gitInit.includes('--object-format=sha256');
  const hospital = isSha256
    ? await foundHospital(sandbox, 'native', '--template=', ...gitInit)
    : await foundForNative(sandbox);
  hospital.team.everyday = isSha256 ? undefined : 'embedded';
  await hospital.team.ok(hospital.bob, ['approve', 'clinical-intake@2', '-m', 'Reviewed']);
  const folder = await mkdtemp(join(sandbox.dir, 'guarded-'));
  const server = new Team(sandbox, 'native', join(folder, 'server.git'));
  await sandbox.git(['init', '-q', '--bare', '-b', 'main', '--template=', ...gitInit, server.repo]);
  await sandbox.git(['config', 'gc.auto', '0'], { cwd: server.repo });
  const guarded = { ...hospital, server };
  await hospital.team.git('remote', 'add', 'origin', `file://${server.repo}`);
  await hospital.team.git('push', '-q', '--atomic', 'origin', ...ALL);
  await server.ok(undefined, ['hook', 'install']);
  return copyOf(guarded);
}

/** Clone and server in a folder of their own, for a test to spoil. */
export async function copyOf(guarded: Guarded): Promise<Guarded> {
  const { sandbox, repo, clock, everyday } = guarded.team;
  const folder = await mkdtemp(join(sandbox.dir, 'guarded-'));
  const team = new Team(sandbox, 'native', join(folder, 'clone'));
  const server = new Team(sandbox, 'native', join(folder, 'server.git'));
  team.clock = clock;
  team.everyday = everyday;
  await sandbox.ok('cp', ['-a', repo, team.repo]);
  await sandbox.ok('cp', ['-a', guarded.server.repo, server.repo]);
  await team.git('config', 'remote.origin.url', `file://${server.repo}`);
  return { ...guarded, team, server };
}

/** `git push` with somebody's own git, whatever comes of it. */
export function push({ team }: Pick<Guarded, 'team'>, ...args: readonly string[]): Promise<RunResult> {
  return run('git', ['push', ...args], { cwd: team.repo, env: team.sandbox.env });
}

/** What a remote's hook said, without git's own lines. */
export function remoteLines({ stderr }: RunResult): readonly string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('remote: '))
    .map((line) => line.slice('remote: '.length).trimEnd());
}
