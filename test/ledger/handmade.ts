import { emptyTree, type ObjectFormat, type Oid } from '../../src/git/object.ts';
import { encodeEvent } from '../../src/ledger/codec.ts';
import { decisionTagRef, encodeDecisionTag, tagNameAt, tagOfDecision } from '../../src/ledger/decisiontag.ts';
import { sha256 } from '../../src/ledger/digest.ts';
import type { DecisionDetail, EventDetail, LedgerEvent, RegistryId, Sha256 } from '../../src/ledger/event.ts';
import { annotatedCommit, appendNote, noteEntry } from '../../src/ledger/notestree.ts';
import { encodeVersionCommit } from '../../src/ledger/versioncommit.ts';
import type { PromptName } from '../../src/prompts/name.ts';
import type { Sandbox } from '../helpers/sandbox.ts';
import { notesOnPath } from './notesonpath.ts';

const REGISTRY = '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11' as RegistryId;
const PEOPLE = ['alice', 'bob', 'dave'] as const;
type Person = (typeof PEOPLE)[number];

const emailOf = (person: Person) => `${person}@acme.example`;

/** A ledger made with stock git and ssh-keygen; only messages and notes are from the code under test. */
export class HandmadeLedger {
  readonly signers: string;
  private readonly box: Sandbox;
  private readonly format: ObjectFormat;
  private tree: Oid;
  private head: Oid | undefined;
  private sequence = 0;
  private time = 1_795_255_872;

  private constructor(box: Sandbox, format: ObjectFormat) {
    this.box = box;
    this.format = format;
    this.signers = `${box.dir}/.allowed-signers`;
    this.tree = emptyTree(format);
  }

  static async create(box: Sandbox, format: ObjectFormat): Promise<HandmadeLedger> {
    const made = new HandmadeLedger(box, format);
    await box.git(['init', '-q', '-b', 'main', `--object-format=${format}`, '.']);
    for (const person of PEOPLE) {
      await box.ok('ssh-keygen', [
        '-q',
        '-t',
        'ed25519',
        '-N',
        '',
        '-C',
        person,
        '-f',
        `${box.dir}/.key-${person}`,
      ]);
      const line = `printf '%s namespaces="git" %s\\n' ${emailOf(person)} "$(cat .key-${person}.pub)" >> .allowed-signers`;
      await box.ok('sh', ['-c', line]);
    }
    await box.git(['hash-object', '-w', '-t', 'tree', '--stdin'], { input: '' });
    return made;
  }

  /** Runs git as somebody who signs. */
  git(person: Person, args: readonly string[], input: string | Uint8Array = ''): Promise<string> {
    const who = emailOf(person);
    const date = `@${this.time} +0000`;
    const env = {
      GIT_AUTHOR_NAME: person,
      GIT_AUTHOR_EMAIL: who,
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: person,
      GIT_COMMITTER_EMAIL: who,
      GIT_COMMITTER_DATE: date,
    };
    const signing = ['-c', 'gpg.format=ssh', '-c', `user.signingKey=${this.box.dir}/.key-${person}`];
    return this.box.git([...signing, ...args], { env, input });
  }

  /** A signed commit on main that holds one file. */
  async commitFile(person: Person, path: string, content: string, message: string): Promise<Oid> {
    const blob = (await this.box.git(['hash-object', '-w', '--stdin'], { input: content })).trim();
    await this.box.git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`]);
    await this.git(person, ['commit', '-q', '-S', '--cleanup=verbatim', '-F', '-'], message);
    return (await this.box.git(['rev-parse', 'HEAD'])).trim() as Oid;
  }

  commitVersion(person: Person, prompt: string, content: string): Promise<Oid> {
    const contentDigest = sha256(Buffer.from(content));
    const message = encodeVersionCommit({ message: 'Ask', prompt: prompt as PromptName, contentDigest });
    return this.commitFile(person, `prompts/${prompt}.prompt.yml`, content, message);
  }

  async decide(
    person: Person,
    detail: Omit<DecisionDetail, 'tag' | 'tagObject'>,
    of: Person,
    meaning: string,
  ): Promise<void> {
    const tag = decisionTagRef(detail.prompt, detail.version, detail.event, emailOf(of), 1);
    const message = encodeDecisionTag(tagOfDecision(REGISTRY, { ...detail, tag }, meaning));
    await this.git(
      person,
      ['tag', '-s', '--cleanup=verbatim', '-F', '-', tagNameAt(tag), detail.commit],
      message,
    );
    const tagObject = (await this.box.git(['rev-parse', tag])).trim() as Oid;
    await this.append(person, { ...detail, tag, tagObject }, meaning);
  }

  async append(person: Person, detail: EventDetail, reason = ''): Promise<Oid> {
    this.sequence += 1;
    this.time += 60;
    const policy = this.sequence <= 2 ? 0 : 1;
    const event: LedgerEvent = {
      sequence: this.sequence,
      previous: await this.digestOfHead(),
      registry: REGISTRY,
      policy,
      detail,
      reason,
    };
    const about = annotatedCommit(detail);
    const message = encodeEvent(event);
    if (about !== undefined) await this.annotate(about, noteEntry(message, this.time, emailOf(person)));
    const brought = ['version', 'policy', 'retirement'].includes(detail.event) ? about : undefined;
    return this.commit(person, this.tree, [this.head, brought], message);
  }

  /** One ledger commit of any kind, and the ref moved to it. */
  async commit(
    person: Person,
    tree: Oid,
    parents: readonly (Oid | undefined)[],
    message: string,
    sign = true,
  ): Promise<Oid> {
    const links = parents.flatMap((parent) => (parent === undefined ? [] : ['-p', parent]));
    const made = await this.git(
      person,
      ['commit-tree', ...(sign ? ['-S'] : []), ...links, '-F', '-', tree],
      message,
    );
    this.head = made.trim() as Oid;
    await this.box.git(['update-ref', 'refs/notes/promptaudit', this.head]);
    return this.head;
  }

  /** Goes back to a ledger commit, as if nothing had come after it. */
  async resetTo(head: Oid): Promise<void> {
    this.head = head;
    this.sequence = Number(await this.box.git(['rev-list', '--first-parent', '--count', head]));
    this.tree = (await this.box.git(['rev-parse', `${head}^{tree}`])).trim() as Oid;
    await this.box.git(['update-ref', 'refs/notes/promptaudit', head]);
  }

  private async digestOfHead(): Promise<Sha256 | undefined> {
    if (this.head === undefined) return undefined;
    return sha256(Buffer.from(await this.box.git(['cat-file', 'commit', this.head])));
  }

  private async annotate(commit: Oid, entry: string): Promise<void> {
    const current = await notesOnPath(this.box, this.tree, commit);
    const { root, objects } = appendNote(this.format, current, commit, entry);
    for (const { kind, bytes } of objects) {
      await this.box.git(['hash-object', '-w', '--stdin', '-t', kind], { input: bytes });
    }
    this.tree = root;
  }
}
