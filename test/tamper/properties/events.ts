import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Oid } from '../../../src/git/object.ts';
import { LEDGER_REF, TAG_PREFIX } from '../../../src/ledger/event.ts';
import type { Grown, Share } from './healthy.ts';
import { type Insider, insider, type Rewriting, type Rewritten, rewrite, type Signing } from './rewriting.ts';
import { findingsIn } from './spoiled.ts';

const ADMINS = ['ada@acme.example', 'eve@acme.example'];
/** The place of the one that there is. */
const ACKNOWLEDGEMENT = 27;

let healthy: Grown;
let insiders: readonly Insider[];
/** Who signed each event, by email. */
let signers: readonly string[];

/** What `verify` finds in the clone that saw the ledger as it was, and in one that sees only the rewritten one. */
async function found({ objects, oids }: Rewritten) {
  const refs = new Map([[LEDGER_REF, oids.at(-1)]]);
  const { dir } = healthy.hospital.team.sandbox;
  const [seen, fresh] = [join(dir, 'seen'), join(dir, 'fresh')];
  // What an insider may add to the ledger would be known from then on.
  const mark = 'promptaudit/trust.json';
  await mkdir(join(seen, 'promptaudit'), { recursive: true });
  await copyFile(join(healthy.store.layout.commonDir, mark), join(seen, mark));
  const known = await findingsIn(healthy, { objects, refs, commonDir: seen });
  const unknown = await findingsIn(healthy, { objects, refs, commonDir: fresh });
  for (const folder of [seen, fresh]) await rm(folder, { recursive: true, force: true });
  return { known, unknown };
}

/**
 * Whether the insider could have written in the first place all that is there now and was not before: what is the insider's
 * own, and under an admin's own name an acknowledgement, which rests on nothing that somebody else signed.
 */
function isOwnWork({ order, from, by, signing }: Rewriting, { oids }: Rewritten): boolean {
  const { email } = by.person;
  return order.every((index, place) => {
    if (oids[place] === healthy.ledger[place]) return true;
    const how = signing[place === from ? 0 : 1];
    const mayOwn = index === ACKNOWLEDGEMENT && ADMINS.includes(email);
    return (how === 'own' && mayOwn) || (signers[index] === email && (how === 'own' || how === 'borrowed'));
  });
}

async function isTold(rewriting: Rewriting): Promise<void> {
  const rewritten = rewrite(healthy, rewriting);
  fc.pre(rewritten.oids.at(-1) !== healthy.ledger.at(-1));
  const { known, unknown } = await found(rewritten);
  const isWhole = healthy.ledger.every((oid, place) => oid === rewritten.oids[place]);
  if (!isOwnWork(rewriting, rewritten)) {
    expect(known).not.toEqual([]);
    expect(unknown).not.toEqual([]);
  }
  if (!isWhole) expect(known.some((code) => code === 'ledger/fork' || code === 'ledger/rollback')).toBe(true);
}

function ownerOf(index: number): Insider {
  const owner = insiders.find(({ person }) => person.email === signers[index]);
  if (owner === undefined) throw new Error(`nobody signed event ${index + 1}`);
  return owner;
}

/** How the commits are made anew: mostly with every number right, and signed. */
const craft = () =>
  fc.record({
    by: fc.constantFrom(...insiders),
    signing: fc.tuple(
      fc.constantFrom<Signing>('stale', 'bare', 'own', 'borrowed'),
      fc.constantFrom<Signing>('stale', 'bare', 'own', 'own', 'borrowed', 'borrowed'),
    ),
    numbered: fc.constantFrom(true, true, false),
    noted: fc.constantFrom(true, true, false),
  });

/** An event's place; every other time among the last ones, behind which little has to be made anew. */
function place(min = 0): fc.Arbitrary<number> {
  const max = healthy.ledger.length - 1;
  return fc.oneof(fc.integer({ min, max }), fc.integer({ min: max - 6, max }));
}

const events = () => healthy.ledger.map((_, index) => index);

function firstDifference(order: readonly number[]): number {
  const at = order.findIndex((index, position) => index !== position);
  return at === -1 ? Math.min(order.length, healthy.ledger.length) : at;
}

type Reorderings = () => fc.Arbitrary<readonly number[]>;
const dropped: Reorderings = () => place(1).map((at) => events().toSpliced(at, 1));
const swapped: Reorderings = () =>
  fc
    .tuple(place(), place())
    .map(([a, b]) => events().map((index) => (index === a ? b : index === b ? a : index)));
const repeated: Reorderings = () =>
  fc.tuple(place(), place()).map(([event, at]) => events().toSpliced(at + 1, 0, event));

/** No event can be dropped, moved, repeated or made another unseen, but by whoever made it and all behind it. */
export function rewriteEvents(share: Share): void {
  beforeAll(async () => {
    healthy = share();
    const { team, ada, alice, dan, bob, carol, dee } = healthy.hospital;
    const eve = await team.person('Eve');
    insiders = await Promise.all([ada, alice, dan, bob, carol, dee, eve].map(insider));
    signers = healthy.ledger.map((oid) => {
      const text = Buffer.from(healthy.objects.get(oid)?.bytes ?? []).toString();
      return /^author .* <(.*)>/m.exec(text)?.[1] ?? '';
    });
  });

  test.each([
    ['dropped', dropped],
    ['swapped', swapped],
    ['repeated', repeated],
  ])('an event that was %s is told, however the rest is made anew', async (_, orders) => {
    const rewriting = fc.tuple(orders(), craft()).map(([order, how]): Rewriting => {
      return { order, from: firstDifference(order), edit: undefined, ...how };
    });
    await fc.assert(fc.asyncProperty(rewriting, isTold), { numRuns: 15 });
  });

  test('an event that another insider signed anew is told, and so is one that says something else', async () => {
    const piece = fc.oneof(
      fc.constantFrom('1', '2', '3', 'a', ' ', '\n', 'production'),
      fc.string({ maxLength: 3 }),
    );
    const edit = fc.option(fc.record({ at: fc.nat({ max: 600 }), take: fc.nat({ max: 2 }), put: piece }), {
      nil: undefined,
    });
    const rewriting = fc.tuple(place(), craft(), edit).map(([from, how, edited]): Rewriting => {
      const change = (message: string) =>
        edited === undefined
          ? message
          : message.slice(0, edited.at) + edited.put + message.slice(edited.at + edited.take);
      return { order: events(), from, edit: { place: from, change }, ...how };
    });
    await fc.assert(fc.asyncProperty(rewriting, isTold), { numRuns: 30 });
  });

  describe('in a clone that never saw any of it,', () => {
    /** What `verify` finds of a rewritten ledger that ends with this event, at that hour, with no tag or branch that came later. */
    async function foundThen(last: number, rewriting: Rewriting): Promise<readonly string[]> {
      const { objects, oids } = rewrite(healthy, rewriting);
      const texts = healthy.ledger.slice(0, last + 1).map((oid) => String(healthy.objects.get(oid)?.bytes));
      const refs = new Map<string, Oid | undefined>([['refs/heads/main', undefined]]);
      for (const { name } of healthy.refs) {
        if (name.startsWith(TAG_PREFIX) && !texts.some((text) => text.includes(`Tag: ${name}\n`)))
          refs.set(name, undefined);
      }
      refs.set(LEDGER_REF, oids.at(-1));
      const now = Number(/^committer .* (\d+) /m.exec(texts.at(-1) ?? '')?.[1]);
      const fresh = join(healthy.hospital.team.sandbox.dir, 'fresh');
      const found = await findingsIn(healthy, { objects, refs, now, commonDir: fresh });
      await rm(fresh, { recursive: true, force: true });
      return found;
    }

    /** With everything put right but for what the test is about. */
    const careful = { edit: undefined, numbered: true, noted: true };

    test('the ledger is healthy up to any event, and an insider’s own last events are his to write', async () => {
      for (const last of events().slice(1)) {
        const by = ownerOf(last);
        const from = last;
        const same = {
          order: events().slice(0, last + 1),
          from,
          by,
          signing: ['own', 'own'],
          ...careful,
        } as const;
        expect(await foundThen(last, same), `up to event ${last + 1}`).toEqual([]);
      }
    });

    test('no insider can have signed another one’s last event', async () => {
      for (const last of events().slice(1)) {
        for (const [place, by] of insiders.entries()) {
          // Under one's own name it depends on who one is; under that of another, on whose key it is not.
          const ways = place === last % insiders.length ? (['own', 'borrowed'] as const) : (['own'] as const);
          for (const how of ways) {
            const rewriting = {
              order: events().slice(0, last + 1),
              from: last,
              by,
              signing: [how, how],
              ...careful,
            } as const;
            if (isOwnWork(rewriting, rewrite(healthy, rewriting))) continue;
            const found = await foundThen(last, rewriting);
            expect(found, `event ${last + 1}, ${how}, by ${by.person.name}`).not.toEqual([]);
          }
        }
      }
    });

    test('whoever drops the event before an own one has to number it anew', async () => {
      for (const last of events().slice(3)) {
        const order = events()
          .slice(0, last + 1)
          .toSpliced(last - 1, 1);
        const shop = {
          order,
          from: last - 1,
          by: ownerOf(last),
          signing: ['own', 'own'],
          edit: undefined,
        } as const;
        const found = await foundThen(last, { ...shop, numbered: false, noted: true });
        expect(found).toEqual(expect.arrayContaining(['ledger/sequence', 'ledger/previous']));
      }
    });
  });

  test('what an insider alone wrote last, the insider can write otherwise: only who saw it before is told', async () => {
    const [ada] = insiders;
    if (ada === undefined) throw new Error('nobody is there');
    const last = healthy.ledger.length - 1;
    const change = (message: string) => message.replace('Rolled back at once', 'We knew of it');
    const rewriting: Rewriting = {
      order: events(),
      from: last,
      edit: { place: last, change },
      by: ada,
      signing: ['own', 'own'],
      numbered: true,
      noted: true,
    };
    expect(await found(rewrite(healthy, rewriting))).toEqual({ known: ['ledger/fork'], unknown: [] });
  });
}
