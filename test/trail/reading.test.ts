import { expect, test } from 'vitest';
import { encodeCommit } from '../../src/git/commit.ts';
import { hashObject, type NewObject, type Oid } from '../../src/git/object.ts';
import type { GitStore, ReadResult } from '../../src/git/store.ts';
import { encodeTree, type TreeEntry } from '../../src/git/tree.ts';
import { encodeEvent } from '../../src/ledger/codec.ts';
import { sha256 } from '../../src/ledger/digest.ts';
import type { RegistryId, Sha256 } from '../../src/ledger/event.ts';
import { readEvents } from '../../src/trail/reading.ts';

const WHO = { name: 'Mallory', email: 'mallory@acme.example', time: 0, zone: '+0000' };
const MANY = 300;
const MEBIBYTE = 1024 * 1024;

/** A store that one can put objects into. */
function heap() {
  const held = new Map<Oid, NewObject>();
  const put = (kind: NewObject['kind'], bytes: Uint8Array) => {
    const oid = hashObject('sha1', { kind, bytes });
    held.set(oid, { kind, bytes });
    return oid;
  };
  const readMany = async function* (oids: Iterable<Oid>): AsyncGenerator<ReadResult> {
    for (const oid of oids) {
      const object = held.get(oid);
      yield object === undefined
        ? { state: 'missing', oid }
        : { state: 'present', object: { oid, ...object } };
    }
  };
  const tree = (...entries: readonly TreeEntry[]) => put('tree', encodeTree(entries, 'sha1'));
  const commit = (of: Oid, message: string) =>
    put('commit', encodeCommit({ tree: of, parents: [], author: WHO, committer: WHO, message }));
  const store = { readMany, layout: { objectFormat: 'sha1' } } as unknown as GitStore;
  return { store, put, tree, commit };
}

test('one file that stands for the keys of thousands of people is kept once', async () => {
  const { store, put, tree, commit } = heap();
  const fingerprints = Array.from({ length: MANY }, (_, index) => String(index).padStart(40, '0'));
  const principals = fingerprints.map(
    (fingerprint, index) =>
      `  p${index}@acme.example: { name: P, roles: [author], keys: ["openpgp:${fingerprint}"] }\n`,
  );
  const policy = Buffer.from(
    `schema: promptaudit/policy@1\nregistry: acme\nprincipals:\n${principals.join('')}`,
  );
  const key = put('blob', Buffer.alloc(MEBIBYTE, 'A'));
  const keys = tree(
    ...fingerprints.map((name) => ({ mode: '100644', name: `${name}.asc`, oid: key }) as const),
  );
  const folder = tree(
    { mode: '40000', name: 'keys', oid: keys },
    { mode: '100644', name: 'policy.yml', oid: put('blob', policy) },
  );
  const named = commit(tree({ mode: '40000', name: '.promptaudit', oid: folder }), 'Mine\n');
  const event = encodeEvent({
    sequence: 3,
    previous: `sha256:${'0'.repeat(64)}` as Sha256,
    registry: '00000000-0000-4000-8000-000000000001' as RegistryId,
    policy: 1,
    detail: { event: 'policy', version: 2, commit: named, contentDigest: sha256(policy) },
    reason: '',
  });
  const oid = commit(tree(), event);
  const before = process.memoryUsage().rss;
  const [reading] = await readEvents(store, [oid]);
  const grown = process.memoryUsage().rss - before;
  expect(reading?.file?.state).toBe('present');
  expect(reading?.policy?.unread).toEqual([]);
  expect(grown / MEBIBYTE).toBeLessThan(MANY / 2);
});
