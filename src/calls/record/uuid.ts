import { createHash, type randomFillSync } from 'node:crypto';

/** Makes UUIDs of version 7 (RFC 9562, section 5.7) that rise within one process, also within a millisecond (method 1 of 6.2). */
export function uuidMinter(fill: typeof randomFillSync): (milliseconds: number) => string {
  const pool = Buffer.alloc(4096);
  let used = pool.length;
  let last = 0;
  let counter = 0;
  return (milliseconds) => {
    if (used === pool.length) {
      fill(pool);
      used = 0;
    }
    if (milliseconds > last) {
      last = milliseconds;
      counter = pool.readUInt16BE(used) & 0x7ff;
    } else if (counter === 0xfff) {
      last += 1;
      counter = 0;
    } else {
      counter += 1;
    }
    const random = pool.toString('hex', used, used + 8);
    used += 8;
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
