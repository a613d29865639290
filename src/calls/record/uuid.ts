import { createHash, type randomFillSync } from 'node:crypto';

/** Random bytes that are asked for at once. */
const POOL = 4096;

/** Makes UUIDs of version 7 (RFC 9562, section 5.7) that rise within one process, also within a millisecond (method 1 of 6.2). */
export function uuidMinter(fill: typeof randomFillSync): (milliseconds: number) => string {
  const bytes = Buffer.alloc(POOL);
  let pool = '';
  let used = 0;
  let last = 0;
  let counter = 0;
  return (milliseconds) => {
    if (used === pool.length) {
      fill(bytes);
      pool = bytes.toString('hex');
      used = 0;
    }
    if (milliseconds > last) {
      last = milliseconds;
      counter = Number.parseInt(pool.slice(used, used + 3), 16) & 0x7ff;
    } else if (counter === 0xfff) {
      last += 1;
      counter = 0;
    } else {
      counter += 1;
    }
    const random = pool.slice(used, used + 16);
    used += 16;
    return shape(last, counter.toString(16).padStart(3, '0'), random);
  };
}

/** The UUID that a span always gets, so that a span which an exporter sends again is known again: version 7, random bits from its ids. */
export function spanUuid(milliseconds: number, traceId: string, spanId: string): string {
  const digest = createHash('sha256').update(`${traceId}:${spanId}`).digest('hex');
  return shape(milliseconds, digest.slice(0, 3), digest.slice(3, 19));
}

function shape(milliseconds: number, a: string, b: string): string {
  const time = milliseconds.toString(16).padStart(12, '0');
  const variant = ((Number.parseInt(b.charAt(0), 16) & 0x3) | 0x8).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a}-${variant}${b.slice(1, 4)}-${b.slice(4)}`;
}
