import { chmod, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/git/embedded/store.ts';
import { openNativeStore } from '../../../src/git/native/store.ts';
import type { NewObject, Oid } from '../../../src/git/object.ts';
import { ADAPTERS, type Adapter } from '../../helpers/team.ts';
import type { Grown, Share } from './healthy.ts';
import { verified } from './spoiled.ts';

let healthy: Grown;
/** The same registry twice more, to be spoiled: with every object in a file of its own, and with all in one pack. */
let loose: string;
let packed: string;
let pack: string;

/** What `verify` finds in a repository, which is opened anew, and whether each object of the trail is read as it was. */
async function look(repo: string, adapter: Adapter) {
  const place = { cwd: repo, env: healthy.hospital.team.sandbox.env };
  const store = adapter === 'native' ? await openNativeStore(place) : await openEmbeddedStore(place);
  try {
    const { ok, findings } = await verified(store, healthy.now);
    expect(ok).toBe(findings.length === 0);
    let asBefore = true;
    for await (const result of store.readMany(healthy.trail.keys())) {
      const before = result.state === 'present' ? healthy.objects.get(result.object.oid) : undefined;
      asBefore &&= result.state === 'present' && before?.bytes.equals(result.object.bytes) === true;
    }
    return { found: findings.map(({ code }) => code), asBefore };
  } finally {
    await store.close();
  }
}

/** Does something while a file has other bytes. */
async function during<T>(
  file: string,
  change: (bytes: Buffer) => Uint8Array,
  work: () => Promise<T>,
): Promise<T> {
  const before = await readFile(file);
  await chmod(file, 0o644);
  try {
    await writeFile(file, change(before));
    return await work();
  } finally {
    await writeFile(file, before);
  }
}

const fileOf = (oid: Oid) => join(loose, '.git/objects', oid.slice(0, 2), oid.slice(2));
const objectOf = (oid: Oid): NewObject =>
  healthy.objects.get(oid) ?? { kind: 'blob', bytes: Buffer.alloc(0) };
const flip = (bytes: Uint8Array, at: number, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << bit);
  return copy;
};
const bits = { at: fc.nat(), bit: fc.integer({ min: 0, max: 7 }) };
const some = () => fc.record({ oid: fc.constantFrom(...healthy.trail.keys()), ...bits });

/** No bit of the files of a repository can change unseen. */
export function spoilFiles(share: Share): void {
  beforeAll(async () => {
    healthy = share();
    const { sandbox } = healthy.hospital.team;
    loose = join(sandbox.dir, 'loose');
    packed = join(sandbox.dir, 'packed');
    for (const repo of [loose, packed]) await cp(healthy.repo, repo, { recursive: true });
    await sandbox.git(['-C', packed, 'repack', '-adfq']);
    const folder = join(packed, '.git/objects/pack');
    const name = (await readdir(folder)).find((file) => file.endsWith('.pack'));
    pack = join(folder, name ?? '');
  });

  describe.each(ADAPTERS)('on disk, by the %s adapter,', (adapter) => {
    const numRuns = adapter === 'native' ? 6 : 12;

    test('nothing is wrong before', async () => {
      expect(await look(loose, adapter)).toEqual({ found: [], asBefore: true });
      expect(await look(packed, adapter)).toEqual({ found: [], asBefore: true });
    });

    test('an object that was replaced by another under its id is found', async () => {
      await fc.assert(
        fc.asyncProperty(some(), async ({ oid, at, bit }) => {
          const { kind, bytes } = objectOf(oid);
          const other = flip(bytes, at, bit);
          const file = () => deflateSync(Buffer.concat([Buffer.from(`${kind} ${bytes.length}\0`), other]));
          const { found } = await during(fileOf(oid), file, () => look(loose, adapter));
          expect(found, healthy.trail.get(oid)).not.toEqual([]);
        }),
        { numRuns },
      );
    });

    // A few bits of such files say nothing: what fills up the last byte of a deflate stream, a pack's own checksum.
    test('an object’s file in which one bit is another is found, or reads as it did', async () => {
      await fc.assert(
        fc.asyncProperty(some(), async ({ oid, at, bit }) => {
          const change = (bytes: Buffer) => flip(bytes, at, bit);
          const { found, asBefore } = await during(fileOf(oid), change, () => look(loose, adapter));
          expect(found.length > 0, healthy.trail.get(oid)).toBe(!asBefore);
        }),
        { numRuns },
      );
    });

    test.each(['pack', 'idx'])(
      'a %s file in which one bit is another is found, or reads as it did',
      async (suffix) => {
        const file = pack.replace(/pack$/, suffix);
        await fc.assert(
          fc.asyncProperty(fc.record(bits), async ({ at, bit }) => {
            const change = (bytes: Buffer) => flip(bytes, at, bit);
            const { found, asBefore } = await during(file, change, () => look(packed, adapter));
            expect(found.length > 0).toBe(!asBefore);
          }),
          { numRuns },
        );
      },
    );
  });
}
