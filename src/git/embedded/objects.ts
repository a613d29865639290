import { resolve } from 'node:path';
import { readIfThere } from '../files.ts';
import {
  emptyTree,
  type GitObject,
  hashObject,
  keptOf,
  type NewObject,
  type Oid,
  parseOid,
} from '../object.ts';
import type { ReadResult } from '../store.ts';
import { DamagedObject } from './damage.ts';
import { freshen, type LooseWrite, looseWithPrefix, readLoose, writeLoose } from './looseobjects.ts';
import { PackFolder } from './packs.ts';

/** git's limit on how far alternates may name further alternates. */
const MAX_ALTERNATES_DEPTH = 5;

/** git has it everywhere, written or not. */
const EMPTY_TREE = emptyTree('sha1');

interface ObjectFolder {
  readonly path: string;
  readonly packs: PackFolder;
}

/** The objects of a repository and of those that it borrows from. SHA-1 only. */
export class ObjectDatabase {
  private readonly objectsDir: string;
  private readonly borrowed: readonly string[];
  private folders: Promise<readonly ObjectFolder[]> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  /**
   * @param objectsDir the folder that is written to
   * @param borrowed further folders, besides those that `objects/info/alternates` names
   */
  constructor(objectsDir: string, borrowed: readonly string[]) {
    this.objectsDir = objectsDir;
    this.borrowed = borrowed;
  }

  async read(oid: Oid): Promise<ReadResult> {
    if (oid === EMPTY_TREE) {
      return { state: 'present', object: { oid, kind: 'tree', bytes: new Uint8Array(0) } };
    }
    return oid.length === 40 ? this.findInTurn(oid) : { state: 'missing', oid };
  }

  /** One after another, however many ask: each is inflated whole before it is known what is kept of it. */
  private findInTurn(oid: Oid): Promise<ReadResult> {
    const found = this.last.then(() => this.find(oid));
    this.last = found.catch(() => {});
    return found;
  }

  private async find(oid: Oid): Promise<ReadResult> {
    const folders = await this.objectFolders();
    const search = new Search(oid);
    for (const folder of folders) {
      await search.inPacks(folder.packs);
    }
    for (const folder of folders) {
      await search.inLoose(folder.path);
    }
    if (search.found === undefined) {
      for (const folder of folders) {
        await folder.packs.refresh();
        await search.inPacks(folder.packs);
        search.damaged ||= folder.packs.hasDamagedIndex();
      }
      // A repack moves objects from loose files to a pack: one more look finds those that moved in between.
      for (const folder of folders) {
        await search.inLoose(folder.path);
      }
    }
    return search.result();
  }

  async expand(prefix: string): Promise<readonly Oid[]> {
    const ids = new Set<string>();
    for (const folder of await this.objectFolders()) {
      await folder.packs.refresh();
      for (const id of folder.packs.withPrefix(prefix)) {
        ids.add(id);
      }
      for (const id of await looseWithPrefix(folder.path, prefix)) {
        ids.add(id);
      }
    }
    return [...ids].sort().flatMap((id) => parseOid(id) ?? []);
  }

  /** Writes what is not there yet, or is there damaged. */
  async write(objects: readonly NewObject[]): Promise<readonly Oid[]> {
    const wanted = new Map<Oid, NewObject>();
    const oids = objects.map((object) => {
      const oid = hashObject('sha1', object);
      wanted.set(oid, object);
      return oid;
    });
    const missing: LooseWrite[] = [];
    for (const [oid, object] of wanted) {
      if ((await this.find(oid)).state === 'present') {
        await freshen(this.objectsDir, oid);
      } else {
        missing.push({ oid, object });
      }
    }
    await writeLoose(this.objectsDir, missing);
    return oids;
  }

  private objectFolders(): Promise<readonly ObjectFolder[]> {
    this.folders ??= this.openFolders();
    return this.folders;
  }

  private async openFolders(): Promise<readonly ObjectFolder[]> {
    const paths = new Set([this.objectsDir]);
    await addAlternates(this.objectsDir, paths, 1);
    for (const path of this.borrowed) {
      paths.add(path);
      await addAlternates(path, paths, 1);
    }
    return [...paths].map((path) => ({ path, packs: new PackFolder(path) }));
  }
}

/** Source: gitrepository-layout(5), `objects/info/alternates`. */
async function addAlternates(objectsDir: string, paths: Set<string>, depth: number): Promise<void> {
  const text = (await readIfThere(resolve(objectsDir, 'info/alternates')))?.toString() ?? '';
  // git reads no further than a NUL.
  for (const line of text.replace(/\0.*/s, '').split('\n')) {
    const path = line === '' || line.startsWith('#') ? undefined : resolve(objectsDir, line);
    if (path !== undefined && !paths.has(path)) {
      paths.add(path);
      if (depth <= MAX_ALTERNATES_DEPTH) {
        await addAlternates(path, paths, depth + 1);
      }
    }
  }
}

/** Looks for one object in place after place, until one holds bytes that hash to its id. */
class Search {
  found: GitObject | undefined;
  damaged = false;
  private readonly oid: Oid;

  constructor(oid: Oid) {
    this.oid = oid;
  }

  async inPacks(packs: PackFolder): Promise<void> {
    if (this.found !== undefined) {
      return;
    }
    const answer = await packs.read(this.oid);
    if (answer === 'damaged') {
      this.damaged = true;
    } else if (answer !== 'absent') {
      this.take(answer);
    }
  }

  async inLoose(objectsDir: string): Promise<void> {
    if (this.found !== undefined) {
      return;
    }
    try {
      const object = await readLoose(objectsDir, this.oid);
      if (object !== undefined) {
        this.take(object);
      }
    } catch (error) {
      if (!(error instanceof DamagedObject)) {
        throw error;
      }
      this.damaged = true;
    }
  }

  private take(object: NewObject): void {
    if (hashObject('sha1', object) === this.oid) {
      this.found = keptOf({ oid: this.oid, kind: object.kind, bytes: object.bytes });
    } else {
      this.damaged = true;
    }
  }

  result(): ReadResult {
    if (this.found !== undefined) {
      return { state: 'present', object: this.found };
    }
    return { state: this.damaged ? 'corrupt' : 'missing', oid: this.oid };
  }
}
