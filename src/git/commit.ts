import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { isOneArmor, type ObjectSignature } from './armor.ts';
import { asBuffer, decodeUtf8, encodeText } from './bytes.ts';
import { encodeIdent, type Ident, parseIdent } from './ident.ts';
import { LONGEST_COMMIT, type Oid, parseOid } from './object.ts';

/** A header behind `committer`, e.g. `encoding`, `mergetag`, `gpgsig`. The value is unfolded and has no line feed at its end. */
interface CommitHeader {
  readonly name: string;
  readonly value: Buffer;
}

export interface ParsedCommit {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Ident;
  readonly committer: Ident;
  /** All headers behind `committer`, in order, signatures included. */
  readonly headers: readonly CommitHeader[];
  readonly signatures: readonly ObjectSignature[];
  /** The bytes that were signed: the commit with its signature headers cut out. */
  readonly payload: Buffer;
  /** Why git and others could differ on what is signed; `undefined` when there is one plain signature, or none. */
  readonly ambiguity: string | undefined;
  readonly messageBytes: Buffer;
  /** `undefined` where the message is not UTF-8. */
  readonly message: string | undefined;
}

export type CommitParse =
  | { readonly ok: true; readonly commit: ParsedCommit }
  | { readonly ok: false; readonly problem: string };

/** Commits that people make stay far below, with merged tags in them and some tens of parents. */
const MOST_HEADERS = 4096;

const SIGNATURE_HEADERS = ['gpgsig', 'gpgsig-sha256'] as const;
const LINE_FEED = Buffer.from('\n');

/** One header with its continuation lines: `[start, end)` in the object's bytes, the last line feed left out. */
interface RawHeader {
  readonly name: string;
  /** All behind the name, still folded, one character a byte. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a commit object's body. Strict: a commit that is `ok` is encoded back to the same bytes by `encodeCommit`.
 * Source: git's commit object format (gitformat-commit in `commit.c`, `fsck.c`), gitformat-signature(5).
 */
export function parseCommit(bytes: Uint8Array): CommitParse {
  return bytes.length > LONGEST_COMMIT ? { ok: false, problem: TOO_LONG } : parseBody(asBuffer(bytes));
}

const TOO_LONG = `it is longer than ${LONGEST_COMMIT} bytes`;

/** The headers of a commit that is too long, and nothing that a signature could vouch for. */
export function parseLongCommit(bytes: Uint8Array): CommitParse {
  const body = asBuffer(bytes);
  const parsed = parseBody(body.subarray(0, body.indexOf('\n\n') + 2));
  return parsed.ok ? { ok: true, commit: { ...parsed.commit, ambiguity: TOO_LONG } } : parsed;
}

function parseBody(body: Buffer): CommitParse {
  const raw = splitHeaders(body);
  if (typeof raw === 'string') return { ok: false, problem: raw };
  const links = readLinks(raw);
  if (typeof links === 'string') return { ok: false, problem: links };
  const { tree, parents } = links;
  const [first, second] = raw.slice(parents.length + 1, parents.length + 3);
  const author = readIdent(first, 'author');
  // Mostly the same person at the same moment.
  const same = second?.name === 'committer' && second.text === first?.text;
  const committer = same ? author : readIdent(second, 'committer');
  if (author === undefined) return { ok: false, problem: 'it has no well-formed author line' };
  if (committer === undefined) return { ok: false, problem: 'it has no well-formed committer line' };
  const headers: CommitHeader[] = [];
  const signatures: ObjectSignature[] = [];
  const signing: UnfoldedHeader[] = [];
  for (const { name, text } of raw.slice(parents.length + 3)) {
    if (RESERVED.has(name)) return { ok: false, problem: `its header ${name} is out of place` };
    const unfolded = unfold(text);
    const block = Buffer.from(`${unfolded}\n`, 'latin1');
    headers.push({ name, value: block.subarray(0, -1) });
    if (name.startsWith('gpgsig')) signing.push({ name, text: unfolded });
    if (isSignatureHeader(name)) signatures.push({ place: name, bytes: block });
  }
  const payload = signatures.length === 0 ? body : cutOut(body, raw);
  const ambiguity = ambiguityOf(tree, signing);
  const messageBytes = body.subarray((raw.at(-1)?.end ?? 0) + 2);
  const message = decodeUtf8(messageBytes);
  return {
    ok: true,
    commit: {
      tree,
      parents,
      author,
      committer,
      headers,
      signatures,
      payload,
      ambiguity,
      messageBytes,
      message,
    },
  };
}

/**
 * Headers that git calls extra, but for those that it takes for signatures: one called `encoding` has git show other words than
 * are in the message.
 */
export function extraHeaders({ headers }: Pick<ParsedCommit, 'headers'>): readonly string[] {
  return headers.flatMap(({ name }) => (name.startsWith('gpgsig') ? [] : [name]));
}

/**
 * Only what a walk through history needs, from commits that nobody vouches for: old ones name people in ways that
 * `parseCommit` does not take.
 */
export function parseCommitLinks(bytes: Uint8Array): Pick<ParsedCommit, 'tree' | 'parents'> | undefined {
  const body = asBuffer(bytes);
  const raw = splitHeaders(body);
  const links = typeof raw === 'string' ? raw : readLinks(raw);
  return typeof links === 'string' ? undefined : links;
}

const RESERVED: ReadonlySet<string> = new Set(['tree', 'parent', 'author', 'committer']);

/** Headers end at the first empty line; a line that begins with a space belongs to the header above it. */
function splitHeaders(body: Buffer): readonly RawHeader[] | string {
  const size = body.subarray(0, LONGEST_COMMIT).indexOf('\n\n');
  if (size === -1) return 'it has no empty line between its headers and its message';
  const text = body.toString('latin1', 0, size);
  if (text.includes('\0')) return 'there is a NUL byte in its headers';
  const headers: RawHeader[] = [];
  for (let start = 0; start <= size; ) {
    if (headers.length === MOST_HEADERS) return `it has more than ${MOST_HEADERS} headers`;
    const end = endOfHeader(text, start);
    const space = text.indexOf(' ', start);
    const name = space === -1 ? '' : text.slice(start, space);
    if (space >= end || !HEADER_NAME.test(name)) return `its header ${headers.length + 1} has no name`;
    headers.push({ name, text: text.slice(space + 1, end), start, end });
    start = end + 1;
  }
  return headers;
}

const HEADER_NAME = /^[!-~]+$/;

function endOfHeader(text: string, start: number): number {
  let end = text.indexOf('\n', start);
  while (end !== -1 && text[end + 1] === ' ') end = text.indexOf('\n', end + 1);
  return end === -1 ? text.length : end;
}

function readLinks(raw: readonly RawHeader[]): Pick<ParsedCommit, 'tree' | 'parents'> | string {
  const tree = raw[0]?.name === 'tree' ? parseOid(raw[0].text) : undefined;
  if (tree === undefined) return 'it does not begin with a tree line';
  const parents: Oid[] = [];
  for (let at = 1; raw[at]?.name === 'parent'; at++) {
    const parent = parseOid(raw[at]?.text ?? '');
    if (parent?.length !== tree.length) return `its parent line ${at} is malformed`;
    parents.push(parent);
  }
  return { tree, parents };
}

function readIdent(header: RawHeader | undefined, name: string): Ident | undefined {
  if (header?.name !== name) return undefined;
  return parseIdent(/[^\0-\x7f]/.test(header.text) ? Buffer.from(header.text, 'latin1') : header.text);
}

/** The value, each continuation line without its first space. */
function unfold(text: string): string {
  return text.replaceAll('\n ', '\n');
}

function isSignatureHeader(name: string): name is (typeof SIGNATURE_HEADERS)[number] {
  return name === SIGNATURE_HEADERS[0] || name === SIGNATURE_HEADERS[1];
}

function cutOut(body: Buffer, headers: readonly RawHeader[]): Buffer {
  const kept: Buffer[] = [];
  let from = 0;
  for (const { name, start, end } of headers) {
    if (!isSignatureHeader(name)) continue;
    kept.push(body.subarray(from, start));
    from = end + 1;
  }
  kept.push(body.subarray(from));
  return Buffer.concat(kept);
}

/** A header's name and value, one character a byte. */
type UnfoldedHeader = Pick<RawHeader, 'name' | 'text'>;

/**
 * Of the headers whose name begins with `gpgsig`: git drops all of them from what it hands to a verifier, and joins repeated
 * ones.
 */
function ambiguityOf(tree: Oid, signing: readonly UnfoldedHeader[]): string | undefined {
  const [first] = signing;
  if (first === undefined) return undefined;
  if (signing.length > 1) return 'it has more than one signature header';
  if (first.name !== signatureHeaderFor(tree))
    return `its header ${first.name} is not the one for its object format`;
  return isOneArmor(first.text)
    ? undefined
    : `its header ${first.name} holds more than one armored signature`;
}

function signatureHeaderFor(tree: Oid): string {
  return SIGNATURE_HEADERS[tree.length === 40 ? 0 : 1];
}

/** What a commit is made of; a `ParsedCommit` with its `messageBytes` as `message` is one. */
export interface CommitFields {
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  readonly author: Ident;
  readonly committer: Ident;
  readonly headers?: readonly CommitHeader[];
  readonly message: string | Uint8Array;
}

/**
 * A commit object's body; with `signature` (an armored block) as the last header, where `git commit -S` puts it.
 * @throws Failure for an ident or a header that cannot be written
 */
export function encodeCommit(fields: CommitFields, signature?: string | Uint8Array): Buffer {
  const start = [
    `tree ${fields.tree}\n`,
    ...fields.parents.map((parent) => `parent ${parent}\n`),
    `author ${encodeIdent(fields.author)}\n`,
    `committer ${encodeIdent(fields.committer)}\n`,
  ];
  const headers = (fields.headers ?? []).map(encodeHeader);
  if (signature !== undefined) {
    const block = encodeText(signature);
    const value = block.at(-1) === 0x0a ? block.subarray(0, -1) : block;
    headers.push(encodeHeader({ name: signatureHeaderFor(fields.tree), value }));
  }
  return Buffer.concat([Buffer.from(start.join('')), ...headers, LINE_FEED, encodeText(fields.message)]);
}

function encodeHeader({ name, value }: CommitHeader): Buffer {
  if (!HEADER_NAME.test(name) || value.includes(0))
    throw new Failure(`a commit cannot have the header ${JSON.stringify(name)}`);
  const folded = value.toString('latin1').replaceAll('\n', '\n ');
  return Buffer.from(`${name} ${folded}\n`, 'latin1');
}
