import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Forge, hire } from './forge.js';
import { ObjectPack } from './objectpack.js';
import { run } from './processes.js';
import { Story } from './story.js';

/**
 * @typedef {{ events: number, repo: string, people: Record<string, { name: string, email: string, keyFile: string }>, prompts: string[], allowedSigners: string }} Registry
 */

const NAMES = {
  admin: ['Ada Admin'],
  authors: ['Alice Ng', 'Dan Oyelaran', 'Erin Walsh', 'Femi Adeyemi', 'Greta Lind', 'Hugo Sato'],
  approvers: ['Bob Rao', 'Carol Meyer', 'Ines Duarte'],
  deployers: ['Deploy Bot', 'Dee Park'],
};

/**
 * A registry of `events` events with real signatures, generated into `cache` unless it is there.
 * @param {import('./library.js').Library} library
 * @returns {Promise<Registry>}
 */
export async function registryOf(library, cache, events, tell) {
  const folder = join(cache, `registry-${await generatorVersion()}-${events}`);
  const summary = join(folder, 'registry.json');
  if (await stat(summary).catch(() => undefined)) return JSON.parse(await readFile(summary, 'utf8'));
  tell(`generating a registry of ${events} events`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'keys'), { recursive: true });
  const staff = await hireStaff(library, join(folder, 'keys'));
  const { repo, prompts } = await generate(library, folder, staff, events);
  const people = Object.values(staff).flat();
  const allowedSigners = join(folder, 'allowed_signers');
  const lines = people.map(({ email, publicKey }) => `${email} namespaces="git" ${publicKey}\n`);
  await writeFile(allowedSigners, lines.join(''));
  await demandSound(library, repo, tell);
  const known = ({ name, email, keyFile }) => ({ name, email, keyFile });
  const [author, approver, deployer] = [staff.authors, staff.approvers, staff.deployers].map(([first]) =>
    known(first),
  );
  const registry = { events, repo, prompts, allowedSigners, people: { author, approver, deployer } };
  await writeFile(summary, JSON.stringify(registry));
  return registry;
}

/** A generator that makes anything which `verify` finds fault with is no measure of anything. */
async function demandSound(library, repo, tell) {
  const { stdout } = await run(process.execPath, [library.bin, '-C', repo, 'verify', '--json']);
  const { counts } = JSON.parse(stdout);
  tell(
    Object.entries(counts)
      .map(([what, count]) => `${count} ${what}`)
      .join(', '),
  );
  await rm(join(repo, '.git', 'promptaudit'), { recursive: true });
}

/** Registries of another generator are not taken for this one's. */
async function generatorVersion() {
  const hash = createHash('sha256');
  for (const name of [
    'forge.js',
    'growingtrees.js',
    'objectpack.js',
    'prompttext.js',
    'registry.js',
    'story.js',
  ])
    hash.update(await readFile(join(import.meta.dirname, name)));
  return hash.digest('hex').slice(0, 12);
}

/** @returns {Promise<import('./story.js').Staff>} */
async function hireStaff(library, folder) {
  const staff = {};
  for (const [role, names] of Object.entries(NAMES)) {
    staff[role] = await Promise.all(names.map((name) => hire(library, folder, name)));
  }
  return { ...staff, admin: staff.admin[0] };
}

async function generate(library, folder, staff, events) {
  const repo = join(folder, 'repo');
  await run('git', ['init', '-q', '-b', 'main', repo]);
  const packFile = join(folder, 'objects.pack');
  const pack = new ObjectPack(packFile);
  const forge = await Forge.open(library, pack);
  const story = new Story(forge, staff, events);
  while (forge.sequence < events) {
    story.next();
    await pack.drain();
  }
  await pack.close();
  await indexPack(repo, packFile);
  await rm(packFile);
  await writeRefs(repo, forge);
  await run('git', ['-C', repo, 'reset', '-q', '--hard']);
  return { repo, prompts: story.prompts.map(({ name }) => name) };
}

function indexPack(repo, file) {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['-C', repo, 'index-pack', '--stdin'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`git index-pack exited with ${code}`)),
    );
    createReadStream(file).pipe(child.stdin);
  });
}

/** Tags as `git pack-refs` leaves them: one line each, by name, and what they lead to below. */
async function writeRefs(repo, { tags, ledger, branch }) {
  const sorted = [...tags].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = sorted.map(({ name, oid, peeled }) => `${oid} ${name}\n^${peeled}\n`);
  await writeFile(
    join(repo, '.git', 'packed-refs'),
    ['# pack-refs with: peeled fully-peeled sorted \n', ...lines].join(''),
  );
  const moves = `create refs/heads/main ${branch}\ncreate refs/notes/promptaudit ${ledger}\n`;
  await run('git', ['-C', repo, 'update-ref', '--stdin'], { input: moves });
}
