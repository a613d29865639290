import { Buffer } from 'node:buffer';
import { hash as digestOf } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AffinePoint, BASE_POINT, decodePoint, littleEndian, negate } from './edwards25519.ts';

/** Beside the sources and beside what is built from them; its own sources are in the folder of the same name. */
const PROGRAM = new URL('../../wasm/ed25519.wasm', import.meta.url);

/** Which keys get a table. */
export interface TableLimits {
  /** Those that were in so many claims. */
  readonly often: number;
  /** But not more than so many keys. */
  readonly most: number;
}

/** A key's table takes two milliseconds, which some thirty signatures bring in again, and half a megabyte. */
const LIMITS: TableLimits = { often: 50, most: 16 };

/** `MOST`, `RECORD` and what is where in one: wasm/ed25519/index.ts. */
const BATCH = 128;
const RECORD = 144;
const DIGEST_AT = 64;
const TABLE_AT = 128;

/** Does `signature` hold for `data`? */
export interface Ed25519Claim {
  /** The key, 32 bytes; the same object for all its signatures. */
  readonly key: Buffer;
  readonly data: Buffer;
  readonly signature: Buffer;
}

interface KeyState {
  /** In how many claims it was. */
  seen: number;
  /** The address of the table of -A; `undefined` until the key is seen often, 0 where it shall have none. */
  table: number | undefined;
}

interface Program {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly input: () => number;
  readonly output: () => number;
  readonly addTable: () => number;
  readonly verify: (base: number, count: number) => void;
}

/** As much of it as is used here: node's own types do without. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

/**
 * Finds valid Ed25519 signatures (RFC 8032, section 5.1.7) by keys that are seen often, several times faster than OpenSSL and by its
 * rules: s below L, and the encoding of [s]B - [h]A equal to R, byte for byte. Both multiples are summed up from tables. Each
 * signature is judged on its own. What is not found valid here may be so all the same: that is for node:crypto to say.
 */
export class Ed25519Tables {
  private readonly program: Program;
  private readonly limits: TableLimits;
  private readonly base: number;
  private readonly keys = new Map<Buffer, KeyState>();
  private tables = 0;
  private hashed = Buffer.alloc(0);

  private constructor(program: Program, limits: TableLimits) {
    this.program = program;
    this.limits = limits;
    this.base = this.tableOf(decodePoint(BASE_POINT));
  }

  /** `undefined` where this machine cannot run it. */
  static load(limits = LIMITS, program = PROGRAM): Ed25519Tables | undefined {
    try {
      const module = new WebAssembly.Module(readFileSync(program));
      const { exports } = new WebAssembly.Instance(module, {});
      const loaded = new Ed25519Tables(exports as Program, limits);
      return loaded.base === 0 ? undefined : loaded;
    } catch {
      return undefined;
    }
  }

  /** The claims that were found to hold. */
  findValid(claims: readonly Ed25519Claim[]): ReadonlySet<Ed25519Claim> {
    for (const { key } of claims) this.see(key);
    const ready = claims.filter(({ key, signature }) => signature.length === 64 && this.tableFor(key) !== 0);
    const valid = new Set<Ed25519Claim>();
    for (let at = 0; at < ready.length; at += BATCH) this.judge(ready.slice(at, at + BATCH), valid);
    return valid;
  }

  private see(key: Buffer): void {
    const state = this.keys.get(key);
    if (state === undefined) this.keys.set(key, { seen: 1, table: undefined });
    else state.seen += 1;
  }

  private tableFor(key: Buffer): number {
    const state = this.keys.get(key);
    if (state === undefined || state.seen < this.limits.often) return 0;
    if (state.table === undefined) {
      const point = this.tables < this.limits.most ? decodePoint(key) : undefined;
      state.table = this.tableOf(point && negate(point));
      if (state.table !== 0) this.tables += 1;
    }
    return state.table;
  }

  private tableOf(point: AffinePoint | undefined): number {
    if (point === undefined) return 0;
    const input = new Uint8Array(this.program.memory.buffer, this.program.input(), 64);
    input.set(littleEndian(point.x));
    input.set(littleEndian(point.y), 32);
    return this.program.addTable();
  }

  private judge(claims: readonly Ed25519Claim[], valid: Set<Ed25519Claim>): void {
    const { memory, input, output, verify } = this.program;
    const records = Buffer.from(memory.buffer, input(), BATCH * RECORD);
    let at = 0;
    for (const { key, data, signature } of claims) {
      signature.copy(records, at);
      digestOf('sha512', this.hashedBytes(signature, key, data), 'buffer').copy(records, at + DIGEST_AT);
      records.writeUInt32LE(this.tableFor(key), at + TABLE_AT);
      at += RECORD;
    }
    verify(this.base, claims.length);
    const verdicts = new Uint8Array(memory.buffer, output(), claims.length);
    for (const [index, claim] of claims.entries()) if (verdicts[index] === 1) valid.add(claim);
  }

  /** R, A and the data, good until the next call. */
  private hashedBytes(signature: Buffer, key: Buffer, data: Buffer): Buffer {
    const size = 64 + data.length;
    if (this.hashed.length < size) this.hashed = Buffer.alloc(size);
    signature.copy(this.hashed, 0, 0, 32);
    key.copy(this.hashed, 32);
    data.copy(this.hashed, 64);
    return this.hashed.length === size ? this.hashed : this.hashed.subarray(0, size);
  }
}
