import { appendFile, copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Hospital } from '../../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../../helpers/sandbox.ts';
import { copyOfArchive, filesOf, foundArchive, idOf, later, sealed, storeOf } from './archive.ts';

let sandbox: Sandbox;
let archive: Hospital;
let own: Hospital;

/** Sealed: 1 and 2 in the clear, 3 encrypted. */
beforeAll(async () => {
  sandbox = await createSandbox();
  archive = await foundArchive(sandbox);
  await sealed(archive, [
    { id: 1, user: 'u-1009', said: 'My knee hurts', heard: 'Rest it' },
    { id: 2, user: 'u-7', said: 'I cannot sleep' },
    { id: 4 },
  ]);
  const recipient = await identityToRecipient(await generateX25519Identity());
  await sealed(archive, [{ id: 3, user: 'u-1009', said: 'My back too' }], '--recipient', recipient);
});
afterAll(() => sandbox.remove());
beforeEach(async () => {
  own = await copyOfArchive(archive);
});

interface Verified {
  readonly findings: readonly { code: string; object: string; message: string }[];
}

async function findings(...args: string[]): Promise<readonly string[]> {
  const { stdout } = await own.team.cli(own.bob, ['--json', 'calls', 'verify', ...args]);
  const { findings: found }: Verified = JSON.parse(stdout);
  return found.map(({ code, object }) => `${code} ${object}`);
}

async function contentFiles(): Promise<readonly string[]> {
  const paths = (await filesOf(own)).filter((path) => path.startsWith('content/'));
  return paths.map((path) => join(storeOf(own), path));
}

async function change(find: string, replace: string): Promise<void> {
  for (const file of await contentFiles())
    await writeFile(file, (await readFile(file, 'utf8')).replace(find, replace));
}

const ERASE = ['calls', 'erase', '--user', 'u-1009', '-m', 'Why'];

describe('what was said', () => {
  it('is found to be as the records say, read or encrypted', async () => {
    expect(await findings('--deep')).toEqual([]);
  });

  it('is found altered', async () => {
    await change('My knee hurts', 'My knee is fine');
    expect(await findings('--deep')).toEqual([`calls/content ${idOf(1)}`]);
    expect(await findings()).toEqual([]);
  });

  it('is found missing, each text once', async () => {
    for (const file of await contentFiles()) await rm(file);
    expect(await findings('--deep')).toEqual([1, 1, 2, 3].map((id) => `calls/content ${idOf(id)}`));
  });

  it('is not missed after an erasure or a purge of it', async () => {
    await own.team.ok(own.ada, ERASE);
    expect(await findings('--deep')).toEqual([]);
    await change('I cannot sleep', 'I can sleep');
    expect(await findings('--deep')).toEqual([`calls/content ${idOf(2)}`]);
    later(own, 40);
    await own.team.ok(own.dee, ['calls', 'purge', 'content']);
    expect(await findings('--deep')).toEqual([]);
  });
});

describe('acts', () => {
  it('are found without their certificates', async () => {
    const { certificate } = await own.team.json<{ certificate: { id: string } }>(own.ada, ERASE);
    const folder = join(storeOf(own), 'certificates');
    const [name = ''] = await readdir(folder);
    await appendFile(join(folder, name), ' ');
    expect(await findings()).toEqual([`calls/certificate ${certificate.id}`]);
    expect(await own.team.cli(own.bob, ['verify'])).toMatchObject({ code: 1 });
    await rm(join(folder, name));
    expect(await findings()).toEqual([`calls/certificate ${certificate.id}`]);
  });

  it('do not count by a certificate that nobody signed, which is no finding but told', async () => {
    const { certificate } = await own.team.json<{ certificate: { id: string } }>(own.ada, ERASE);
    const before = await copyOfArchive(archive);
    const name = `${certificate.id}.json`;
    await mkdir(join(storeOf(before), 'certificates'));
    await copyFile(join(storeOf(own), 'certificates', name), join(storeOf(before), 'certificates', name));
    const { code, stderr } = await before.team.cli(before.bob, ['calls', 'verify']);
    expect(code).toBe(0);
    expect(stderr).toContain(
      `certificate ${certificate.id} is of no erasure that took effect, so it proves nothing`,
    );
    const { unsigned } = await before.team.json<{ unsigned: unknown }>(before.bob, ['calls', 'verify']);
    expect(unsigned).toEqual([
      { id: certificate.id, kind: 'erasure', at: expect.any(String), by: before.ada.email },
    ]);
    const signed = await own.team.cli(own.bob, ['calls', 'verify']);
    expect([signed.code, signed.stderr]).toEqual([0, '']);
  });

  it('are found undone', async () => {
    const before = await Promise.all(
      (await contentFiles()).map(async (file) => [file, await readFile(file)] as const),
    );
    const { certificate } = await own.team.json<{ certificate: { id: string } }>(own.ada, ERASE);
    for (const [file, bytes] of before) await writeFile(file, bytes);
    expect(await findings()).toEqual([`calls/erased ${certificate.id}`]);
    await own.team.ok(own.ada, ['calls', 'erase', '--resume']);
    expect(await findings()).toEqual([]);
    later(own, 40);
    await own.team.ok(own.dee, ['calls', 'purge', 'content']);
    for (const [file, bytes] of before.slice(0, 1)) await writeFile(file, bytes);
    expect((await findings()).map((one) => one.split(' ')[0])).toEqual(['calls/erased', 'calls/purged']);
    await own.team.ok(own.dee, ['calls', 'purge', 'content']);
    expect(await findings()).toEqual([]);
  });
});
