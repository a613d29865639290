import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { decodeBase64 } from '../signing/sshwire.ts';
import { messageText } from './message.ts';
import { quote } from './text.ts';

/*
 * Signed notes and the checkpoints that they hold: c2sp.org/signed-note and c2sp.org/tlog-checkpoint. What is read here is
 * nobody's word yet: who signed is for the caller to judge.
 */

/** The longest note, in UTF-16 code units: a ledger commit in base64, and room for many cosignatures. */
const MAX_NOTE = 1_048_576;
const MAX_SIGNATURES = 64;
const HASH_BYTES = 32;
const KEY_ID_BYTES = 4;

/** What a strict reader answers: the value, or one clause on what is wrong. */
export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** One line `— <key name> base64(key ID || signature)`. */
interface NoteSignature {
  readonly name: string;
  /** Four bytes. */
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

export interface Note {
  /** Ends in a line feed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** The head of a tree: c2sp.org/tlog-checkpoint, without extension lines. */
export interface Checkpoint {
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** SHA-256, 32 bytes. */
  readonly root: Buffer;
}

const SIGNATURE_LINE = /^— ([^ ]+) ([^ ]+)$/;
/** A key name is not empty and has neither Unicode spaces nor a plus. */
const KEY_NAME = /^[^\p{White_Space}+]+$/u;
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/** @throws Failure when `decodeNote` would refuse it */
export function encodeNote({ text, signatures }: Note): string {
  const lines = signatures.map(({ name, keyId, signature }) => {
    return `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
  });
  const note = `${text}\n${lines.join('')}`;
  return orThrow(note, decodeNote(note), 'the signed note');
}

/** What it accepts is what `encodeNote` writes of it, byte for byte. Never throws. */
export function decodeNote(input: string | Uint8Array): Decoded<Note> {
  const note = plainLines(input, MAX_NOTE);
  if (note === undefined) return no('the note is not plain text that ends in a line feed');
  const middle = note.lastIndexOf('\n\n');
  if (middle === -1) return no('the note has no empty line before its signatures');
  const lines = note.slice(middle + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) return no(`the note has more than ${MAX_SIGNATURES} signatures`);
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = decodeSignature(line);
    if (signature === undefined)
      return no(`signature line ${signatures.length + 1} of the note is malformed`);
    signatures.push(signature);
  }
  return { ok: true, value: { text: note.slice(0, middle + 1), signatures } };
}

function decodeSignature(line: string): NoteSignature | undefined {
  const [, name = '', base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
  const bytes = KEY_NAME.test(name) ? decodeBase64(base64) : undefined;
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) return undefined;
  return { name, keyId: bytes.subarray(0, KEY_ID_BYTES), signature: bytes.subarray(KEY_ID_BYTES) };
}

/** A checkpoint as the text of a note. @throws Failure when `decodeCheckpoint` would refuse it */
export function encodeCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`;
  return orThrow(text, decodeCheckpoint(text), 'the checkpoint');
}

/** Strict; extension lines are refused: nothing of ours writes them, and nothing vouches for them. Never throws. */
export function decodeCheckpoint(text: string): Decoded<Checkpoint> {
  const lines = plainLines(text, MAX_NOTE)?.slice(0, -1).split('\n') ?? [];
  const [origin = '', size = '', root = '', ...more] = lines;
  if (origin === '') return no('the checkpoint has no origin');
  const leaves = parseNumber(size);
  if (leaves === undefined) return no('the tree size of the checkpoint is no number in plain decimal');
  const hash = parseHash(root);
  if (hash === undefined) return no('the root of the checkpoint is no SHA-256 in base64');
  if (more.length > 0) return no('the checkpoint has extension lines, which promptaudit does not judge');
  return { ok: true, value: { origin, size: leaves, root: hash } };
}

/** Without leading zeroes, and such that JavaScript holds it exactly. */
export function parseNumber(text: string): number | undefined {
  const value = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

/** A SHA-256 in base64. */
export function parseHash(text: string): Buffer | undefined {
  const bytes = decodeBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const CONTROL_OR_HALF = /[\u0000-\u0009\u000b-\u001f\p{Surrogate}]/u;

/** Valid UTF-8 without control characters but the line feed, with which it ends; `undefined` for anything else. */
export function plainLines(input: string | Uint8Array, limit: number): string | undefined {
  // No byte of UTF-8 makes more than one code unit, so what is too long is not even decoded.
  if (input.length > 3 * limit) return undefined;
  const text = messageText(input);
  if (text === undefined || text.length > limit || !text.endsWith('\n')) return undefined;
  return CONTROL_OR_HALF.test(text) ? undefined : text;
}

export function orThrow(text: string, decoded: Decoded<unknown>, what: string): string {
  if (decoded.ok) return text;
  throw new Failure(`${what} ${quote(text.slice(0, 100))} cannot be written: ${decoded.problem}`);
}

function no(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
