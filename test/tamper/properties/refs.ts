import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Oid } from '../../../src/git/object.ts';
import { LEDGER_REF, TAG_PREFIX } from '../../../src/ledger/event.ts';
import type { Share } from './healthy.ts';
import { findingsIn } from './spoiled.ts';

/** Where no ref stands but those that promptaudit makes; the tags' twice, for there are most. */
const PREFIXES = [TAG_PREFIX, TAG_PREFIX, 'refs/promptaudit/', 'refs/replace/', `${LEDGER_REF}/`];

/** What may stand behind a prefix. */
const anyName = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', minLength: 1 }),
  fc
    .record({
      prompt: fc.constantFrom('clinical-intake', 'discharge', 'policy', 'nobody/knows'),
      version: fc.integer({ min: 0, max: 5 }),
      word: fc.constantFrom('approved', 'rejected', 'revoked', 'approval'),
      who: fc.constantFrom('bob@acme.example', 'carol@acme.example.3', 'mallory'),
    })
    .map(({ prompt, version, word, who }) => `${prompt}/v${version}/${word}/${who}`),
);

/** No ref of ours can stand elsewhere unseen by a clone that knows the ledger. Branches are not ours. */
export function moveRefs(healthy: Share): void {
  const found = (refs: ReadonlyMap<string, Oid | undefined>) =>
    findingsIn(healthy(), { refs, commonDir: healthy().store.layout.commonDir });

  test('a ref of ours that was moved, deleted or made is found', async () => {
    const ours = healthy().refs.filter(({ name }) => name === LEDGER_REF || name.startsWith(TAG_PREFIX));
    const oids = fc.constantFrom(...healthy().objects.keys());
    const change = fc.oneof(
      fc.tuple(fc.constantFrom(...ours.map(({ name }) => name)), fc.option(oids, { nil: undefined })),
      fc.tuple(fc.constant(LEDGER_REF), fc.constantFrom(...healthy().ledger)),
      fc.tuple(
        fc.tuple(fc.constantFrom(...PREFIXES), anyName).map(([prefix, name]) => `${prefix}${name}`),
        oids,
      ),
    );
    const before = new Map(healthy().refs.map(({ name, oid }) => [name, oid]));
    expect(ours.length).toBe(8);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 2 }), async (changes) => {
        const refs = new Map(changes);
        fc.pre([...refs].some(([name, oid]) => before.get(name) !== oid));
        expect(await found(refs)).not.toEqual([]);
      }),
      { numRuns: 80 },
    );
  });

  test('a ref of the ledger that stops short of any event is a rollback, whatever became of the tags', async () => {
    for (const [index, tip] of healthy().ledger.slice(0, -1).entries()) {
      const cut = new Map<string, Oid | undefined>([[LEDGER_REF, tip]]);
      expect(await found(cut), `after event ${index + 1}`).toContain('ledger/rollback');
      const rest = Buffer.concat(
        healthy()
          .ledger.slice(0, index + 1)
          .map((oid) => Buffer.from(healthy().objects.get(oid)?.bytes ?? [])),
      );
      for (const { name } of healthy().refs) {
        if (name.startsWith(TAG_PREFIX) && !rest.includes(`Tag: ${name}\n`)) cut.set(name, undefined);
      }
      expect(await found(cut), `after event ${index + 1}`).toContain('ledger/rollback');
    }
  });
}
