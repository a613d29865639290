import { randomBytes, randomFillSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordKind } from '../../../src/calls/record/fields.ts';
import type { ReadyRecord } from '../../../src/calls/record/model.ts';
import { readRecord } from '../../../src/calls/record/read.ts';
import { uuidMinter } from '../../../src/calls/record/uuid.ts';
import { makeStore } from '../../../src/calls/store/folder.ts';
import { type RecorderName, segmentName } from '../../../src/calls/store/names.ts';
import { RecordLog, type SegmentLimits } from '../../../src/calls/store/recordlog.ts';
import { sandbox } from '../../helpers/sandbox.ts';

export const RECORDER = 'api' as RecorderName;
export const NOW = new Date('2026-11-21T10:11:12.345Z');

const mint = uuidMinter(randomFillSync);

export async function newStore(): Promise<string> {
  const store = join((await sandbox()).dir, 'calls');
  await makeStore(store);
  return store;
}

/** Real records, each told from the others by its `user.id`. */
export function records(users: readonly string[], kind: RecordKind = 'call', id?: string): ReadyRecord[] {
  return users.map((user) => {
    const access = {
      'promptaudit.access.action': 'show',
      'promptaudit.access.actor': 'a',
      'promptaudit.access.outcome': 'denied',
    };
    const fields = { 'user.id': user, id, ...(kind === 'access' ? access : {}) };
    const read = readRecord(fields, kind, { now: NOW.getTime(), mint });
    if (!read.ok) throw new Error(read.problems.join());
    return read.record;
  });
}

export function openLog(
  store: string,
  clock: { now: Date } = { now: NOW },
  limits?: SegmentLimits,
): RecordLog {
  return new RecordLog({
    store,
    recorder: RECORDER,
    now: () => clock.now,
    limits,
    random: () => randomBytes(3).toString('hex'),
  });
}

export function newSegment(at = NOW): ReturnType<typeof segmentName> {
  return segmentName(RECORDER, 'calls', at, randomBytes(3).toString('hex'));
}

/** What is in the open segments, by segment: the users of the whole lines. */
export function usersIn(store: string): string[][] {
  return linesIn(store).map((lines) => lines.map((line) => JSON.parse(line)['user.id']));
}

export function linesIn(store: string): string[][] {
  return filesIn(store, '.jsonl').map((name) =>
    readFileSync(join(store, 'open', name), 'utf8')
      .split('\n')
      .slice(0, -1),
  );
}

export function filesIn(store: string, suffix: string): string[] {
  return readdirSync(join(store, 'open'))
    .filter((name) => name.endsWith(suffix))
    .sort();
}
