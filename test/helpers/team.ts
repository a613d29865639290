import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run.ts';
import type { Sandbox } from './sandbox.ts';

export type Adapter = 'native' | 'embedded';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Somebody with a key of their own. */
export interface Person {
  readonly name: string;
  readonly email: string;
  /** Path of the private key; the public one is beside it as `.pub`. */
  readonly key: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly columns?: number;
}

/** People at work on one repository, in one process, by one adapter. Embedded runs have no git on the PATH. */
export class Team {
  readonly sandbox: Sandbox;
  readonly repo: string;
  readonly adapter: Adapter;
  /** Seconds since the epoch: what every clock says. Commands move it on by a minute. */
  clock = Date.UTC(2026, 0, 5, 9, 0, 0) / 1000;
  private uuids = 0;

  constructor(sandbox: Sandbox, adapter: Adapter, repo = join(sandbox.dir, 'repo')) {
    this.sandbox = sandbox;
    this.adapter = adapter;
    this.repo = repo;
  }

  /** Makes a person with a fresh Ed25519 key. */
  async person(name: string, email = `${name.toLowerCase()}@acme.example`): Promise<Person> {
    const key = join(this.sandbox.dir, 'keys', name.toLowerCase());
    await mkdir(join(this.sandbox.dir, 'keys'), { recursive: true });
    await this.sandbox.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', email, '-f', key]);
    return { name, email, key };
  }

  /** A fresh repository on branch `main` with no commit. */
  async initRepository(): Promise<void> {
    await this.sandbox.git(['init', '-q', '-b', 'main', this.repo]);
  }

  /** Who a command is run as: identity and the in-process key come from the environment. */
  identity(person: Person): Record<string, string> {
    const date = `@${this.clock} +0000`;
    return {
      GIT_AUTHOR_NAME: person.name,
      GIT_AUTHOR_EMAIL: person.email,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: person.name,
      GIT_COMMITTER_EMAIL: person.email,
      GIT_COMMITTER_DATE: date,
      PROMPTAUDIT_SIGNING_KEY: person.key,
    };
  }

  /** Runs one command line in this process. */
  async cli(person: Person | undefined, args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    this.clock += 60;
    const { PATH = '', ...rest } = this.sandbox.env;
    let stdout = '';
    let stderr = '';
    const world: World = {
      argv: ['--git', this.adapter, ...args],
      cwd: options.cwd ?? this.repo,
      env: {
        ...rest,
        PATH: this.adapter === 'embedded' ? join(this.sandbox.dir, 'empty') : PATH,
        ...(person === undefined ? {} : this.identity(person)),
        ...options.env,
      },
      version: '0.0.0',
      now: () => new Date(this.clock * 1000),
      random: {
        uuid: () => `00000000-0000-4000-8000-${String(++this.uuids).padStart(12, '0')}`,
        bytes: (length) => new Uint8Array(length).fill(128),
      },
      stdin: { isTTY: false, read: async () => Buffer.from(options.stdin ?? '') },
      stdout: { isTTY: false, columns: options.columns ?? 80, open: true, write: async (text) => void (stdout += text) },
      stderr: { isTTY: false, columns: options.columns ?? 80, open: true, write: async (text) => void (stderr += text) },
      stores: {
        native: async (place) => (await import('../../src/git/native/store.ts')).openNativeStore(place),
        embedded: async (place) => (await import('../../src/git/embedded/store.ts')).openEmbeddedStore(place),
      },
    };
    const code = await runCli(world);
    return { code, stdout, stderr };
  }

  /** As `cli`, and fails the test when the command does not exit with 0. */
  async ok(person: Person | undefined, args: readonly string[], options: CliOptions = {}): Promise<string> {
    const result = await this.cli(person, args, options);
    if (result.code !== 0) {
      throw new Error(`promptaudit ${args.join(' ')} exited with ${result.code}\n${result.stderr}${result.stdout}`);
    }
    return result.stdout;
  }
}
