import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hospital } from '../helpers/hospital.ts';

/** Puts all objects but these into one pack, and nothing elsewhere. */
export async function packAll({ team }: Hospital, ...without: readonly string[]): Promise<void> {
  const listed = await team.git('cat-file', '--batch-all-objects', '--batch-check=%(objectname)');
  const kept = listed.split('\n').filter((oid) => !without.includes(oid));
  const objects = join(team.repo, '.git/objects');
  const before = await readdir(objects);
  const input = `${kept.join('\n')}\n`;
  // Without deltas: one whose base is itself keeps git busy for ever.
  const args = ['pack-objects', '-q', '--window=0', join(team.sandbox.dir, 'packed')];
  const name = (await team.sandbox.git(args, { cwd: team.repo, input })).trim();
  for (const folder of before.filter((one) => /^(?:[0-9a-f]{2}|pack)$/.test(one))) {
    await rm(join(objects, folder), { recursive: true });
  }
  await mkdir(join(objects, 'pack'));
  for (const suffix of ['pack', 'idx']) {
    const from = join(team.sandbox.dir, `packed-${name}.${suffix}`);
    await team.sandbox.ok('mv', [from, join(objects, 'pack', `pack-${name}.${suffix}`)]);
  }
}

/** Lets the pack's index lead from each of two ids to the other one's object. gitformat-pack(5), version 2. */
export async function swapInIndex({ team }: Hospital, one: string, other: string): Promise<void> {
  const folder = join(team.repo, '.git/objects/pack');
  const name = (await readdir(folder)).find((file) => file.endsWith('.idx')) ?? '';
  const index = await readFile(join(folder, name));
  const names = 8 + 256 * 4;
  const count = index.readUInt32BE(names - 4);
  const offsets = names + count * (20 + 4);
  const place = (oid: string): number => {
    for (let at = 0; at < count; at += 1) {
      if (index.toString('hex', names + at * 20, names + at * 20 + 20) === oid) return offsets + at * 4;
    }
    throw new Error(`${oid} is not in the pack`);
  };
  const [a, b] = [place(one), place(other)];
  const [atA, atB] = [index.readUInt32BE(a), index.readUInt32BE(b)];
  index.writeUInt32BE(atB, a);
  index.writeUInt32BE(atA, b);
  createHash('sha1')
    .update(index.subarray(0, -20))
    .digest()
    .copy(index, index.length - 20);
  await rm(join(folder, name));
  await writeFile(join(folder, name), index);
}
