import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, readIfThere } from '../files.ts';
import type { NewObject, Oid } from '../object.ts';
import { DamagedObject } from './damage.ts';
import { PackFile } from './packfile.ts';
import { PackIndex } from './packindex.ts';

interface Pack {
  readonly index: PackIndex;
  readonly file: PackFile;
}

/** What a look into the packs found; `damaged` when it is there, or may be, and cannot be read. */
export type PackAnswer = NewObject | 'absent' | 'damaged';

/** The packs of one objects folder. */
export class PackFolder {
  private readonly folder: string;
  /** By name, the one that answered last in front; `undefined` for an index that cannot be read. */
  private packs = new Map<string, Pack | undefined>();
  private listing: Promise<void> | undefined;

  constructor(objectsDir: string) {
    this.folder = join(objectsDir, 'pack');
  }

  /** Looks at the folder again: another process may have packed anew. */
  refresh(): Promise<void> {
    this.listing ??= this.list().finally(() => {
      this.listing = undefined;
    });
    return this.listing;
  }

  private async list(): Promise<void> {
    const names = await readdir(this.folder).catch((error: unknown) => {
      if (isAbsent(error)) {
        return [];
      }
      throw error;
    });
    const there = new Set(names);
    const wanted = names.filter((name) => name.endsWith('.idx') && there.has(`${name.slice(0, -4)}.pack`));
    const packs = new Map<string, Pack | undefined>();
    for (const name of [...this.packs.keys()].filter((known) => there.has(known))) {
      packs.set(name, this.packs.get(name));
    }
    for (const name of wanted.filter((each) => !packs.has(each))) {
      const pack = await this.load(name);
      if (pack !== 'gone') {
        packs.set(name, pack);
      }
    }
    this.packs = packs;
  }

  private async load(name: string): Promise<Pack | undefined | 'gone'> {
    const path = join(this.folder, name);
    try {
      const bytes = await readIfThere(path);
      if (bytes === undefined) {
        return 'gone';
      }
      const index = new PackIndex(bytes);
      return { index, file: new PackFile(`${path.slice(0, -4)}.pack`, index) };
    } catch (error) {
      if (error instanceof DamagedObject) {
        return undefined;
      }
      throw error;
    }
  }

  /** An object of the packs known so far; its bytes are not hashed yet. */
  async read(oid: Oid): Promise<PackAnswer> {
    const id = Buffer.from(oid, 'hex');
    let answer: PackAnswer = 'absent';
    for (const [name, pack] of this.packs) {
      try {
        const offset = pack?.index.find(id);
        if (pack !== undefined && offset !== undefined) {
          const object = await pack.file.read(offset);
          this.toFront(name, pack);
          return object;
        }
      } catch (error) {
        if (error instanceof DamagedObject) {
          answer = 'damaged';
        } else if (!isAbsent(error)) {
          throw error;
        }
      }
    }
    return answer;
  }

  /** True when an index could not be read: what is in none of the others may be in that one. */
  hasDamagedIndex(): boolean {
    return [...this.packs.values()].includes(undefined);
  }

  private toFront(name: string, pack: Pack): void {
    if (this.packs.keys().next().value !== name) {
      this.packs = new Map([[name, pack], ...this.packs]);
    }
  }

  *withPrefix(prefix: string): Iterable<string> {
    for (const pack of this.packs.values()) {
      yield* pack?.index.withPrefix(prefix) ?? [];
    }
  }
}
