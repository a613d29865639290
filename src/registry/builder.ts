import { encodeCommit } from '../git/commit.ts';
import type { Identity } from '../git/identity.ts';
import { emptyTree, hashObject, type NewObject, type Oid } from '../git/object.ts';
import type { GitStore } from '../git/store.ts';
import { encodeTag } from '../git/tag.ts';
import { encodeEvent } from '../ledger/codec.ts';
import { sha256 } from '../ledger/digest.ts';
import type { EventDetail, LedgerEvent, RegistryId } from '../ledger/event.ts';
import { annotatedCommit, noteEntry } from '../ledger/notestree.ts';
import type { Signer } from '../signing/model.ts';
import type { LedgerHead } from '../trail/model.ts';
import { StoredNotes } from '../trail/storednotes.ts';

/** Where a ledger stands before something is added to it. */
export interface LedgerPosition {
  readonly registry: RegistryId;
  readonly head: LedgerHead | undefined;
  /** The policy in force. */
  readonly policy: number;
  /** Objects of the head's notes tree that the repository lacks. */
  readonly remade?: ReadonlyMap<Oid, NewObject> | undefined;
}

export interface AppendedEvent {
  readonly sequence: number;
  readonly oid: Oid;
}

/**
 * Makes the objects of new events in memory, signed, one upon the other. Nothing is in the repository before `objects`
 * is written, and nothing is visible before a ref names it.
 */
export class Builder {
  readonly appended: AppendedEvent[] = [];
  /** New objects by id, each before those that name it. */
  readonly made = new Map<Oid, NewObject>();
  private readonly store: GitStore;
  private readonly signer: Signer;
  private readonly identity: Identity;
  private readonly registry: RegistryId;
  private readonly notes: StoredNotes;
  private head: Pick<LedgerHead, 'sequence' | 'commit' | 'digest'> | undefined;
  private policy: number;

  constructor(store: GitStore, signer: Signer, identity: Identity, position: LedgerPosition) {
    this.store = store;
    this.signer = signer;
    this.identity = identity;
    this.registry = position.registry;
    this.head = position.head;
    this.policy = position.policy;
    // git knows the empty tree without having it, but fsck reports a tree that only genesis names and nobody has.
    if (position.head === undefined) this.keep({ kind: 'tree', bytes: new Uint8Array(0) });
    const tree = position.head?.tree ?? emptyTree(store.layout.objectFormat);
    this.notes = new StoredNotes(store, tree, position.remade);
  }

  /** What must be written before the refs move, each object before those that name it. */
  get objects(): readonly NewObject[] {
    return [...this.notes.made.values(), ...this.made.values()];
  }

  /** The ledger's new tip. */
  get tip(): Oid | undefined {
    return this.head?.commit;
  }

  keep(object: NewObject): Oid {
    const oid = hashObject(this.store.layout.objectFormat, object);
    this.made.set(oid, object);
    return oid;
  }

  /** Policies that come into force with an event hold for the next one. */
  takeForce(policy: number): void {
    this.policy = policy;
  }

  /** A signed commit with the identity's author and committer. */
  async commit(fields: {
    readonly tree: Oid;
    readonly parents: readonly Oid[];
    readonly message: string;
  }): Promise<{ oid: Oid; bytes: Uint8Array }> {
    const unsigned = { ...fields, author: this.identity.author, committer: this.identity.committer };
    const signature = await this.signer.sign(encodeCommit(unsigned));
    const bytes = encodeCommit(unsigned, signature);
    return { oid: this.keep({ kind: 'commit', bytes }), bytes };
  }

  /** A signed annotated tag on a commit. */
  async tag(fields: { readonly object: Oid; readonly name: string; readonly message: string }): Promise<Oid> {
    const unsigned = { ...fields, type: 'commit', tagger: this.identity.committer } as const;
    const signature = await this.signer.sign(encodeTag(unsigned));
    return this.keep({ kind: 'tag', bytes: encodeTag(unsigned, signature) });
  }

  /** One more event. Author and committer are the same person and the same moment. */
  async append(detail: EventDetail, reason: string, subject?: Oid): Promise<void> {
    const { committer } = this.identity;
    const event: LedgerEvent = {
      sequence: (this.head?.sequence ?? 0) + 1,
      previous: this.head?.digest,
      registry: this.registry,
      policy: this.policy,
      detail,
      reason,
    };
    const message = encodeEvent(event);
    const annotated = annotatedCommit(detail);
    if (annotated !== undefined)
      await this.notes.append(annotated, noteEntry(message, committer.time, committer.email));
    const parents = [this.head?.commit, subject].filter((oid) => oid !== undefined);
    const made = await this.commit({ tree: this.notes.root, parents, message });
    this.head = { sequence: event.sequence, commit: made.oid, digest: sha256(made.bytes) };
    this.appended.push({ sequence: event.sequence, oid: made.oid });
  }
}
