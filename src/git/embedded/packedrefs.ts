import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAbsent, readIfThere } from '../files.ts';
import { type Oid, parseOid } from '../object.ts';
import { damaged, refuseDisorder } from '../packedlines.ts';

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
        this.refs = parse(await this.bytes(), this.path);
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

  private async bytes(): Promise<Buffer> {
    return (await readIfThere(this.path)) ?? Buffer.alloc(0);
  }

  /** The file's content without some refs and what is said of them; the caller holds its lock. */
  async without(names: ReadonlySet<string>): Promise<Uint8Array> {
    const dropped = new Set([...names].map((name) => Buffer.from(name).toString('latin1')));
    let drop = false;
    const kept = (await this.bytes())
      .toString('latin1')
      .split('\n')
      .filter((line) => {
        drop = line.startsWith('^') ? drop : dropped.has(line.slice(41));
        return !drop;
      });
    return Buffer.from(kept.join('\n'), 'latin1');
  }
}

function parse(bytes: Buffer, path: string): ReadonlyMap<string, Oid> {
  refuseDisorder(bytes.toString('latin1'), path, 'sha1');
  const refs = new Map<string, Oid>();
  for (const [index, line] of bytes.toString('utf8').split('\n').slice(0, -1).entries()) {
    if (line.startsWith('^') || (line.startsWith('#') && index === 0)) {
      continue;
    }
    const oid = parseOid(line.slice(0, 40).toLowerCase());
    if (oid === undefined || line[40] !== ' ') {
      throw damaged(path, index + 1);
    }
    refs.set(line.slice(41), oid);
  }
  return refs;
}
