import { createHash } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LEDGER } from './forge.ts';
import { run, type Sandbox } from './sandbox.ts';
import { type GitServer, serveThere } from './servers.ts';
import { type State, stateOf } from './state.ts';
import { type Person, Team } from './team.ts';

/** A clone by stock git, with what it needs to reach the server; `git clone` brings no ledger. */
export async function cloneOf(server: GitServer, name: string, ...options: readonly string[]): Promise<Team> {
  const { sandbox, url, config } = server;
  const team = new Team(sandbox, 'native', join(sandbox.dir, name));
  const settings = ['maintenance.auto=false', ...config].flatMap((setting) => ['-c', setting]);
  // Of an empty repository not every server says what its branch is.
  const branch = ['-c', 'init.defaultBranch=main'];
  await sandbox.git([...branch, 'clone', '-q', '--template=', ...settings, ...options, url, team.repo]);
  team.everyday = 'embedded';
  return server.clock.give(team);
}

/** Gives a repository the server as its `origin`. */
export async function addRemote(team: Team, server: GitServer, name = 'origin'): Promise<void> {
  server.clock.give(team);
  await team.git('remote', 'add', name, server.url);
  for (const setting of server.config) {
    const [key = '', ...value] = setting.split('=');
    await team.git('config', key, value.join('='));
  }
}

/**
 * The folder that a server's repository and its clones are in, as it is, in a place of its own for a test to spoil. The clones'
 * `origin` is the copy.
 */
export async function copyAll<Name extends string>(
  { sandbox, bare, clock }: GitServer,
  names: readonly Name[],
): Promise<{ readonly server: GitServer; readonly clones: Readonly<Record<Name, Team>> }> {
  const folder = join(await mkdtemp(join(sandbox.dir, 'copy-')), 'all');
  await sandbox.ok('cp', ['-a', dirname(bare), folder]);
  const server = await serveThere(sandbox, 'file', join(folder, basename(bare)));
  server.clock.seconds = clock.seconds;
  const clones = {} as Record<Name, Team>;
  for (const name of names) {
    clones[name] = server.clock.give(new Team(sandbox, 'native', join(folder, name)));
    clones[name].everyday = 'embedded';
    const config = join(folder, name, '.git/config');
    await writeFile(config, (await readFile(config, 'utf8')).replace(/^(\s*url = ).*$/m, `$1${server.url}`));
  }
  return { server, clones };
}

/** All that is shared, put on the server with nothing but git. */
export async function pushAll(team: Team, remote = 'origin'): Promise<void> {
  await team.git('push', '-q', remote, 'main', LEDGER, 'refs/tags/promptaudit/*:refs/tags/promptaudit/*');
}

/** What a clone holds on to: its refs, index and files, and what it trusts. */
export interface Held extends State {
  readonly trust: string | undefined;
}

export async function heldBy(team: Team): Promise<Held> {
  const trust = readFile(join(team.repo, '.git/promptaudit/trust.json'), 'utf8').catch(() => undefined);
  return { ...(await stateOf(team)), trust: await trust };
}

export interface ChainEvent {
  readonly commit: string;
  readonly sequence: number;
  readonly event: string;
  /** The email of who signed it. */
  readonly actor: string;
  readonly prompt: string | undefined;
  readonly version: number | undefined;
  readonly tag: string | undefined;
  readonly tagObject: string | undefined;
}

/** The repository whose ledger is read: a working tree or a bare one. */
type Place = { readonly sandbox: Sandbox; readonly folder: string };

export const inClone = ({ sandbox, repo }: Team): Place => ({ sandbox, folder: repo });
export const onServer = ({ sandbox, bare }: GitServer): Place => ({ sandbox, folder: bare });

/** One shell, which starts both: what starts a process from here has to copy the tables of all memory first. */
const BODIES = 'oids=$(git rev-list --first-parent --reverse "$1") && echo "$oids" | git cat-file --batch';

/**
 * The ledger, oldest first, read with nothing but git and SHA-256 (design section 1.1).
 * @throws Error where it is not one chain: a sequence that is not the one before plus one, or a digest of something else
 */
export async function chainOf({ sandbox, folder }: Place, ref = LEDGER): Promise<readonly ChainEvent[]> {
  const options = { cwd: folder, env: sandbox.env };
  const { code, stdout, stderr } = await run('sh', ['-c', BODIES, 'sh', ref], options);
  if (code !== 0) throw new Error(`the ledger of ${folder} cannot be read\n${stderr}`);
  const events: ChainEvent[] = [];
  let previous: string | undefined;
  for (const { oid, body } of objectsIn(stdout)) {
    const text = body.toString();
    const found = (pattern: RegExp) => pattern.exec(text)?.[1];
    const sequence = Number(found(/^Sequence: (\d+)$/m));
    if (sequence !== events.length + 1 || found(/^Previous: (.*)$/m) !== previous)
      throw new Error(`event ${events.length + 1} of ${folder} does not follow the one before\n${text}`);
    previous = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    const version = found(/^Version: (\d+)$/m);
    events.push({
      commit: oid,
      sequence,
      event: found(/^Event: (.*)$/m) ?? '',
      actor: found(/^committer .*<(.*)> /m) ?? '',
      prompt: found(/^Prompt: (.*)$/m),
      version: version === undefined ? undefined : Number(version),
      tag: found(/^Tag: (.*)$/m),
      tagObject: found(/^Tag-Object: (.*)$/m),
    });
  }
  return events;
}

/** What `git cat-file --batch` prints. */
function* objectsIn(stdout: Buffer): Generator<{ oid: string; body: Buffer }> {
  for (let at = 0; at < stdout.length; ) {
    const end = stdout.indexOf('\n', at);
    const [oid = '', , size] = stdout.toString('latin1', at, end).split(' ');
    const body = stdout.subarray(end + 1, end + 1 + Number(size));
    yield { oid, body };
    at = end + 1 + body.length + 1;
  }
}

/** Every decision's tag: where it stands, and the tag object. */
export async function tagsOf({ sandbox, folder }: Place): Promise<Readonly<Record<string, string>>> {
  const args = ['for-each-ref', '--format=%(refname) %(objectname)', 'refs/tags/promptaudit'];
  const lines = (await sandbox.git(args, { cwd: folder })).split('\n').filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split(' ') as [string, string]));
}

/** The tags that the ledger says there are. */
export function tagsIn(events: readonly ChainEvent[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    events.flatMap(({ tag, tagObject }) =>
      tag === undefined || tagObject === undefined ? [] : [[tag, tagObject]],
    ),
  );
}

/** Who does what where, for tests that hand a clone from one to the other. */
export type Deed = readonly [person: Person, ...args: readonly string[]];

export async function doAll(team: Team, ...deeds: readonly Deed[]): Promise<void> {
  for (const [person, ...args] of deeds) await team.ok(person, args);
}
