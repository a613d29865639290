import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { contentOf } from '../../../src/calls/content/walk.ts';
import { erasureCertificate } from '../../../src/calls/retain/certificate.ts';
import { certified, readCertificates } from '../../../src/calls/retain/certificates.ts';
import { holdPath, holdText, readHold } from '../../../src/calls/retain/holds.ts';
import { askFor } from '../../../src/calls/store/handover.ts';
import { takeLock } from '../../../src/calls/store/lock.ts';
import { contentPath, lockPath, parseSegmentName, wantedPath } from '../../../src/calls/store/names.ts';
import { idOf, lineOf } from '../seal/records.ts';
import { workshop } from '../seal/workshop.ts';
import { newStore } from './room.ts';

const SEGMENT = parseSegmentName('app-calls-20261121t101112z9f2c1a');
if (SEGMENT === undefined) throw new Error('it is no segment');
const segment = SEGMENT;

async function pipeAt(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  execFileSync('mkfifo', [path]);
}

it('waits for no pipe in the place of content, or of a hold', async () => {
  const store = await newStore();
  await pipeAt(contentPath(store, segment));
  await expect(contentOf(store, segment).next()).rejects.toThrow(/cannot be opened: it is no plain file$/);
  await pipeAt(holdPath(store, 'case'));
  const { queryDigest } = holdText('case', { user: 'u77' });
  const hold = { name: 'case', queryDigest, sequence: 7 } as Parameters<typeof readHold>[1];
  await expect(readHold(store, hold)).rejects.toThrow(/^what hold case is about cannot be read/);
});

it('takes no large certificate into memory but one that an event vouches for', async () => {
  const store = await newStore();
  const calls = Array.from({ length: 450_000 }, (_, at) => idOf(at));
  const deed = {
    id: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
    registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a12',
  };
  const certificate = erasureCertificate(
    { ...deed, time: 1_795_000_000, by: 'bob@acme.example', reason: 'asked' },
    {
      selector: { by: 'user', salt: '0'.repeat(64), digest: `sha256:${'0'.repeat(64)}` as never },
      calls,
      parts: 1,
      segments: [],
    },
  );
  const { text, digest } = certified(certificate);
  const folder = join(store, 'certificates');
  await mkdir(folder);
  await writeFile(join(folder, 'large.json'), text);
  const nothing = { purges: [], erasures: [] };
  expect((await readCertificates(store, nothing)).size).toBe(0);
  const vouched = { ...nothing, erasures: [{ certificate: digest }] } as unknown as typeof nothing;
  expect([...(await readCertificates(store, vouched)).keys()]).toEqual([digest]);
});

it('writes through no link when it converts a segment, or asks for one', async () => {
  const { at, convert } = await workshop();
  const names = ['.parquet', '.parquet.leaves', '.parquet.lines'];
  for (const name of names) {
    await writeFile(at(`own${name}`), 'own');
    await symlink(at(`own${name}`), at(`segment${name}`));
  }
  // One that is no record, so that the others are copied.
  const { file } = await convert([lineOf({ id: idOf(1) }), 'no record']);
  expect(file?.records).toBe(1);
  for (const name of names) expect(await readFile(at(`own${name}`), 'utf8')).toBe('own');

  const store = await newStore();
  takeLock(lockPath(store, segment.name));
  await symlink(at('nothing'), wantedPath(store, segment.name));
  expect(await askFor(store, [segment.name], 100)).toEqual([segment.name]);
  expect(existsSync(at('nothing'))).toBe(false);
});
