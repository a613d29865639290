import { readFile } from 'node:fs/promises';
import { encodeCommit, type ParsedCommit, parseCommit } from '../../../src/git/commit.ts';
import type { Ident } from '../../../src/git/ident.ts';
import { hashObject, type NewObject, type Oid } from '../../../src/git/object.ts';
import { decodeEvent } from '../../../src/ledger/codec.ts';
import { sha256 } from '../../../src/ledger/digest.ts';
import { annotatedCommit, NotesTree, noteEntry } from '../../../src/ledger/notestree.ts';
import { type Ed25519KeyPair, parseEd25519PrivateKey } from '../../../src/signing/opensshkey.ts';
import { signSshEd25519 } from '../../../src/signing/sshsig.ts';
import type { Person } from '../../helpers/team.ts';
import type { Healthy } from './healthy.ts';

/** An insider: somebody with a valid key. */
export interface Insider {
  readonly person: Person;
  readonly key: Ed25519KeyPair;
}

export async function insider(person: Person): Promise<Insider> {
  const key = parseEd25519PrivateKey(await readFile(person.key, 'latin1'));
  if ('problem' in key) throw new Error(key.problem);
  return { person, key };
}

/**
 * `stale`: as it was, over other bytes now. `bare`: without one. `own`: by the insider, under the insider's name. `borrowed`: by the
 * insider, under the name that stood there.
 */
export type Signing = 'stale' | 'bare' | 'own' | 'borrowed';

export interface Rewriting {
  /** Which event stands at each place now, both counted from 0. */
  readonly order: readonly number[];
  /** What else is done to the message at one place. */
  readonly edit: { readonly place: number; readonly change: (message: string) => string } | undefined;
  /** The first place at which something is another than it was: from there on commits are made anew. */
  readonly from: number;
  readonly by: Insider;
  /** Of the commit at `from`, and of those behind it. */
  readonly signing: readonly [first: Signing, others: Signing];
  /** `Sequence` and `Previous` are put right; else only the first parents are. */
  readonly numbered: boolean;
  /** The notes are put right. */
  readonly noted: boolean;
}

export interface Rewritten {
  readonly objects: ReadonlyMap<Oid, NewObject>;
  /** The ledger's commits, oldest first. */
  readonly oids: readonly Oid[];
}

/** The ledger as somebody makes it who can write any object, and sign with one insider's key. */
export function rewrite({ objects, ledger, store }: Healthy, rewriting: Rewriting): Rewritten {
  const format = store.layout.objectFormat;
  const made = new Map<Oid, NewObject>();
  const notes = NotesTree.empty(format);
  const oids: Oid[] = [];
  let previous: Uint8Array | undefined;
  for (const [place, index] of rewriting.order.entries()) {
    const oid = ledger[index];
    const original = oid && objects.get(oid);
    if (oid === undefined || original === undefined) throw new Error(`there is no event ${index + 1}`);
    const anew = place >= rewriting.from;
    const bytes = anew
      ? remake(rewriting, place, commitOf(original), { tip: oids.at(-1), previous, notes })
      : original.bytes;
    if (!anew) note(notes, commitOf(original));
    const object: NewObject = { kind: 'commit', bytes };
    const remade = hashObject(format, object);
    if (anew) made.set(remade, object);
    oids.push(remade);
    previous = bytes;
  }
  return { objects: made, oids };
}

function commitOf({ bytes }: NewObject): ParsedCommit {
  const parsed = parseCommit(bytes);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.commit;
}

/** Adds to the notes what a commit's message says, where it is an event. */
function note(
  notes: NotesTree,
  { messageBytes, committer }: Pick<ParsedCommit, 'messageBytes' | 'committer'>,
): Oid {
  const decoded = decodeEvent(messageBytes);
  const about = decoded.ok ? annotatedCommit(decoded.event.detail) : undefined;
  if (about !== undefined)
    notes.append(about, noteEntry(messageBytes.toString(), committer.time, committer.email));
  return notes.root;
}

interface Before {
  readonly tip: Oid | undefined;
  readonly previous: Uint8Array | undefined;
  readonly notes: NotesTree;
}

function remake(rewriting: Rewriting, place: number, original: ParsedCommit, before: Before): Buffer {
  const { edit, numbered, noted, by } = rewriting;
  const signing = rewriting.signing[place === rewriting.from ? 0 : 1];
  const said = original.message ?? '';
  const told = numbered ? renumbered(said, place + 1, before.previous) : said;
  const message = edit?.place === place ? edit.change(told) : told;
  const own = (ident: Ident): Ident =>
    signing === 'own' ? { ...ident, name: by.person.name, email: by.person.email } : ident;
  const committer = own(original.committer);
  const tree = note(before.notes, { messageBytes: Buffer.from(message), committer });
  const subject = original.parents.slice(/^Sequence: 1$/m.test(said) ? 0 : 1);
  const fields = {
    tree: noted ? tree : original.tree,
    parents: [before.tip, ...subject].filter((oid) => oid !== undefined),
    author: own(original.author),
    committer,
    message,
  };
  if (signing === 'bare') return encodeCommit(fields);
  if (signing === 'stale') return encodeCommit(fields, original.signatures[0]?.bytes);
  const { privateKey, publicKey } = by.key;
  return encodeCommit(fields, signSshEd25519(privateKey, publicKey.blob, encodeCommit(fields), 'git'));
}

function renumbered(message: string, sequence: number, previous: Uint8Array | undefined): string {
  const link = previous === undefined ? '' : `Previous: ${sha256(previous)}\n`;
  return message
    .replace(/^Previous: .*\n/m, '')
    .replace(/^Sequence: .*\n/m, `Sequence: ${sequence}\n${link}`)
    .replace(/^Policy: \d+$/m, (line) => (sequence <= 2 ? 'Policy: 0' : line));
}
