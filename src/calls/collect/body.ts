import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';
import { busy, type Denial, SenderLeft, tooLarge, undecodable } from './denial.ts';
import type { Claim } from './room.ts';

/** How a body is compressed; `deflate` is the zlib format (RFC 9110, section 8.4.1.2). */
export type Coding = 'identity' | 'gzip' | 'deflate';

const INFLATERS = { gzip: createGunzip, deflate: createInflate } as const;

/**
 * A request's body, whole and inflated. Never holds more than `limit` bytes of either form, nor more than `claim` gets.
 * @throws Denial, SenderLeft
 */
export async function readBody(
  request: IncomingMessage,
  coding: Coding,
  limit: number,
  claim: Claim,
): Promise<Uint8Array> {
  const gather = (): Gathering => new Gathering(limit, claim, request.headers['user-agent']);
  const sent = await receive(request, gather());
  if (coding === 'identity') return sent;
  return inflate(sent, coding, gather());
}

/** Chunks that become one body. */
class Gathering {
  readonly #limit: number;
  readonly #claim: Claim;
  readonly #userAgent: string | undefined;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(limit: number, claim: Claim, userAgent: string | undefined) {
    this.#limit = limit;
    this.#claim = claim;
    this.#userAgent = userAgent;
  }

  /** Why the chunk cannot be added. */
  add(chunk: Buffer): Denial | undefined {
    this.#size += chunk.length;
    if (this.#size > this.#limit) return tooLarge(this.#limit);
    if (!this.#claim.grow(chunk.length)) return busy(this.#userAgent);
    this.#chunks.push(chunk);
    return undefined;
  }

  whole(): Buffer {
    const [only] = this.#chunks;
    return only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#size);
  }
}

function receive(request: IncomingMessage, gathering: Gathering): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer): void => {
      const denial = gathering.add(chunk);
      if (denial === undefined) return;
      request.off('data', take);
      reject(denial);
    };
    const left = (): void => reject(new SenderLeft('the sender left before its request was whole'));
    request.on('data', take);
    request.once('end', () => resolve(gathering.whole()));
    request.once('error', left);
    request.once('close', left);
  });
}

/** Inflates on another thread, and stops where the limit is passed. */
function inflate(sent: Buffer, coding: keyof typeof INFLATERS, gathering: Gathering): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const inflater = INFLATERS[coding]({ chunkSize: chunkSizeFor(sent.length) });
    const stop = (denial: Denial): void => {
      inflater.destroy();
      reject(denial);
    };
    inflater.on('data', (chunk: Buffer) => {
      const denial = gathering.add(chunk);
      if (denial !== undefined) stop(denial);
    });
    inflater.once('end', () => resolve(gathering.whole()));
    inflater.once('error', () => stop(undecodable(`the body cannot be inflated: it is no whole ${coding}`)));
    inflater.end(sent);
  });
}

/** Records compress some fifteen-fold; one chunk saves a copy, and small requests should not take much memory. */
function chunkSizeFor(length: number): number {
  return Math.min(Math.max(length * 16, 65_536), 262_144);
}
