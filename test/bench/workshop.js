import { cp, link, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.js';

/** @typedef {import('./registry.js').Registry} Registry */

/** A temporary folder with a HOME of its own, in which copies of the generated registries are worked on. */
export class Workshop {
  #library;
  #folder;

  constructor(library, folder) {
    this.#library = library;
    this.#folder = folder;
  }

  static async open(library) {
    return new Workshop(library, await mkdtemp(join(tmpdir(), 'promptaudit-bench-')));
  }

  async close() {
    await rm(this.#folder, { recursive: true, force: true });
  }

  get bin() {
    return this.#library.bin;
  }

  get main() {
    return this.#library.main;
  }

  /** A copy to write to; packs, which nobody writes to, are shared. @param {Registry} registry */
  async copyOf({ repo, ...registry }, name = 'copy') {
    const copy = join(this.#folder, `${name}-${registry.events}`);
    const packs = join('.git', 'objects', 'pack');
    await cp(repo, copy, { recursive: true, filter: (path) => !path.startsWith(join(repo, packs)) });
    await mkdir(join(copy, packs), { recursive: true });
    for (const file of await readdir(join(repo, packs))) {
      const [from, to] = [join(repo, packs, file), join(copy, packs, file)];
      await link(from, to).catch(() => cp(from, to));
    }
    return { ...registry, repo: copy };
  }

  /** The environment of somebody who signs with a key file of their own, in process. */
  envOf({ name, email, keyFile }) {
    return { ...this.env, ...whoIs(name, email), PROMPTAUDIT_SIGNING_KEY: keyFile };
  }

  /** The same person's when git's configuration says how to sign. */
  async configuredEnvOf({ name, email, keyFile }) {
    const home = join(this.#folder, 'home');
    await mkdir(home, { recursive: true });
    await writeFile(
      join(home, '.gitconfig'),
      `[gpg]\n\tformat = ssh\n[user]\n\tsigningkey = ${keyFile}.pub\n`,
    );
    return { ...this.env, ...whoIs(name, email), HOME: home, GIT_CONFIG_GLOBAL: join(home, '.gitconfig') };
  }

  get env() {
    return {
      PATH: process.env.PATH,
      HOME: this.#folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: join(this.#folder, '.gitconfig'),
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
    };
  }

  /** One promptaudit command as a process. @param {Registry} registry */
  promptaudit(registry, args, env = this.env) {
    return run(process.execPath, [this.bin, '-C', registry.repo, ...args], { env });
  }
}

function whoIs(name, email) {
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
  };
}
