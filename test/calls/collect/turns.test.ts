import { describe, expect, it } from 'vitest';
import { garbageCollector } from '../../../src/calls/collect/garbage.ts';
import { Turns } from '../../../src/calls/collect/turns.ts';
import { openStation, post, span, traces } from './station.ts';

/** Takes a turn, and says under its name when it began. */
function asking(turns: Turns, begun: string[]) {
  return async (name: string, bytes: number): Promise<() => void> => {
    const turn = await turns.take(bytes);
    begun.push(name);
    return turn.end;
  };
}

const settled = (): Promise<void> => new Promise(setImmediate);

describe('turns', () => {
  it('begin while there is room, and then in the order they were asked for', async () => {
    const begun: string[] = [];
    const ask = asking(new Turns(10), begun);
    const [a, b, c, d] = [ask('a', 6), ask('b', 4), ask('c', 7), ask('d', 1)];
    await settled();
    expect(begun).toEqual(['a', 'b']);
    (await a)();
    await settled();
    // There is room for d, but c came first.
    expect(begun).toEqual(['a', 'b']);
    (await b)();
    await Promise.all([c, d]);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('of what is larger than all room begin alone', async () => {
    const begun: string[] = [];
    const ask = asking(new Turns(10), begun);
    const [small, large, last] = [ask('small', 1), ask('large', 500), ask('last', 1)];
    await settled();
    expect(begun).toEqual(['small']);
    (await small)();
    await settled();
    expect(begun).toEqual(['small', 'large']);
    (await large)();
    await last;
    expect(begun).toEqual(['small', 'large', 'last']);
  });
});

describe('bodies that are decoded', () => {
  it('wait until those before them are on the disk', async () => {
    const body = traces(span());
    const { collector, tray } = await openStation({ limits: { decodedBytes: body.length } });
    tray.hold();
    const replies = [post(collector.url, body), post(collector.url, body)];
    await tray.awaits(1);
    while (collector.stats().requests < 2) await settled();
    for (let time = 0; time < 20; time += 1) await settled();
    expect(tray.waiting).toBe(1);
    tray.letGo();
    expect((await Promise.all(replies)).map(({ status }) => status)).toEqual([200, 200]);
  });
});

describe('garbage', () => {
  it('is collected where the heap has grown far beyond what was alive in it', () => {
    const MEBI = 1024 ** 2;
    const heap = { size: 0, alive: 0, times: 0 };
    const tidy = garbageCollector({
      used: () => heap.size * MEBI,
      collect: () => {
        heap.times += 1;
        heap.size = heap.alive;
      },
    });
    const grown = (size: number, alive: number): number => {
      Object.assign(heap, { size, alive });
      tidy();
      return heap.times;
    };
    expect(grown(100, 10)).toBe(0);
    expect(grown(300, 10)).toBe(1);
    expect(grown(300, 200)).toBe(2);
    expect(grown(299, 10)).toBe(2);
    expect(grown(301, 10)).toBe(3);
    expect(grown(161, 10)).toBe(4);
  });
});
