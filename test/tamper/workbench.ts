import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Oid } from '../../src/git/object.ts';
import type { Sha256 } from '../../src/ledger/event.ts';
import { LEDGER } from '../helpers/forge.ts';
import type { Hospital } from '../helpers/hospital.ts';
import { run } from '../helpers/sandbox.ts';
import type { Person } from '../helpers/team.ts';

/** What anybody can do to a repository with git and a file manager, and no key. */

export const NO_DIGEST = `sha256:${'0'.repeat(64)}` as Sha256;

/** An object's body as text, one character a byte. */
export async function bodyOf({ team }: Hospital, rev: string): Promise<string> {
  const options = { cwd: team.repo, env: team.sandbox.env };
  const kind = await team.git('cat-file', '-t', rev);
  return (await run('git', ['cat-file', kind, rev], options)).stdout.toString('latin1');
}

/** Keeps an object as it is, well-formed or not; answers its id. */
export async function keep(
  { team }: Hospital,
  body: string,
  kind: 'commit' | 'tag' | 'tree' | 'blob' = 'commit',
): Promise<Oid> {
  const args = ['hash-object', '-t', kind, '--literally', '-w', '--stdin'];
  const input = Buffer.from(body, 'latin1');
  return (await team.sandbox.git(args, { cwd: team.repo, input })).trim() as Oid;
}

/** A copy of a tree in which one name, `-`, is both a file's and a folder's; git itself shows and checks out such a tree. */
export async function withNameTwice(h: Hospital, tree: string): Promise<Oid> {
  const raw = (oid: string) => Buffer.from(oid, 'hex').toString('latin1');
  const [file, folder] = [await keep(h, 'Nothing\n', 'blob'), await keep(h, '', 'tree')];
  // It comes before all other names that there are.
  return keep(h, `100644 -\0${raw(file)}40000 -\0${raw(folder)}${await bodyOf(h, tree)}`, 'tree');
}

/** Puts an altered copy of the newest ledger commit in its place. */
export async function editTip(h: Hospital, edit: (body: string) => string): Promise<Oid> {
  const before = await bodyOf(h, LEDGER);
  const after = edit(before);
  if (after === before) throw new Error('the edit changes nothing');
  const oid = await keep(h, after);
  await h.team.git('update-ref', LEDGER, oid);
  return oid;
}

/** The ledger's commits, oldest first. */
export async function ledgerOf({ team }: Hospital): Promise<readonly Oid[]> {
  return (await team.git('rev-list', '--first-parent', '--reverse', LEDGER)).split('\n') as Oid[];
}

/** Puts these events of the present ledger on top of event 6, as somebody without any key can. */
export async function relink(h: Hospital, ...sequences: readonly number[]): Promise<void> {
  const oids = await ledgerOf(h);
  let tip = oids[5] ?? '';
  for (const sequence of sequences) {
    const body = await bodyOf(h, oids[sequence - 1] ?? '');
    tip = await keep(h, body.replace(/^parent .*$/m, `parent ${tip}`));
  }
  await h.team.git('update-ref', LEDGER, tip);
}

/** The tree of `HEAD` with this file in it, and the digest that `sha256sum` gives for the file. */
export async function treeWith(h: Hospital, path: string, text: string) {
  const { team } = h;
  await team.write(path, text);
  await team.git('add', path);
  const sum = createHash('sha256').update(text).digest('hex');
  return {
    tree: (await team.git('write-tree')) as Oid,
    head: (await team.git('rev-parse', 'HEAD')) as Oid,
    contentDigest: `sha256:${sum}` as Sha256,
  };
}

/** An armored signature of these bytes by `ssh-keygen`. */
export function armorOf(
  { team }: Hospital,
  { key }: Person,
  body: string,
  namespace = 'git',
): Promise<string> {
  const args = ['-q', '-Y', 'sign', '-n', namespace, '-f', key];
  return team.sandbox.ok('ssh-keygen', args, { input: Buffer.from(body, 'latin1') });
}

export const GPGSIG = /^gpgsig .*\n(?: .*\n)*/m;

/** A header that holds this armored block. */
export function header(name: string, block: string): string {
  return `${name} ${block.trimEnd().replaceAll('\n', '\n ')}\n`;
}

/** Puts a header in front of a commit's message. */
export function withHeader(body: string, line: string): string {
  const end = body.indexOf('\n\n') + 1;
  return body.slice(0, end) + line + body.slice(end);
}

/** The same commit with this person's signature in the place of the one it had. */
export async function signAgain(h: Hospital, who: Person, body: string): Promise<string> {
  const payload = body.replace(GPGSIG, '');
  return withHeader(payload, header('gpgsig', await armorOf(h, who, payload)));
}

/** The same commit in an encoding by which git shows `Geprüft` as `GeprÃ¼ft`, signed by this person. */
export async function inLatin1(h: Hospital, who: Person, rev: string): Promise<Oid> {
  return keep(h, await signAgain(h, who, withHeader(await bodyOf(h, rev), 'encoding ISO-8859-1\n')));
}

/** Where an object's file stands. */
export function looseFile({ team }: Hospital, oid: string): string {
  return join(team.repo, '.git/objects', oid.slice(0, 2), oid.slice(2));
}

/** Puts the file of one loose object over that of another; git reads it without a word. */
export async function putInPlace(h: Hospital, of: string, other: string): Promise<void> {
  const file = looseFile(h, of);
  await mkdir(dirname(file), { recursive: true });
  await rm(file, { force: true });
  await copyFile(looseFile(h, other), file);
  await chmod(file, 0o444);
}

/** Puts these bytes where an object's file was. */
export async function overwrite(h: Hospital, oid: string, bytes: Uint8Array): Promise<void> {
  await rm(looseFile(h, oid));
  await writeFile(looseFile(h, oid), bytes);
}
