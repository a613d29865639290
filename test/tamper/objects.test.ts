import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { versionAt } from '../helpers/forge.ts';
import { DISCHARGE, INTAKE } from '../helpers/hospital.ts';
import { describeAttacks, tamperScene } from './attack.ts';
import { addObjects, OBJECT_ATTACKS } from './attacks/objects.ts';
import { packAll, swapInIndex } from './packs.ts';
import { ledgerOf } from './workbench.ts';

const scene = tamperScene(addObjects);

describeAttacks('objects', OBJECT_ATTACKS, scene);

/** Why `verify` hashes what it reads, and reads what it was asked for. */
describe('stock git shows', () => {
  test('another object where a ref says so', async () => {
    const { team } = await scene.copy();
    const of = await team.git('rev-parse', `HEAD:${INTAKE}`);
    const by = await team.git('rev-parse', `HEAD:${DISCHARGE}`);
    const content = await team.git('cat-file', 'blob', by);
    await team.git('replace', of, by);
    expect(await team.git('show', `HEAD:${INTAKE}`)).toBe(content);
  });

  test('another history where a file says so', async () => {
    const h = await scene.copy();
    const oids = await ledgerOf(h);
    const info = join(h.team.repo, '.git/info');
    await mkdir(info, { recursive: true });
    await writeFile(join(info, 'grafts'), `${oids[8]} ${oids[6]}\n`);
    expect(await ledgerOf(h)).toEqual(oids.filter((_, index) => index !== 7));
  });

  test("another object where a pack's index says so", async () => {
    const h = await scene.copy();
    const { team } = h;
    const [one, other] = [(await versionAt(h, 4)).commit, (await versionAt(h, 10)).commit];
    const [of = '', by = ''] = (await team.git('rev-parse', `${one}:${INTAKE}`, `${other}:${INTAKE}`)).split(
      '\n',
    );
    await packAll(h);
    await swapInIndex(h, of, by);
    const now = await readFile(join(team.repo, INTAKE), 'utf8');
    expect(`${await team.git('show', `${one}:${INTAKE}`)}\n`).toBe(now);
  });
});
