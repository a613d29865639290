import { Failure, systemReason } from '../../failure.ts';
import { errorCode } from '../../git/files.ts';
import type { Area } from './troubles.ts';

interface Telling {
  readonly headers?: Readonly<Record<string, string>>;
  /** What the collector's own user is told; that a sender is refused, and why, unless given. */
  readonly trouble?: { readonly area: Area; readonly kind: string; readonly text: string };
}

/** A request is not taken; what its sender is told, and how. */
export class Denial extends Error {
  override readonly name = 'Denial';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly trouble: { readonly area: Area; readonly kind: string; readonly text: string };

  constructor(status: number, message: string, { headers = {}, trouble }: Telling = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.trouble = trouble ?? {
      area: 'sender',
      kind: `${status} ${message}`,
      text: `a sender is refused (HTTP ${status}): ${message}`,
    };
  }
}

/** The sender went away before its request was whole: there is nobody to answer. */
export class SenderLeft extends Error {
  override readonly name = 'SenderLeft';
}

/** By HTTP status. Source: google/rpc/code.proto. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  500: 13,
  503: 14,
};

/** The code of a google.rpc.Status; 2 (`UNKNOWN`) for a status that has none. */
export function rpcCode(status: number): number {
  return RPC_CODES[status] ?? 2;
}

/** In seconds. Exporters give a batch ten by default, so the first retries must come well before that. */
const RETRY_BUSY = '1';
const RETRY_UNWRITABLE = '2';

/**
 * The Python exporter drops what is answered with 429 and sends again what is answered with 503 (opentelemetry-python, issue
 * 3122); OTLP allows both ("OTLP/HTTP Throttling").
 */
const DROPS_ON_429 = /\bOTel-OTLP-Exporter-Python\//i;

/** Too much is pending. */
export function busy(userAgent: string | undefined): Denial {
  const status = userAgent !== undefined && DROPS_ON_429.test(userAgent) ? 503 : 429;
  return new Denial(status, 'too many records are waiting to be written: send them again later', {
    headers: { 'retry-after': RETRY_BUSY },
    trouble: {
      area: 'room',
      kind: 'busy',
      text: 'more records come in than can be written: senders are asked to send them again later',
    },
  });
}

/** @param error what the intake threw. Whatever it is, the records are not kept and must be sent again. */
export function unwritable(error: unknown): Denial {
  const reason = systemReason(errorCode(error));
  const told = error instanceof Failure ? error.message : (reason ?? String(error));
  return new Denial(
    503,
    `the collector cannot write records${reason === undefined ? '' : `, ${reason}`}: send them again later`,
    {
      headers: { 'retry-after': RETRY_UNWRITABLE },
      trouble: {
        area: 'store',
        kind: errorCode(error),
        text: `records cannot be written, and senders are asked to send them again later: ${told}`,
      },
    },
  );
}

export function tooLarge(limit: number): Denial {
  return new Denial(413, `the body is larger than ${limit} bytes: send fewer records at once`);
}

export function tooDense({ message }: Failure): Denial {
  return new Denial(413, message);
}

/** @param message may name what was sent, so only its sender is told */
export function undecodable(message: string): Denial {
  const text = 'a sender is refused (HTTP 400): what it sends is no OTLP request; it is told why';
  return new Denial(400, message, { trouble: { area: 'sender', kind: '400', text } });
}

/** A defect of ours: the sender is told nothing of it. */
export function defect(error: unknown): Denial {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const text = `a request failed (HTTP 500) by what looks like a defect of promptaudit, please report it: ${what}`;
  return new Denial(500, 'the collector failed', { trouble: { area: 'defect', kind: '', text } });
}
