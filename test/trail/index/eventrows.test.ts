import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Oid } from '../../../src/git/object.ts';
import type { Sha256 } from '../../../src/ledger/event.ts';
import type { PrincipalId } from '../../../src/policy/model.ts';
import type { PromptName } from '../../../src/prompts/name.ts';
import type { KeyId } from '../../../src/signing/model.ts';
import { IndexDamaged } from '../../../src/trail/index/damaged.ts';
import { EventRows } from '../../../src/trail/index/eventrows.ts';
import type { TrailEvent } from '../../../src/trail/model.ts';

const PROMPTS = ['intake', 'discharge', 'triage/adults'] as PromptName[];

/** A retirement that took effect, with a reason of this many characters of two bytes. */
function eventOf(sequence: number, length: number): TrailEvent {
  const prompt = PROMPTS[sequence % PROMPTS.length] ?? '';
  return {
    sequence,
    oid: `${sequence}`.padStart(40, '0') as Oid,
    digest: `sha256:${`${sequence}`.padStart(64, '0')}` as Sha256,
    time: 1_767_600_000 + sequence,
    actor: { principal: 'ada@acme.example' as PrincipalId, name: 'Ada', key: 'ssh-ed25519 AAAA' as KeyId },
    claimedBy: 'ada@acme.example',
    policy: 1,
    detail: { event: 'retirement', commit: '0'.repeat(40) as Oid, prompt },
    reason: 'é'.repeat(length),
    verified: true,
    effective: true,
    findings: [],
  };
}

describe('event rows', () => {
  let parent: string;
  let folders = 0;
  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), 'promptaudit-rows-'));
  });
  afterAll(() => rmSync(parent, { recursive: true }));

  const folder = () => {
    folders += 1;
    return join(parent, `rows-${folders}`);
  };
  const filled = (where: string, events: readonly TrailEvent[]) => {
    const rows = new EventRows(where);
    for (const event of events) rows.add(event);
    expect(rows.file()).toBe(true);
    return rows;
  };
  const sequences = (events: Iterable<TrailEvent>) => Array.from(events, ({ sequence }) => sequence);

  test.each([
    ['shorter than any piece that is read', 40, 10],
    ['that fill many pieces', 3000, 100],
    ['of which each is longer than any piece', 3, 700_000],
  ])('come back as they went in, newest first: lines %s', (_, count, length) => {
    const events = Array.from({ length: count }, (__, index) => eventOf(index + 1, length));
    const rows = filled(folder(), events);
    const again = new EventRows(rows.folder, rows.extent);
    expect([...again.backwards()]).toEqual(events.toReversed());
    for (const prompt of PROMPTS)
      expect(again.rowsOf(prompt)).toEqual(
        events.filter(({ detail }) => detail && 'prompt' in detail && detail.prompt === prompt),
      );
  });

  test('are the same bytes, whoever writes them, in whatever order and from whichever head', () => {
    const whole = Array.from({ length: 12 }, (_, index) => eventOf(index + 1, index * 7));
    const reference = filled(folder(), whole);
    const bytes = readFileSync(join(reference.folder, 'events'));
    const head = fc.integer({ min: 1, max: whole.length });
    fc.assert(
      fc.property(fc.array(fc.tuple(head, head), { maxLength: 12 }), (readings) => {
        const where = folder();
        const extents = new Map([[1, filled(where, whole.slice(0, 1)).extent]]);
        for (const [from, to] of readings) {
          // Nobody can stand at a head that nobody has written yet.
          const start = Math.max(...[...extents.keys()].filter((known) => known <= from));
          const rows = new EventRows(where, extents.get(start));
          for (const event of whole.slice(start, Math.max(start, to))) rows.add(event);
          rows.file();
          extents.set(Math.max(start, to), rows.extent);
          for (const [known, extent] of extents)
            expect(sequences(new EventRows(where, extent).backwards())).toHaveLength(known);
        }
        const written = readFileSync(join(where, 'events'));
        expect(written.equals(bytes.subarray(0, written.length))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  test('that are not filed are read from memory, after those that are', () => {
    const rows = filled(folder(), [eventOf(1, 1), eventOf(2, 1)]);
    rows.add(eventOf(3, 1));
    expect(sequences(rows.backwards())).toEqual([3, 2, 1]);
    expect(rows.changed).toEqual([PROMPTS[0]]);
    expect(rows.extent.events).toBe(3);
  });

  test('say that they are damaged where an extent or a place does not fit', () => {
    const rows = filled(
      folder(),
      [1, 2, 3, 4].map((sequence) => eventOf(sequence, 5)),
    );
    const { extent } = rows;
    const other = (changes: Partial<typeof extent>) => new EventRows(rows.folder, { ...extent, ...changes });
    expect(() => [...other({ bytes: extent.bytes - 1 }).backwards()]).toThrow(IndexDamaged);
    expect(() => [...other({ bytes: extent.bytes + 1 }).backwards()]).toThrow(IndexDamaged);
    expect(() => [...other({ events: 5 }).backwards()]).toThrow(IndexDamaged);
    expect(() => other({ pages: new Map([['intake' as PromptName, 2]]) }).rowsOf(PROMPTS[0]!)).toThrow(
      IndexDamaged,
    );
    expect(() => other({ bytes: 10 }).rowsOf(PROMPTS[0]!)).toThrow(IndexDamaged);
  });
});
