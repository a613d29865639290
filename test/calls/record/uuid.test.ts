import { randomFillSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { spanUuid, uuidMinter } from '../../../src/calls/record/uuid.ts';

/** RFC 9562, section 5.7: version 7, variant 10. */
const VERSION_7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

function timeOf(uuid: string): number {
  return Number.parseInt(uuid.replace('-', '').slice(0, 12), 16);
}

function rising(uuids: readonly string[]): boolean {
  return uuids.every((uuid, at) => at === 0 || (uuids[at - 1] ?? '') < uuid);
}

it('has the time of RFC 9562, appendix A.6, in its first 48 bits', () => {
  const uuid = uuidMinter(randomFillSync)(0x017f22e279b0);
  expect(uuid).toMatch(/^017f22e2-79b0-7/);
  expect(uuid).toMatch(VERSION_7);
});

it('rises within a millisecond, and past the end of its counter', () => {
  const mint = uuidMinter(randomFillSync);
  const uuids = Array.from({ length: 20_000 }, () => mint(1000));
  expect(rising(uuids)).toBe(true);
  expect(uuids.every((uuid) => VERSION_7.test(uuid))).toBe(true);
  expect(timeOf(uuids.at(-1) ?? '')).toBeLessThan(1000 + 10);
});

it('rises while the clock goes backwards, and follows it when it has caught up', () => {
  const mint = uuidMinter(randomFillSync);
  const uuids = [5000, 4000, 0, 4999, 5000, 5001, 253_402_300_799_999].map(mint);
  expect(rising(uuids)).toBe(true);
  expect(uuids.map(timeOf)).toEqual([5000, 5000, 5000, 5000, 5000, 5001, 253_402_300_799_999]);
});

it('uses no random bytes twice', () => {
  let asked = 0;
  const mint = uuidMinter(((bytes: Buffer) => {
    asked += 1;
    for (let at = 0; at < bytes.length / 8; at += 1)
      bytes.writeBigUInt64BE(BigInt(at + 1000 * asked), at * 8);
    return bytes;
  }) as typeof randomFillSync);
  const tails = Array.from({ length: 1200 }, (_, at) => mint(at).slice(-12));
  expect(new Set(tails).size).toBe(1200);
  expect(asked).toBe(3);
});

it('gives a span the same id each time, and another span another', () => {
  const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const uuid = spanUuid(0x017f22e279b0, trace, span);
  // printf '%s:%s' $trace $span | sha256sum: 84e30b512cfea5693d3…; the two highest bits of the fourth digit become 10.
  expect(uuid).toBe('017f22e2-79b0-784e-b0b5-12cfea5693d3');
  expect(uuid).toMatch(VERSION_7);
  expect(spanUuid(0x017f22e279b0, trace, '00f067aa0ba902b8')).not.toBe(uuid);
  expect(spanUuid(0x017f22e279b0, span, trace)).not.toBe(uuid);
});
