import { Failure } from '../../../src/failure.ts';
import { parseCommitLinks } from '../../../src/git/commit.ts';
import { hashObject, type NewObject, type Oid } from '../../../src/git/object.ts';
import { type GitStore, ObjectCorrupt, ObjectMissing, type ReadResult } from '../../../src/git/store.ts';
import type { VerifyReport } from '../../../src/report/rows.ts';
import { verifyRegistry } from '../../../src/verify/verify.ts';
import type { Healthy } from './healthy.ts';

/** In what a repository differs from the healthy one. */
export interface Spoils {
  /** What stands at these ids; `undefined` where nothing does. */
  readonly objects?: ReadonlyMap<Oid, NewObject | undefined>;
  /** Where these refs are; `undefined` where there is none. */
  readonly refs?: ReadonlyMap<string, Oid | undefined>;
  /** Whoever spoiled it can make objects that hash to any id they like: what SHA-1 is on its way to. */
  readonly collides?: boolean;
  /** Where what this clone verified before is kept. */
  readonly commonDir: string;
  /** When it is looked at, in seconds since the epoch: the hour of the healthy registry unless given. */
  readonly now?: number;
}

/**
 * A healthy registry's store but for what was spoiled, with objects and refs out of memory. As both adapters do, it hashes
 * what it reads. Whatever else a store can do, it does on the healthy repository.
 */
function spoiledStore(healthy: Healthy, spoils: Spoils): GitStore {
  const { store } = healthy;
  const refs = new Map<string, Oid | undefined>(healthy.refs.map(({ name, oid }) => [name, oid]));
  for (const [name, oid] of spoils.refs ?? []) refs.set(name, oid);

  const lookUp = (oid: Oid): ReadResult => {
    const object = spoils.objects?.has(oid) ? spoils.objects.get(oid) : healthy.objects.get(oid);
    if (object === undefined) return { state: 'missing', oid };
    const sound = spoils.collides === true || hashObject(store.layout.objectFormat, object) === oid;
    return sound ? { state: 'present', object: { ...object, oid } } : { state: 'corrupt', oid };
  };
  const read: GitStore['read'] = async (oid) => {
    const result = lookUp(oid);
    if (result.state === 'missing') throw new ObjectMissing(oid);
    if (result.state === 'corrupt') throw new ObjectCorrupt(oid);
    return result.object;
  };
  const own: Partial<GitStore> = {
    layout: { ...store.layout, commonDir: spoils.commonDir },
    read,
    async *readMany(oids) {
      for await (const oid of oids) yield lookUp(oid);
    },
    async *firstParents(tip, until) {
      for (let oid: Oid | undefined = tip; oid !== undefined && oid !== until; ) {
        const links: ReturnType<typeof parseCommitLinks> = parseCommitLinks((await read(oid)).bytes);
        if (links === undefined) throw new Failure(`object ${oid} is not a commit that can be followed`);
        yield oid;
        oid = links.parents[0];
      }
    },
    resolveRef: async (ref) => refs.get(ref),
    listRefs: async (prefix) =>
      [...refs]
        .flatMap(([name, oid]) => (name.startsWith(prefix) && oid !== undefined ? [{ name, oid }] : []))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
  return new Proxy(store, {
    get: (target, key) => Reflect.get(key in own ? own : target, key),
  });
}

/** What `verify` answers at the hour of the healthy registry. */
export function verified(store: GitStore, now: number): Promise<VerifyReport> {
  const unkept = async (why: unknown): Promise<void> => {
    throw why;
  };
  return verifyRegistry({ store, root: undefined, now, unkept });
}

/** The codes of all that `verify` finds; of what it cannot go on from, that. */
export async function findingsIn(healthy: Healthy, spoils: Spoils): Promise<readonly string[]> {
  try {
    const report = await verified(spoiledStore(healthy, spoils), spoils.now ?? healthy.now);
    const codes = report.findings.map(({ code }) => code);
    if (report.ok !== (codes.length === 0)) throw new Error(`ok: ${report.ok}, but found: ${codes}`);
    return codes;
  } catch (error) {
    if (error instanceof Failure) return [`failure: ${error.message}`];
    throw error;
  }
}

/** An object with one bit of its body changed. */
export function flipped(object: NewObject, bit: number): NewObject {
  const bytes = Buffer.from(object.bytes);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return { ...object, bytes };
}
