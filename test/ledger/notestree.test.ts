import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { emptyTree, type NewObject, type ObjectFormat, type Oid } from '../../src/git/object.ts';
import { encodeEvent } from '../../src/ledger/codec.ts';
import type { LedgerEvent, RegistryId, Sha256 } from '../../src/ledger/event.ts';
import { annotatedCommit, appendNote, NotesTree, noteEntry } from '../../src/ledger/notestree.ts';
import { createSandbox, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { ledgerEvent } from './arbitraries.ts';
import { notesOnPath } from './notesonpath.ts';

const COMMIT = '3f2a9c1d00112233445566778899aabbccddeeff' as Oid;
const CONTENT = `sha256:${'ab12'.repeat(16)}` as Sha256;

const EVENT: LedgerEvent = {
  sequence: 57,
  previous: `sha256:${'9f2c'.repeat(16)}` as Sha256,
  registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11' as RegistryId,
  policy: 3,
  reason: 'Evening rollout after the safety review.',
  detail: {
    event: 'deployment',
    commit: COMMIT,
    prompt: 'clinical-intake',
    version: 12,
    contentDigest: CONTENT,
    environment: 'production',
    replaces: undefined,
    kind: 'rollout',
    reference: 'CAB-1432',
  },
};

/** Design section 1: time and email, subject, trailers but Previous, Registry and Commit. */
const ENTRY = `2026-11-21T10:11:12Z dave@acme.example
deploy clinical-intake v12 to production
Event: deployment
Sequence: 57
Policy: 3
Prompt: clinical-intake
Version: 12
Content-Digest: ${CONTENT}
Environment: production
Replaces: none
Kind: rollout
Reference: CAB-1432
`;

const oidOf = (digit: string, format: ObjectFormat = 'sha1') =>
  digit.repeat(format === 'sha1' ? 40 : 64) as Oid;

describe('noteEntry', () => {
  it('is this, by hand', () => {
    expect(noteEntry(encodeEvent(EVENT), 1795255872, 'dave@acme.example')).toBe(ENTRY);
  });

  it('has a time for whatever a commit says', () => {
    expect(noteEntry(encodeEvent(EVENT), 0, 'a@x')).toMatch(/^1970-01-01T00:00:00Z a@x\n/);
    expect(noteEntry(encodeEvent(EVENT), 253_402_300_799, 'a@x')).toMatch(/^9999-12-31T23:59:59Z a@x\n/);
    expect(noteEntry(encodeEvent(EVENT), Number.MAX_SAFE_INTEGER, 'a@x')).toMatch(
      /^9999-12-31T23:59:59Z a@x\n/,
    );
  });

  it('never has a blank line, which is what keeps entries apart', () => {
    fc.assert(
      fc.property(ledgerEvent, (event) => {
        const entry = noteEntry(encodeEvent(event), 1795255872, 'dave@acme.example');
        expect(entry.endsWith('\n')).toBe(true);
        expect(entry).not.toContain('\n\n');
        expect(entry).not.toMatch(/^(?:Previous|Registry|Commit): /m);
      }),
    );
  });
});

it('says which commit an event is about', () => {
  expect(annotatedCommit(EVENT.detail)).toBe(COMMIT);
  expect(annotatedCommit({ event: 'genesis', name: 'x' })).toBeUndefined();
  expect(
    annotatedCommit({ event: 'acknowledgement', finding: 'ledger/tree', target: COMMIT }),
  ).toBeUndefined();
});

/** The oid that git gives to the tree that holds these notes, built through git's own index. */
async function rootByGit({ dir, git }: Sandbox, notes: ReadonlyMap<Oid, string>): Promise<string> {
  const env = { GIT_INDEX_FILE: `${dir}/notes-index` };
  const index: string[] = [];
  for (const [commit, text] of notes) {
    const blob = (await git(['hash-object', '-w', '--stdin'], { input: text })).trim();
    index.push(`100644 ${blob}\t${commit.slice(0, 2)}/${commit.slice(2)}\n`);
  }
  await git(['read-tree', '--empty'], { env });
  await git(['update-index', '--index-info'], { env, input: index.join('') });
  return (await git(['write-tree'], { env })).trim();
}

const write = async (box: Sandbox, { kind, bytes }: NewObject) =>
  (await box.git(['hash-object', '-w', '--stdin', '-t', kind], { input: bytes })).trim();

/** Commits and entries in an order in which folders and notes come before, between and after others. */
const script = (format: ObjectFormat): readonly (readonly [commit: Oid, entry: string])[] =>
  [
    oidOf('7', format),
    `7a${oidOf('0', format).slice(2)}`,
    `77${oidOf('0', format).slice(2)}`,
    oidOf('7', format),
    oidOf('0', format),
    oidOf('f', format),
    `77${oidOf('f', format).slice(2)}`,
    oidOf('7', format),
    `7a${oidOf('0', format).slice(2)}`,
  ].map((commit, index) => [commit as Oid, `entry ${index} Ünïcode\nEvent: x\n`]);

describe.each<ObjectFormat>(['sha1', 'sha256'])('in a %s repository', (format) => {
  let box: Sandbox;
  beforeAll(async () => {
    box = await createSandbox();
    await box.git(['init', '-q', `--object-format=${format}`, '.']);
    return () => box.remove();
  });

  it('NotesTree gives, event by event, the tree that git gives', async () => {
    const tree = NotesTree.empty(format);
    expect(tree.root).toBe(emptyTree(format));
    const notes = new Map<Oid, string>();
    for (const [commit, entry] of script(format)) {
      const before = notes.get(commit);
      notes.set(commit, before === undefined ? entry : `${before}\n${entry}`);
      expect(tree.append(commit, entry)).toBe(await rootByGit(box, notes));
    }
  });

  it('appendNote writes that tree from what is there', async () => {
    const expected = NotesTree.empty(format);
    let root: Oid = emptyTree(format);
    await write(box, { kind: 'tree', bytes: new Uint8Array() });
    for (const [commit, entry] of script(format)) {
      const current = await notesOnPath(box, root, commit);
      const appended = appendNote(format, current, commit, entry);
      root = expected.append(commit, entry);
      expect(appended.root).toBe(root);
      const written = [];
      for (const object of appended.objects) written.push(await write(box, object));
      expect(written.at(-1)).toBe(root);
    }
    expect(await box.git(['fsck', '--strict', '--no-dangling'])).toBe('');
  });

  it('leaves the tree as it is for an id of the other format', () => {
    const tree = NotesTree.empty(format);
    expect(tree.append(oidOf('a', format === 'sha1' ? 'sha256' : 'sha1'), ENTRY)).toBe(emptyTree(format));
  });

  it('does not extend a tree of another form', () => {
    const stray = { mode: '100644' as const, name: 'stray', oid: oidOf('a', format) };
    const current = { root: [stray], subtree: undefined, note: undefined };
    expect(() => appendNote(format, current, oidOf('b', format), ENTRY)).toThrow(Failure);
  });
});

it('is, past the growth of its buffers, the tree of the same notes in any order of commits', () => {
  const commits = Array.from({ length: 3000 }, (_, index) => {
    const spread = (index * 2_654_435_761) % 2 ** 32;
    return spread.toString(16).padStart(8, '0').repeat(5) as Oid;
  });
  const forward = NotesTree.empty('sha1');
  for (const commit of commits) forward.append(commit, `${commit}\n`);
  const backward = NotesTree.empty('sha1');
  for (const commit of [...commits].reverse()) backward.append(commit, `${commit}\n`);
  expect(forward.root).toBe(backward.root);
  expect(forward.append(commits[0]!, 'more\n')).not.toBe(backward.root);
});

it('is what git log shows as notes', async () => {
  const box = await sandbox();
  const { git } = box;
  const ident = ['-c', 'user.name=D', '-c', 'user.email=d@x'];
  await git(['init', '-q', '-b', 'main', '.']);
  await git([...ident, 'commit', '-q', '--allow-empty', '-m', 'a version']);
  const commit = (await git(['rev-parse', 'HEAD'])).trim() as Oid;
  const nothing = { root: [], subtree: undefined, note: undefined };
  const first = appendNote('sha1', nothing, commit, ENTRY);
  for (const object of first.objects) await write(box, object);
  const second = appendNote(
    'sha1',
    await notesOnPath(box, first.root, commit),
    commit,
    ENTRY.replace('57', '58'),
  );
  for (const object of second.objects) await write(box, object);
  const notes = (await git([...ident, 'commit-tree', '-m', 'notes', second.root])).trim();
  await git(['update-ref', 'refs/notes/promptaudit', notes]);

  expect(await git(['log', '-1', '--notes=promptaudit', '--format=%N'])).toBe(
    `${ENTRY}\n${ENTRY.replace('57', '58')}\n`,
  );
  expect(await git(['notes', '--ref=promptaudit', 'list'])).toMatch(new RegExp(`^[0-9a-f]{40} ${commit}\n$`));
  expect(await git(['fsck', '--strict', '--no-dangling'])).toBe('');
});
