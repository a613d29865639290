import type { decodeOtlp, encodeResponse, encodeStatus } from '../otlp/decode.ts';
import type { RecordKind } from '../record/fields.ts';
import type { Incoming } from '../record/read.ts';

/** Reads what exporters send, and writes what they are answered. */
export interface Otlp {
  readonly decodeOtlp: typeof decodeOtlp;
  readonly encodeResponse: typeof encodeResponse;
  readonly encodeStatus: typeof encodeStatus;
}

/** What came of a batch. */
export interface Taken {
  readonly accepted: number;
  /** Records that the store has already. */
  readonly duplicates: number;
  readonly rejected: readonly { readonly index: number; readonly problems: readonly string[] }[];
}

/** Where records go. */
export interface Intake {
  /**
   * Resolves once what was accepted is on disk.
   * @throws a system error or Failure where the store cannot be written; nothing of the batch counts as accepted then
   */
  submit(batch: readonly { readonly kind: RecordKind; readonly incoming: Incoming }[]): Promise<Taken>;
}

export interface Limits {
  /** The largest body in bytes, as it is sent and inflated. */
  readonly bodyBytes: number;
  /** The bytes of all bodies that are not answered yet, as they came and inflated; never below two of `bodyBytes`, so that any one fits. */
  readonly pendingBytes: number;
  /** The bytes of the bodies, inflated, that are decoded and not on the disk yet; a larger one is decoded alone. */
  readonly decodedBytes: number;
  /** Requests that were read whole and wait for their answer. */
  readonly pendingRequests: number;
  /** How long a sender may take for a whole request, in milliseconds. */
  readonly requestMs: number;
}

export interface CollectorOptions {
  /** A name or an address; 127.0.0.1 unless given. */
  readonly host?: string | undefined;
  /** 4318 unless given; 0 for any that is free. */
  readonly port?: number | undefined;
  /** What senders must bring as `Authorization: Bearer …`. */
  readonly token?: string | undefined;
  /** PEM. */
  readonly tls?: { readonly key: Uint8Array | string; readonly cert: Uint8Array | string } | undefined;
  /** Listens on other than loopback without a token or without TLS. */
  readonly insecure?: boolean | undefined;
  readonly intake: Intake;
  /** Another one than ours. */
  readonly otlp?: Otlp | undefined;
  readonly limits?: Partial<Limits> | undefined;
  /** How long `close` waits for requests that are under way, in milliseconds. */
  readonly graceMs?: number | undefined;
  /** Is told one line once when something begins to go wrong, and one when it is over. */
  readonly onProblem?: ((text: string) => void) | undefined;
  readonly now: () => Date;
}

/** Since the collector started. */
export interface CollectorStats {
  /** That came to `/v1/…` or anywhere else but `/healthz`. */
  readonly requests: number;
  /** Records on disk. */
  readonly accepted: number;
  /** Records that were there already. */
  readonly duplicates: number;
  /** Records that are none, in requests that were answered. */
  readonly rejected: number;
  /** Spans and log records that are about no call and no access. */
  readonly ignored: number;
  /** Requests that were not answered with success, or whose sender left before they were whole. */
  readonly refused: number;
}

export interface Collector {
  /** `http://127.0.0.1:4318`: what an exporter takes as its endpoint. */
  readonly url: string;
  stats(): CollectorStats;
  /** Stops listening, and resolves once what was under way is answered or the grace time is over. */
  close(): Promise<void>;
}

/**
 * The sizes are those that OTLP recommends (its specification, "OTLP/HTTP Request"); what is pending keeps the process
 * within its memory.
 */
export const LIMITS: Limits = {
  bodyBytes: 20 * 1024 ** 2,
  pendingBytes: 64 * 1024 ** 2,
  decodedBytes: 8 * 1024 ** 2,
  pendingRequests: 256,
  requestMs: 30_000,
};
