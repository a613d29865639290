import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HttpGate } from './httpgate.ts';
import { killGroup } from './processgroup.ts';
import type { Sandbox } from './sandbox.ts';
import { SharedClock } from './sharedclock.ts';

export const TRANSPORTS = ['file', 'git', 'http', 'ssh'] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** A git server on this machine with one bare repository behind it. */
export interface GitServer {
  readonly transport: Transport;
  readonly sandbox: Sandbox;
  /** The bare repository: whoever owns the server looks into it and can spoil it. */
  readonly bare: string;
  readonly url: string;
  /** What a clone's configuration needs besides, as `key=value`: how to connect, and where the credentials are. */
  readonly config: readonly string[];
  /** What the clocks of all its clones say. */
  readonly clock: SharedClock;
  /** Cuts every connection off in the middle, as `kill -9` and a pulled plug do. */
  stop(): Promise<void>;
  /** Listens again where it did before. */
  start(): Promise<void>;
  /** Stock git in the bare repository. Answers without the last line's end. */
  git(...args: readonly string[]): Promise<string>;
}

/** What stands between a client and the repository; the addresses stay the same from one start to the next. */
interface Door {
  readonly url: string;
  readonly config: readonly string[];
  open(): Promise<void>;
  close(): Promise<void>;
}

type DoorOf = (sandbox: Sandbox, bare: string) => Promise<Door>;

/** Makes a bare repository on branch `main` and serves it. The caller stops it. */
export async function serve(
  sandbox: Sandbox,
  transport: Transport,
  name = 'server.git',
  ...gitInit: readonly string[]
): Promise<GitServer> {
  const bare = join(sandbox.dir, name);
  await sandbox.git(['init', '-q', '--bare', '-b', 'main', '--template=', ...gitInit, bare]);
  // What git does by itself in the background would be at work in a folder that is about to go.
  for (const setting of [
    ['gc.auto', '0'],
    ['receive.autogc', 'false'],
  ])
    await sandbox.git(['-C', bare, 'config', ...setting]);
  return serveThere(sandbox, transport, bare);
}

/** Serves a bare repository that is there. */
export async function serveThere(sandbox: Sandbox, transport: Transport, bare: string): Promise<GitServer> {
  const door = await DOORS[transport](sandbox, bare);
  await door.open();
  return {
    transport,
    sandbox,
    bare,
    url: door.url,
    config: door.config,
    clock: new SharedClock(),
    stop: door.close,
    start: door.open,
    git: async (...args) => (await sandbox.git(args, { cwd: bare })).replace(/\n$/, ''),
  };
}

/** Every ref of the server, and where it points. */
export async function refsOf(server: GitServer): Promise<string> {
  return server.git('for-each-ref', '--format=%(objectname) %(refname)');
}

/**
 * A git that was killed while it moved refs leaves its locks behind, and nothing but a person takes them away: so does a server's
 * owner before it is started again.
 */
export async function sweepLocks({ bare }: GitServer): Promise<void> {
  const names = await readdir(bare, { recursive: true });
  for (const name of names.filter((name) => name.endsWith('.lock'))) await rm(join(bare, name));
}

const fileDoor: DoorOf = async (_, bare) => {
  const away = `${bare}.away`;
  return {
    url: pathToFileURL(bare).href,
    config: [],
    open: () => rename(away, bare).catch(() => undefined),
    close: () => rename(bare, away),
  };
};

/** `git daemon` in a process group of its own, so that it goes with everything that it has started. */
const daemonDoor: DoorOf = async (sandbox, bare) => {
  const folder = dirname(bare);
  const port = await freePort();
  let daemon: ChildProcess | undefined;
  const args = ['--export-all', '--enable=receive-pack', '--reuseaddr', '--listen=127.0.0.1'];
  const close = async (): Promise<void> => {
    await killGroup(daemon);
    daemon = undefined;
  };
  return {
    url: `git://127.0.0.1:${port}/${basename(bare)}`,
    config: [],
    close,
    open: async () => {
      await close();
      daemon = spawn('git', ['daemon', ...args, `--port=${port}`, `--base-path=${folder}`, folder], {
        env: sandbox.env,
        stdio: 'ignore',
        detached: true,
      });
      await writeFile(join(bare, 'daemon.pid'), String(daemon.pid));
      await answering(port, daemon);
    },
  };
};

const httpDoor: DoorOf = async (sandbox, bare) => {
  const gate = new HttpGate(sandbox, dirname(bare));
  await gate.open();
  const credentials = join(sandbox.dir, `credentials-${gate.port}`);
  const user = gate.admit('clara', 'let me in', 'write');
  await writeFile(credentials, `http://${user}@127.0.0.1:${gate.port}\n`, { mode: 0o600 });
  return {
    url: `http://127.0.0.1:${gate.port}/${basename(bare)}`,
    config: [`credential.helper=store --file ${credentials}`],
    open: () => gate.open(),
    close: () => gate.close(),
  };
};

/**
 * To git an ssh remote is a program that is given a host and a command, and what it runs there talks on the standard streams. This
 * one runs it here: there is no sshd on this machine, and its keys and its encryption are none of ours.
 */
const sshDoor: DoorOf = async (_, bare) => {
  const program = `${bare}.ssh`;
  const down = `${bare}.down`;
  const lines = [
    '#!/bin/sh',
    `if [ -e '${down}' ]; then echo "ssh: connect to host $1 port 22: Connection refused" >&2; exit 255; fi`,
    'shift',
    'exec sh -c "$*"',
  ];
  await writeFile(program, `${lines.join('\n')}\n`);
  await chmod(program, 0o755);
  return {
    url: `ssh://registry.example${bare}`,
    config: [`core.sshCommand=${program}`, 'ssh.variant=simple'],
    open: () => rm(down, { force: true }),
    close: () => writeFile(down, ''),
  };
};

const DOORS: Readonly<Record<Transport, DoorOf>> = {
  file: fileDoor,
  git: daemonDoor,
  http: httpDoor,
  ssh: sshDoor,
};

/** A port that nobody listens at: `git daemon` takes none by itself. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return address.port;
}

async function answering(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    if (child.exitCode !== null) throw new Error(`git daemon ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('git daemon does not answer');
}
