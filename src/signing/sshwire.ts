import { Buffer } from 'node:buffer';

const EMPTY = Buffer.alloc(0);

/**
 * Reads the SSH wire format (RFC 4251, section 5) from hostile bytes. It never throws and never reads outside them: after
 * the first field that does not fit, every field is empty or 0 and `done()` is false for ever. So a caller reads all
 * fields, asks `done()` once, and only then looks at them. What it answers are views, not copies.
 */
export class SshReader {
  readonly #bytes: Buffer;
  #at = 0;
  #broken = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** True when every field fitted and no byte is left over. */
  done(): boolean {
    return !this.#broken && this.#at === this.#bytes.length;
  }

  /** `count` bytes as they stand: RFC 4251 `byte[n]`. */
  bytes(count: number): Buffer {
    if (this.#broken || count > this.#bytes.length - this.#at) {
      this.#broken = true;
      return EMPTY;
    }
    const start = this.#at;
    this.#at += count;
    return this.#bytes.subarray(start, this.#at);
  }

  byte(): number {
    return this.bytes(1)[0] ?? 0;
  }

  uint32(): number {
    const field = this.bytes(4);
    return field.length === 4 ? field.readUInt32BE(0) : 0;
  }

  string(): Buffer {
    return this.bytes(this.uint32());
  }

  /** A string that names an algorithm, a curve or a namespace. */
  text(): string {
    return this.string().toString('latin1');
  }

  /** The magnitude of an `mpint` above zero, in its one minimal form; zero, negative and padded ones break the reader. */
  positive(): Buffer {
    const field = this.string();
    const first = field[0] ?? 0x80;
    const padded = first === 0 && (field.length === 1 || (field[1] ?? 0) < 0x80);
    if (first >= 0x80 || padded) {
      this.#broken = true;
      return EMPTY;
    }
    return first === 0 ? field.subarray(1) : field;
  }
}

export function sshUint32(value: number): Buffer {
  const field = Buffer.allocUnsafe(4);
  field.writeUInt32BE(value);
  return field;
}

/** An RFC 4251 `string`; text is ASCII. */
export function sshString(value: Uint8Array | string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return Buffer.concat([sshUint32(bytes.length), bytes]);
}

/** Base64 in its one canonical spelling, or `undefined`: node's own decoder skips whatever it does not know. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
