import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { contentOf } from '../../../src/calls/content/walk.ts';
import { lockPath, openPath, sealedPath } from '../../../src/calls/store/names.ts';
import { recover } from '../../../src/calls/store/recover.ts';
import { contentFile, everyByte, idOf, newStore, SEGMENT, said, write } from './helpers.ts';

const NOW = new Date('2026-11-21T10:11:12.345Z');
const DEAD = JSON.stringify({ host: hostname(), pid: spawnSync('true').pid, began: null });

const SAID = said({
  1: { input: 'the left knee', output: 'of course' },
  2: { input: 'the right elbow', output: 'by all means' },
  3: { input: 'the lower back' },
});

/** A record as the recorder writes it, as far as it counts here. */
const line = (number: number): string => `{"id":"${idOf(number)}","kind":"call"}\n`;

/** A store whose writer was killed after these lines, and the ids whose content is there. */
async function killed(lines: string, recipients: readonly string[] = []) {
  const store = await newStore();
  await write(store, SAID, recipients);
  mkdirSync(dirname(openPath(store, SEGMENT.name)), { recursive: true });
  writeFileSync(openPath(store, SEGMENT.name), lines);
  writeFileSync(lockPath(store, SEGMENT.name), DEAD);
  const kept = async (): Promise<readonly string[]> => {
    const ids = new Set<string>();
    for await (const entries of contentOf(store, SEGMENT))
      for (const entry of entries) if (entry.kind === 'item') ids.add(entry.item.id);
    return [...ids];
  };
  return { store, kept, found: await recover(store, NOW) };
}

describe('content of a writer that was killed', () => {
  it('goes where it has no record, and the other stays', async () => {
    const { store, kept, found } = await killed(line(1) + line(3));
    expect(found).toEqual([{ segment: SEGMENT.name, tornBytes: 0, empty: false, texts: 2 }]);
    expect(await kept()).toEqual([idOf(1), idOf(3)]);
    const bytes = await everyByte(store);
    expect(bytes.includes('elbow')).toBe(false);
    expect(bytes.includes('the left knee')).toBe(true);
    expect(await recover(store, NOW)).toEqual([]);
  });

  it('goes with the record that was torn, encrypted or not', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    const { kept, found } = await killed(line(1) + line(2) + line(3).slice(0, 50), [recipient]);
    expect(found).toEqual([{ segment: SEGMENT.name, tornBytes: 50, empty: false, texts: 1 }]);
    expect(await kept()).toEqual([idOf(1), idOf(2)]);
  });

  it('goes altogether with a segment that has no record', async () => {
    const { store, found } = await killed('');
    expect(found).toEqual([{ segment: SEGMENT.name, tornBytes: 0, empty: true, texts: 5 }]);
    expect([existsSync(contentFile(store)), existsSync(openPath(store, SEGMENT.name))]).toEqual([
      false,
      false,
    ]);
  });

  it('stays whole where all have records, or some line does not tell whose it is', async () => {
    const all = line(1) + line(2) + line(3);
    for (const lines of [all, `${line(1)}{"id":"damaged\n`]) {
      const { store, kept, found } = await killed(lines);
      expect(found).toEqual([{ segment: SEGMENT.name, tornBytes: 0, empty: false, texts: 0 }]);
      expect(await kept()).toEqual([idOf(1), idOf(2), idOf(3)]);
      expect(readFileSync(openPath(store, SEGMENT.name), 'utf8')).toBe(lines);
    }
  });

  it('stays where the segment is sealed, or is somebody’s', async () => {
    const { store } = await killed(line(1) + line(2) + line(3));
    writeFileSync(openPath(store, SEGMENT.name), line(1));
    const before = readFileSync(contentFile(store));
    writeFileSync(lockPath(store, SEGMENT.name), JSON.stringify({ host: 'elsewhere', pid: 1, began: null }));
    expect(await recover(store, new Date())).toEqual([]);
    writeFileSync(lockPath(store, SEGMENT.name), DEAD);
    mkdirSync(dirname(sealedPath(store, SEGMENT)), { recursive: true });
    writeFileSync(sealedPath(store, SEGMENT), 'PAR1');
    expect(await recover(store, NOW)).toMatchObject([{ texts: 0 }]);
    expect(readFileSync(contentFile(store))).toEqual(before);
  });
});
