import type { Identity } from '../git/identity.ts';
import type { Remotes } from '../git/remotes.ts';
import type { GitStore } from '../git/store.ts';
import type { Sha256 } from '../ledger/event.ts';
import type { Signer } from '../signing/model.ts';

/** What a sync works with. */
export interface SyncShop {
  readonly store: GitStore;
  readonly remotes: Remotes;
  /** A root given from outside: the SHA-256 of genesis. */
  readonly root: Sha256 | undefined;
  /** Opened only where something has to be signed again. */
  readonly signer: () => Promise<Signer>;
  /** Author and committer for what is written now. */
  readonly identity: () => Identity;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Waits before another round; `attempt` counts from 1. */
  readonly pause: (attempt: number) => Promise<void>;
  /** Long work; `total` where it is known. */
  readonly progress: (work: SyncWork, done: number, total: number | undefined) => void;
  /** Called when the pin and the mark cannot be written. */
  readonly unkept: (why: unknown) => Promise<void>;
}

export type SyncWork = 'fetch' | 'verify' | 'sign' | 'send';

export interface SyncRequest {
  /** A name of the configuration. */
  readonly remote: string;
  /** Whether what the remote has is taken, and whether what is only here is sent. */
  readonly pull: boolean;
  readonly push: boolean;
  /** Whether the branch goes along. */
  readonly branch: boolean;
  /** Events that break a rule are taken too; they have no effect. */
  readonly acceptFindings: boolean;
  /** Events that only this clone has are not made again, but kept aside. */
  readonly setAside: boolean;
  readonly dryRun: boolean;
}
