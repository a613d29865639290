import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { World } from '../../src/cli/context.ts';
import { runCli } from '../../src/cli/run.ts';
import type { GitStore } from '../../src/git/store.ts';
import { builtBin, keptKeys } from './built.ts';
import type { Sandbox } from './sandbox.ts';

export const ADAPTERS = ['native', 'embedded'] as const;
export type Adapter = (typeof ADAPTERS)[number];

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
  /** The public key as a policy lists it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly columns?: number;
}

/** A rule that a refused command would have broken, as `--json` tells it. */
interface RefusedRule {
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
}

/** Verbs that work through git itself, or found what others test. */
const NEEDS_GIT = ['sync', 'hook', 'init', 'doctor'];

/** People at work on one repository, in one process, by one adapter. Embedded runs have no git on the PATH. */
export class Team {
  readonly sandbox: Sandbox;
  readonly repo: string;
  readonly adapter: Adapter;
  /** Seconds since the epoch: what every clock says. Commands move it on by a minute. */
  clock = Date.UTC(2026, 0, 5, 9, 0, 0) / 1000;
  /** Stands between the commands and the repository. */
  wrap: (store: GitStore) => GitStore = (store) => store;
  /** By what is done that does not need git itself: without starting a process for each question, tests take half the time. */
  everyday: Adapter | undefined;
  private uuids = 0;
  private draws = 0;

  constructor(sandbox: Sandbox, adapter: Adapter, repo = join(sandbox.dir, 'repo')) {
    this.sandbox = sandbox;
    this.adapter = adapter;
    this.repo = repo;
  }

  /** The same people at the same repository and hour, by this adapter. */
  through(adapter: Adapter): Team {
    const team = new Team(this.sandbox, adapter, this.repo);
    team.clock = this.clock;
    return team;
  }

  /** A person with an Ed25519 key; of one name there is one person in a sandbox, whatever team asks. */
  async person(name: string, email = `${name.toLowerCase()}@acme.example`): Promise<Person> {
    const key = join(this.sandbox.dir, 'keys', name.toLowerCase());
    await mkdir(join(this.sandbox.dir, 'keys'), { recursive: true });
    const there = await readFile(`${key}.pub`, 'utf8').catch(() => undefined);
    if (there === undefined) {
      const kept = await this.keptKey(name, email);
      await copyFile(kept, key);
      await copyFile(`${kept}.pub`, `${key}.pub`);
    }
    const [type, blob] = (await readFile(`${key}.pub`, 'utf8')).split(' ');
    return { name, email, key, publicKey: `${type} ${blob}` };
  }

  /** Somebody's key; made once for all files of tests, as every sandbox has the same few people. */
  private async keptKey(name: string, email: string): Promise<string> {
    const folder = join(keptKeys(), `${name.toLowerCase()} ${email}`);
    const made = `${folder}/key`;
    if (existsSync(made)) return made;
    const fresh = await mkdtemp(`${folder}.`);
    await this.sandbox.ok('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', email, '-f', `${fresh}/key`]);
    // Another worker may have been first.
    await rename(fresh, folder).catch(() => undefined);
    return made;
  }

  /** A fresh repository on branch `main` with no commit. */
  async initRepository(...args: readonly string[]): Promise<void> {
    await this.sandbox.git(['init', '-q', '-b', 'main', ...args, this.repo]);
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

  /** Bytes that differ from one repository to the next, and are the same in every run. */
  private drawn(length: number): Uint8Array {
    this.draws += 1;
    return createHash('sha256')
      .update(`${basename(this.repo)} ${this.draws}`)
      .digest()
      .subarray(0, length);
  }

  /** Runs one command line in this process. */
  async cli(
    person: Person | undefined,
    args: readonly string[],
    options: CliOptions = {},
  ): Promise<CliResult> {
    this.clock += 60;
    const { PATH = '', ...rest } = this.sandbox.env;
    const verb = args.find((arg) => !arg.startsWith('-')) ?? '';
    const adapter = NEEDS_GIT.includes(verb) ? this.adapter : (this.everyday ?? this.adapter);
    let stdout = '';
    let stderr = '';
    const world: World = {
      argv: ['--git', adapter, ...args],
      cwd: options.cwd ?? this.repo,
      env: {
        ...rest,
        PATH: adapter === 'embedded' ? join(this.sandbox.dir, 'empty') : PATH,
        ...(person === undefined ? {} : this.identity(person)),
        ...options.env,
      },
      version: '0.0.0',
      program: { node: process.execPath, script: builtBin() },
      interrupted: () => new AbortController().signal,
      now: () => new Date(this.clock * 1000),
      random: {
        uuid: () => `00000000-0000-4000-8000-${String(++this.uuids).padStart(12, '0')}`,
        bytes: (length) => this.drawn(length),
      },
      stdin: {
        isTTY: false,
        read: async () => Buffer.from(options.stdin ?? ''),
        chunks: async function* () {
          yield Buffer.from(options.stdin ?? '');
        },
      },
      stdout: {
        isTTY: false,
        columns: options.columns ?? 80,
        open: true,
        write: async (text) => {
          stdout += text;
        },
      },
      stderr: {
        isTTY: false,
        columns: options.columns ?? 80,
        open: true,
        write: async (text) => {
          stderr += text;
        },
      },
      stores: {
        native: async (place) =>
          this.wrap(await (await import('../../src/git/native/store.ts')).openNativeStore(place)),
        embedded: async (place) =>
          this.wrap(await (await import('../../src/git/embedded/store.ts')).openEmbeddedStore(place)),
      },
    };
    const code = await runCli(world);
    return { code, stdout, stderr };
  }

  /** As `cli`, and fails the test when the command does not exit with 0. */
  async ok(person: Person | undefined, args: readonly string[], options: CliOptions = {}): Promise<string> {
    const result = await this.cli(person, args, options);
    if (result.code !== 0) {
      throw new Error(
        `promptaudit ${args.join(' ')} exited with ${result.code}\n${result.stderr}${result.stdout}`,
      );
    }
    return result.stdout;
  }

  /** What a command says on standard error, with the line breaks of the terminal's width taken out, behind its exit code. */
  async told(person: Person | undefined, args: readonly string[], options: CliOptions = {}) {
    const { code, stderr } = await this.cli(person, args, options);
    return [code, stderr.trim().replace(/\s+/g, ' ')] as const;
  }

  /** As `ok`, with `--json`: the one document on standard output. */
  async json<T = unknown>(
    person: Person | undefined,
    args: readonly string[],
    options: CliOptions = {},
  ): Promise<T> {
    return JSON.parse(await this.ok(person, ['--json', ...args], options));
  }

  /** Runs a command that must be refused with exit code 1; answers every unmet rule. */
  async refused(person: Person | undefined, args: readonly string[], options: CliOptions = {}) {
    const result = await this.cli(person, ['--json', ...args], options);
    const told = `promptaudit ${args.join(' ')} exited with ${result.code}\n${result.stderr}${result.stdout}`;
    if (result.code !== 1) throw new Error(told);
    const document: { error?: { kind: string; message: string; reasons: readonly RefusedRule[] } } =
      JSON.parse(result.stdout);
    if (document.error?.kind !== 'refused') throw new Error(told);
    return {
      message: document.error.message,
      reasons: document.error.reasons,
      rules: document.error.reasons.map(({ rule }) => rule),
    };
  }

  /** Writes a file of the working tree. */
  async write(path: string, content: string | Uint8Array): Promise<void> {
    const file = join(this.repo, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  /** Stock git in the working tree, as somebody who has nothing to do with the registry. Answers without the last line's end. */
  async git(...args: readonly string[]): Promise<string> {
    const date = `@${this.clock} +0000`;
    const who = ['-c', 'user.name=Git', '-c', 'user.email=git@acme.example', '-c', 'commit.gpgsign=false'];
    const dates = { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    return (await this.sandbox.git([...who, ...args], { cwd: this.repo, env: dates })).replace(/\n$/, '');
  }
}
