import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openRecorder } from '../../../src/calls/capture/recorder.ts';
import { listSources } from '../../../src/calls/search/sources.ts';
import { askFor } from '../../../src/calls/store/handover.ts';
import { takeLock } from '../../../src/calls/store/lock.ts';
import { lockPath, type SegmentName, wantedPath } from '../../../src/calls/store/names.ts';
import { openSegments } from '../../../src/calls/store/recover.ts';
import { newStore, usersIn } from './room.ts';

it('has a recorder close its segment and go on in another', async () => {
  const store = await newStore();
  const recorder = await openRecorder({ store, recorder: 'app', every: 10 });
  recorder.recordCall({ 'user.id': 'before' });
  await recorder.flush();
  const { written } = await openSegments(store, new Date());
  expect(written).toHaveLength(1);
  expect(await askFor(store, written)).toEqual([]);
  expect((await openSegments(store, new Date())).waiting).toEqual(written);
  // Until it is sealed it would be taken up again, for it is not full.
  takeLock(lockPath(store, written[0] ?? ''));
  recorder.recordCall({ 'user.id': 'after' });
  await recorder.close();
  expect(usersIn(store).flat().sort()).toEqual(['after', 'before']);
  expect(readdirSync(join(store, 'open')).filter((name) => name.endsWith('.jsonl'))).toHaveLength(2);
});

it('gives up on who does not answer, and leaves no trace', async () => {
  const store = await newStore();
  const segment = 'app-calls-20261121t101112z9f2c1a' as SegmentName;
  takeLock(lockPath(store, segment));
  const asked = askFor(store, [segment], 100);
  expect(existsSync(wantedPath(store, segment))).toBe(true);
  expect((await listSources(store)).strangers).toEqual([]);
  expect(await asked).toEqual([segment]);
  expect(existsSync(wantedPath(store, segment))).toBe(false);
});
