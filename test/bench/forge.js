import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Notes, PromptFolder } from './growingtrees.js';
import { run } from './processes.js';

/**
 * @typedef {import('../../src/git/object.ts').Oid} Oid
 * @typedef {import('../../src/ledger/event.ts').EventDetail} EventDetail
 * @typedef {import('../../src/ledger/event.ts').DecisionDetail} DecisionDetail
 * @typedef {import('./objectpack.js').ObjectPack} ObjectPack
 * @typedef {import('./library.js').Library} Library
 * @typedef {{ name: string, email: string, keyFile: string, publicKey: string, blob: Buffer, privateKey: import('node:crypto').KeyObject }} Person
 */

const REGISTRY = '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11';
const FORMAT = 'sha1';

/** The package's own codecs. @param {Library} library */
async function loadCodecs(library) {
  const paths = [
    ...['git/commit.js', 'git/tag.js', 'git/tree.js', 'git/object.js'],
    ...[
      'ledger/codec.js',
      'ledger/notestree.js',
      'ledger/uniformtree.js',
      'ledger/decisiontag.js',
      'ledger/digest.js',
    ],
    ...['ledger/versioncommit.js', 'signing/sshsig.js', 'signing/opensshkey.js', 'policy/edit.js'],
  ];
  const modules = await Promise.all(paths.map((path) => library.load(path)));
  return Object.assign({}, ...modules);
}

/** Somebody with an Ed25519 key in `folder`. @param {Library} library */
export async function hire(library, folder, name) {
  const { parseEd25519PrivateKey } = await library.load('signing/opensshkey.js');
  const email = `${name.toLowerCase().replaceAll(' ', '.')}@acme.example`;
  const keyFile = join(folder, email);
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', email, '-f', keyFile]);
  const { publicKey, privateKey } = parseEd25519PrivateKey(await readFile(keyFile, 'latin1'));
  return { name, email, keyFile, publicKey: publicKey.id, blob: publicKey.blob, privateKey };
}

/**
 * Makes a registry's objects, signed, and puts them into a pack: what `promptaudit` writes event by event, without a
 * repository to read back from. Keeps the branch, the notes and the ledger's head in memory.
 */
export class Forge {
  /** @type {{ name: string, oid: Oid }[]} */
  tags = [];
  /** @type {Oid | undefined} */
  ledger;
  /** @type {Oid | undefined} */
  branch;
  sequence = 0;
  policy = 0;
  #codecs;
  #pack;
  #previous;
  #notes;
  #folder;
  #policyTree;

  constructor(codecs, pack) {
    this.#codecs = codecs;
    this.#pack = pack;
    this.#notes = new Notes(codecs, (object, line) => this.#keep(object, line));
    this.#folder = new PromptFolder(codecs);
    this.#keep({ kind: 'tree', bytes: new Uint8Array(0) });
  }

  /** @param {Library} library @param {ObjectPack} pack */
  static async open(library, pack) {
    return new Forge(await loadCodecs(library), pack);
  }

  /** @param {string} name @param {Person} by @param {number} time seconds since the epoch */
  found(name, by, time) {
    this.#append({ event: 'genesis', name }, '', by, time);
  }

  /** The policy file that `init` writes. */
  firstPolicy(request) {
    return this.#codecs.initialPolicy(request);
  }

  /** @param {string} text @param {string} reason @param {Person} by @param {number} time */
  setPolicy(text, reason, by, time) {
    const bytes = Buffer.from(text);
    const { sha256, encodeTree } = this.#codecs;
    const blob = this.#keep({ kind: 'blob', bytes });
    const tree = encodeTree([{ mode: '100644', name: 'policy.yml', oid: blob }], FORMAT);
    this.#policyTree = this.#keep({ kind: 'tree', bytes: tree });
    const commit = this.#commitBranch(`${reason}\n`, by, time);
    const version = this.version + 1;
    this.#append(
      { event: 'policy', version, commit, contentDigest: sha256(bytes) },
      reason,
      by,
      time,
      commit,
    );
    this.policy = version;
  }

  get version() {
    return this.policy;
  }

  /** Answers the commit and digest by which later events name the version. */
  commitPrompt(prompt, version, text, reason, by, time) {
    const { sha256, encodeVersionCommit } = this.#codecs;
    const bytes = Buffer.from(text);
    const contentDigest = sha256(bytes);
    this.#folder.put(`${prompt}.prompt.yml`, this.#keep({ kind: 'blob', bytes }, `file ${prompt}`));
    const commit = this.#commitBranch(
      encodeVersionCommit({ message: reason, prompt, contentDigest }),
      by,
      time,
    );
    const path = `prompts/${prompt}.prompt.yml`;
    this.#append(
      { event: 'version', commit, prompt, version, path, contentDigest },
      reason,
      by,
      time,
      commit,
    );
    return { commit, contentDigest };
  }

  approve(prompt, version, { commit, contentDigest }, environments, meaning, by, time) {
    const { decisionTagRef, encodeDecisionTag, tagOfDecision, tagNameAt, encodeTag } = this.#codecs;
    const tag = decisionTagRef(prompt, version, 'approval', by.email, 1);
    const said = { event: 'approval', commit, prompt, version, contentDigest, environments, tag };
    const message = encodeDecisionTag(tagOfDecision(REGISTRY, said, meaning));
    const unsigned = {
      object: commit,
      type: 'commit',
      name: tagNameAt(tag),
      tagger: identOf(by, time),
      message,
    };
    const bytes = encodeTag(unsigned, this.#sign(encodeTag(unsigned), by));
    const tagObject = this.#keep({ kind: 'tag', bytes });
    this.tags.push({ name: tag, oid: tagObject, peeled: commit });
    this.#append({ ...said, tagObject }, meaning, by, time);
  }

  /** @param {Omit<Extract<EventDetail, { event: 'deployment' }>, 'event'>} detail */
  deploy(detail, reason, by, time) {
    this.#append({ event: 'deployment', ...detail }, reason, by, time);
  }

  #append(detail, reason, by, time, subject) {
    const { encodeEvent, noteEntry, annotatedCommit, sha256 } = this.#codecs;
    this.sequence += 1;
    const event = {
      sequence: this.sequence,
      previous: this.#previous,
      registry: REGISTRY,
      policy: this.policy,
      detail,
      reason,
    };
    const annotated = annotatedCommit(detail);
    const message = encodeEvent(event);
    if (annotated !== undefined) this.#notes.append(annotated, noteEntry(message, time, by.email));
    const parents = [this.ledger, subject].filter((oid) => oid !== undefined);
    const { oid, bytes } = this.#commit({ tree: this.#notes.root, parents, message }, by, time);
    this.ledger = oid;
    this.#previous = sha256(bytes);
  }

  #commitBranch(message, by, time) {
    const { encodeTree } = this.#codecs;
    const entries = [{ mode: '40000', name: '.promptaudit', oid: this.#policyTree }];
    if (this.#folder.bytes.length > 0) {
      const prompts = this.#keep({ kind: 'tree', bytes: this.#folder.bytes }, 'prompts');
      entries.push({ mode: '40000', name: 'prompts', oid: prompts });
    }
    const tree = this.#keep({ kind: 'tree', bytes: encodeTree(entries, FORMAT) }, 'top');
    const parents = this.branch === undefined ? [] : [this.branch];
    this.branch = this.#commit({ tree, parents, message }, by, time).oid;
    return this.branch;
  }

  #commit(fields, by, time) {
    const { encodeCommit } = this.#codecs;
    const ident = identOf(by, time);
    const unsigned = { ...fields, author: ident, committer: ident };
    const bytes = encodeCommit(unsigned, this.#sign(encodeCommit(unsigned), by));
    return { oid: this.#keep({ kind: 'commit', bytes }), bytes };
  }

  #sign(payload, by) {
    const { signSshEd25519, GIT_NAMESPACE } = this.#codecs;
    return signSshEd25519(by.privateKey, by.blob, payload, GIT_NAMESPACE);
  }

  #keep(object, line) {
    this.#pack.add(object, line);
    return this.#codecs.hashObject(FORMAT, object);
  }
}

function identOf({ name, email }, time) {
  return { name, email, time, zone: '+0000' };
}
