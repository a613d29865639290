import type { Ed25519Judge } from './ed25519judge.ts';
import type { KeyId, Verdict } from './model.ts';

/** One signature block and the bytes that it is over. */
export interface SignatureTask {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** Tasks on their way to another thread: all bytes in one piece, and how long each payload and signature is, in turns. */
export interface PackedTasks {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
}

/** What a thread is started with. */
export interface ThreadOptions {
  readonly ed25519: Ed25519Judge;
}

/** What a thread is sent. */
export interface Batch {
  /** Ids of SSH keys that it has not been told of; they are what a policy lists. */
  readonly newKeys: readonly KeyId[];
  readonly packed: PackedTasks;
}

/**
 * What it sends back, in the order of the batches: nearly all signatures are valid, and of those only which key it was is worth
 * a message.
 */
export interface Answer {
  /** By task: the place of the key that it is by among all that were sent, or -1 where it is not valid. */
  readonly keys: Int32Array<ArrayBuffer>;
  /** The verdicts on the others, in order. */
  readonly others: readonly Verdict[];
}

export function packTasks(tasks: readonly SignatureTask[]): PackedTasks {
  const lengths = new Uint32Array(2 * tasks.length);
  let size = 0;
  let place = 0;
  for (const { payload, signature } of tasks) {
    lengths[place] = payload.length;
    lengths[place + 1] = signature.length;
    size += payload.length + signature.length;
    place += 2;
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { payload, signature } of tasks) {
    bytes.set(payload, at);
    bytes.set(signature, at + payload.length);
    at += payload.length + signature.length;
  }
  return { bytes, lengths };
}

export function tasksOf({ bytes, lengths }: PackedTasks): readonly SignatureTask[] {
  const tasks: SignatureTask[] = [];
  let at = 0;
  for (let index = 0; index < lengths.length; index += 2) {
    const middle = at + (lengths[index] ?? 0);
    const end = middle + (lengths[index + 1] ?? 0);
    tasks.push({ payload: bytes.subarray(at, middle), signature: bytes.subarray(middle, end) });
    at = end;
  }
  return tasks;
}
