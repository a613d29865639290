import { Failure } from '../failure.ts';
import type { Oid } from './object.ts';

/**
 * Work with other repositories, by the names that the configuration gives them (`remote.<name>.url`), as the user's own git
 * does it: transports, credentials and hooks are git's. Only the native adapter can.
 */
export interface Remotes {
  /** Refs that a remote has, of these full names and below these prefixes (which end in `/`); not peeled. @throws RemoteUnreachable */
  list(remote: string, names: readonly string[]): Promise<readonly RemoteRef[]>;

  /** Brings the objects that these refs of a remote reach. No ref moves, here or there. @throws RemoteUnreachable */
  fetch(remote: string, refs: readonly string[]): Promise<void>;

  /**
   * Moves all of these refs of a remote, or none, and none but forward.
   * @param prefixes refs of this repository below these (which end in `/`) go too, each under its own name
   */
  push(remote: string, updates: readonly PushUpdate[], prefixes: readonly string[]): Promise<PushOutcome>;

  /** Commits that `tip` reaches and `other` does not, newest first. */
  commitsOnlyIn(tip: Oid, other: Oid): Promise<readonly Oid[]>;

  /**
   * Takes the working tree and its index from one commit's content to another's; changes that are nobody's stay. Answers
   * why not, with nothing changed, where some would be lost.
   */
  moveFiles(from: Oid, to: Oid): Promise<string | undefined>;
}

/** A ref that a remote says it has. */
export interface RemoteRef {
  readonly name: string;
  readonly oid: Oid;
}

export interface PushUpdate {
  readonly oid: Oid;
  /** The full name of the remote's ref. */
  readonly ref: string;
}

export type PushOutcome =
  | { readonly state: 'done' }
  /** `refs` are those that stood in the way, each with the reason that git or the remote gives; `said` is what the remote told. */
  | {
      readonly state: 'refused';
      readonly refs: readonly { readonly ref: string; readonly why: string }[];
      readonly said: readonly string[];
    }
  | { readonly state: 'unreachable'; readonly why: string };

/** A remote that does not answer, or does not let anybody in. */
export class RemoteUnreachable extends Failure {
  constructor(remote: string, why: string) {
    super(
      `${remote} could not be read: ${why}; check git remote -v, the network and your credentials, then run it again`,
    );
  }
}
