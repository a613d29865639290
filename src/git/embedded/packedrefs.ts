import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../failure.ts';
import { isAbsent } from '../files.ts';
import { type Oid, parseOid } from '../object.ts';

/** `packed-refs`, read again only when it is another file than the last time. Source: gitrepository-layout(5). */
export class PackedRefs {
  private readonly path: string;
  private identity = '';
  private refs: ReadonlyMap<string, Oid> = new Map();

  constructor(commonDir: string) {
    this.path = join(commonDir, 'packed-refs');
  }

  /** Ids by full ref name. @throws Failure where a line is none of git's */
  async read(): Promise<ReadonlyMap<string, Oid>> {
    try {
      const { dev, ino, size, mtimeNs } = await stat(this.path, { bigint: true });
      const identity = `${dev} ${ino} ${size} ${mtimeNs}`;
      if (identity !== this.identity) {
        this.refs = parse(await readFile(this.path, 'utf8'), this.path);
        this.identity = identity;
      }
    } catch (error) {
      if (!isAbsent(error)) {
        throw error;
      }
      this.identity = '';
      this.refs = new Map();
    }
    return this.refs;
  }

  /** The file's content without some refs and what is said of them; the caller holds its lock. */
  async without(names: ReadonlySet<string>): Promise<Uint8Array> {
    let drop = false;
    const kept = (await readFile(this.path, 'utf8')).split('\n').filter((line) => {
      drop = line.startsWith('^') ? drop : names.has(line.slice(41));
      return !drop;
    });
    return Buffer.from(kept.join('\n'));
  }
}

function parse(text: string, path: string): ReadonlyMap<string, Oid> {
  const refs = new Map<string, Oid>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '' || line.startsWith('#') || line.startsWith('^')) {
      continue;
    }
    const oid = parseOid(line.slice(0, 40));
    if (oid === undefined || line[40] !== ' ') {
      throw new Failure(
        `${path} is damaged in line ${index + 1}: restore it from a backup or from another clone`,
      );
    }
    refs.set(line.slice(41), oid);
  }
  return refs;
}
