import { hash } from 'node:crypto';
import type { Sha256 } from '../../ledger/event.ts';
import { PARTS, type Part } from '../record/model.ts';

/**
 * What was said in the calls of one segment: a text file of JSON lines in UTF-8, each ended by LF, a header and then items.
 *
 * Without encryption:
 *
 * ```
 * {"schema":"promptaudit/content@1","segment":"<segment>","encryption":"none"}
 * {"id":"<record's id>","part":"input","salt":"<32 bytes, base64>","text":"<what was said, after redaction>"}
 * ```
 *
 * The record of that id holds, for that part, the SHA-256 of the salt's 32 bytes and the text's UTF-8 bytes, so this prints it:
 *
 * ```
 * (jq -j --arg id ID --arg part input 'select(.id == $id and .part == $part) | .salt' FILE | base64 -d
 *  jq -j --arg id ID --arg part input 'select(.id == $id and .part == $part) | .text' FILE) | sha256sum
 * ```
 *
 * Encrypted:
 *
 * ```
 * {"schema":"promptaudit/content@1","segment":"<segment>","encryption":"age+aes-256-gcm","key":"<an age file, base64>"}
 * {"id":"<record's id>","part":"input","nonce":"<12 bytes, base64>","sealed":"<base64>"}
 * ```
 *
 * `key` decrypts (age-encryption.org/v1; `jq -r .key | base64 -d | age -d -i identity`) to the 32 bytes of the AES-256-GCM key
 * (NIST SP 800-38D) of the items up to the next header. `sealed` is the ciphertext and its 16-byte tag; the plaintext is the
 * salt's 32 bytes and the text's UTF-8 bytes, so SHA-256 of it is what the record holds. The additional data is four lines:
 * the schema, the segment, the id and the part, each ended by LF. A key is made anew whenever a writer opens the file; nonces
 * count from 0 under each key, so none comes twice.
 *
 * ```
 * const sealed = Buffer.from(item.sealed, 'base64');
 * const decipher = crypto.createDecipheriv('aes-256-gcm', key, Buffer.from(item.nonce, 'base64'));
 * decipher.setAAD(Buffer.from(`${header.schema}\n${header.segment}\n${item.id}\n${item.part}\n`));
 * decipher.setAuthTag(sealed.subarray(-16));
 * const plaintext = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
 * ```
 *
 * There may be several headers, several items of one id, and, where a writer was killed, a last line without LF, which is
 * not part of the file. Erasure takes an item's line out, with its salt.
 */
const CONTENT_SCHEMA = 'promptaudit/content@1';

export const SALT_BYTES = 32;
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;
/** Of a text, in UTF-16 code units. */
export const MAX_TEXT = 8 * 1024 ** 2;
/** Every character of a text may be written as six. */
export const MAX_LINE = 6 * MAX_TEXT + 4096;

export interface Header {
  readonly kind: 'header';
  readonly segment: string;
  /** The age file that holds the key of the items that follow; `undefined` where they are not encrypted. */
  readonly key: Buffer | undefined;
}

export interface PlainItem {
  readonly kind: 'plain';
  readonly id: string;
  readonly part: Part;
  readonly salt: Buffer;
  readonly text: string;
}

export interface SealedItem {
  readonly kind: 'sealed';
  readonly id: string;
  readonly part: Part;
  readonly nonce: Buffer;
  /** Ciphertext and tag. */
  readonly sealed: Buffer;
}

export type ContentLine = Header | PlainItem | SealedItem;

const ENCRYPTION = 'age+aes-256-gcm';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAX_ID = 64;

/** What a record holds of a text. @param plaintext the salt and the text's UTF-8 bytes */
export function contentDigest(plaintext: Uint8Array): Sha256 {
  return `sha256:${hash('sha256', plaintext, 'hex')}` as Sha256;
}

/** What is authenticated beside the ciphertext: an item cannot be moved to another record, part or segment. */
export function additionalData(segment: string, id: string, part: Part): Buffer {
  return Buffer.from(`${CONTENT_SCHEMA}\n${segment}\n${id}\n${part}\n`);
}

export function headerLine(segment: string, key: Uint8Array | undefined): string {
  const encryption =
    key === undefined ? { encryption: 'none' } : { encryption: ENCRYPTION, key: base64(key) };
  return `${JSON.stringify({ schema: CONTENT_SCHEMA, segment, ...encryption })}\n`;
}

export function plainLine(id: string, part: Part, salt: Uint8Array, text: string): string {
  return `${JSON.stringify({ id, part, salt: base64(salt), text })}\n`;
}

export function sealedLine(id: string, part: Part, nonce: Uint8Array, sealed: Uint8Array): string {
  return `${JSON.stringify({ id, part, nonce: base64(nonce), sealed: base64(sealed) })}\n`;
}

/** Reads a line, without its LF, from hostile bytes; `undefined` where it is none of the three. Never throws. */
export function parseContentLine(bytes: Buffer): ContentLine | undefined {
  const value = parseObject(bytes);
  if (value === undefined) return undefined;
  return 'schema' in value ? readHeader(value) : readItem(value);
}

function parseObject(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function readHeader(value: Readonly<Record<string, unknown>>): Header | undefined {
  const { schema, segment, encryption, key, ...rest } = value;
  if (schema !== CONTENT_SCHEMA || typeof segment !== 'string' || Object.keys(rest).length > 0)
    return undefined;
  if (encryption === 'none' && key === undefined) return { kind: 'header', segment, key: undefined };
  const bytes = encryption === ENCRYPTION ? fromBase64(key) : undefined;
  return bytes === undefined ? undefined : { kind: 'header', segment, key: bytes };
}

function readItem(value: Readonly<Record<string, unknown>>): PlainItem | SealedItem | undefined {
  const { id, part: name, ...rest } = value;
  const part = PARTS.find((one) => one === name);
  if (typeof id !== 'string' || id.length > MAX_ID || part === undefined || Object.keys(rest).length !== 2) {
    return undefined;
  }
  const salt = fromBase64(rest.salt);
  if (salt?.length === SALT_BYTES && typeof rest.text === 'string') {
    return { kind: 'plain', id, part, salt, text: rest.text };
  }
  const [nonce, sealed] = [fromBase64(rest.nonce), fromBase64(rest.sealed)];
  if (nonce?.length !== NONCE_BYTES || sealed === undefined || sealed.length < SALT_BYTES + TAG_BYTES) {
    return undefined;
  }
  return { kind: 'sealed', id, part, nonce, sealed };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** `undefined` for all that is not exactly what `base64` writes. */
function fromBase64(text: unknown): Buffer | undefined {
  return typeof text === 'string' && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}
