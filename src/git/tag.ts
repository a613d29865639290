import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { armorOffsets, isOneArmor, type ObjectSignature } from './armor.ts';
import { asBuffer, decodeUtf8, encodeText } from './bytes.ts';
import { encodeIdent, type Ident, parseIdent } from './ident.ts';
import { LONGEST_COMMIT, type ObjectKind, type Oid, parseOid } from './object.ts';

export interface ParsedTag {
  readonly object: Oid;
  readonly type: ObjectKind;
  /** The tag's own name, which may differ from the ref that it stands at. */
  readonly name: string;
  /** The oldest tags have none. */
  readonly tagger: Ident | undefined;
  /** One for each line that begins an armored block; the last one is git's. */
  readonly signatures: readonly ObjectSignature[];
  /** The bytes that were signed: all that stands before the signature. */
  readonly payload: Buffer;
  /** Why git and others could differ on what is signed; `undefined` when there is one plain signature, or none. */
  readonly ambiguity: string | undefined;
  /** Without the signature. */
  readonly messageBytes: Buffer;
  /** `undefined` where the message is not UTF-8. */
  readonly message: string | undefined;
}

export type TagParse =
  | { readonly ok: true; readonly tag: ParsedTag }
  | { readonly ok: false; readonly problem: string };

/** In bytes: there are four headers, and a ref's name is as long as a path can be. */
const LONGEST_HEADERS = 64 * 1024;
/** More than one is ambiguous already. */
const MOST_SIGNATURES = 16;

/**
 * Parses an annotated tag object's body. Strict: a tag that is `ok` is encoded back to the same bytes by `encodeTag`.
 * Source: git-mktag(1), gitformat-signature(5), git's `gpg-interface.c`, `parse_signed_buffer`.
 */
export function parseTag(bytes: Uint8Array): TagParse {
  if (bytes.length > LONGEST_COMMIT) return bad(`it is longer than ${LONGEST_COMMIT} bytes`);
  const body = asBuffer(bytes);
  const end = body.indexOf('\n\n');
  if (end === -1) return bad('it has no empty line between its headers and its message');
  if (end > LONGEST_HEADERS) return bad(`its headers are longer than ${LONGEST_HEADERS} bytes`);
  const lines = body.toString('latin1', 0, end).split('\n');
  const object = parseOid(field(lines[0], 'object') ?? '');
  const type = parseKind(field(lines[1], 'type'));
  const name = decodeUtf8(Buffer.from(field(lines[2], 'tag') ?? '', 'latin1'));
  if (object === undefined) return bad('it has no well-formed object line');
  if (type === undefined) return bad('it has no well-formed type line');
  if (!isTagName(name)) return bad('it has no well-formed tag line');
  const taggerLine = field(lines[3], 'tagger');
  const tagger = taggerLine === undefined ? undefined : parseIdent(Buffer.from(taggerLine, 'latin1'));
  if (lines.length > 3 && tagger === undefined) return bad('it has no well-formed tagger line');
  if (lines.length > 4) return bad(`it has a header that tags have not, on line 5`);
  const offsets = armorOffsets(body).filter((offset) => offset >= end + 2);
  if (offsets.length > MOST_SIGNATURES) return bad(`it has more than ${MOST_SIGNATURES} signatures`);
  const last = offsets.at(-1) ?? body.length;
  const messageBytes = body.subarray(end + 2, last);
  return {
    ok: true,
    tag: {
      object,
      type,
      name,
      tagger,
      signatures: offsets.map((from, i) => ({ place: 'body', bytes: body.subarray(from, offsets[i + 1]) })),
      payload: body.subarray(0, last),
      ambiguity: ambiguityOf(offsets, body.subarray(last)),
      messageBytes,
      message: decodeUtf8(messageBytes),
    },
  };
}

function bad(problem: string): TagParse {
  return { ok: false, problem };
}

function field(line: string | undefined, name: string): string | undefined {
  return line?.startsWith(`${name} `) ? line.slice(name.length + 1) : undefined;
}

function parseKind(text: string | undefined): ObjectKind | undefined {
  return text === 'commit' || text === 'tree' || text === 'blob' || text === 'tag' ? text : undefined;
}

function isTagName(name: string | undefined): name is string {
  return name !== undefined && name !== '' && !/[\n\0]/.test(name);
}

function ambiguityOf(offsets: readonly number[], block: Buffer): string | undefined {
  if (offsets.length === 0) return undefined;
  if (offsets.length > 1) return 'it has more than one signature';
  return isOneArmor(block.toString('latin1')) ? undefined : 'there is text behind its signature';
}

/** What a tag is made of; a `ParsedTag` with its `messageBytes` as `message` is one. */
export interface TagFields {
  readonly object: Oid;
  readonly type: ObjectKind;
  readonly name: string;
  readonly tagger: Ident | undefined;
  /** Ends in a line feed where the tag is signed. */
  readonly message: string | Uint8Array;
}

/**
 * A tag object's body; with `signature` (an armored block) behind the message, where `git tag -s` puts it.
 * @throws Failure for a name, an ident or a message that cannot be written, or that would be read as something else
 */
export function encodeTag(fields: TagFields, signature?: string | Uint8Array): Buffer {
  if (!isTagName(fields.name)) throw new Failure(`a tag cannot be called ${JSON.stringify(fields.name)}`);
  const message = encodeText(fields.message);
  if (armorOffsets(message).length > 0)
    throw new Failure("a tag's message cannot hold a line that begins a signature");
  if (signature !== undefined && message.length > 0 && message.at(-1) !== 0x0a) {
    throw new Failure('the message of a signed tag ends in a line feed');
  }
  const tagger = fields.tagger === undefined ? '' : `tagger ${encodeIdent(fields.tagger)}\n`;
  const headers = `object ${fields.object}\ntype ${fields.type}\ntag ${fields.name}\n${tagger}\n`;
  return Buffer.concat([Buffer.from(headers), message, encodeText(signature ?? '')]);
}
