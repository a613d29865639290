import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASE, D, fromBytes, inverse, L, mod, P, type Point, sum, times, toBytes } from './edwards.ts';

/** What wasm/ed25519/index.ts exports. */
interface Parts {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly input: () => number;
  readonly addTable: () => number;
  readonly multiply: (out: number, f: number, g: number) => void;
  readonly invert: (out: number, f: number) => void;
  readonly setBytes: (out: number, lane: number, bytes: number) => void;
  readonly getBytes: (out: number, f: number) => void;
  readonly reduce: (out: number, bytes: number) => void;
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const module = new WebAssembly.Module(readFileSync(new URL('../../wasm/ed25519.wasm', import.meta.url)));
const parts = new WebAssembly.Instance(module, {}).exports as Parts;

const TIGHT = 4118;
const LOOSE = 8236;
const [F, G, OUT, BYTES] = [0, 160, 320, 480].map((at) => parts.input() + at) as [
  number,
  number,
  number,
  number,
];
const LANES = [0, 1, 2, 3] as const;

type Limbs = readonly number[];

function limbAt(element: number, i: number, lane: number): number {
  return element / 2 + (i >> 1) * 8 + lane * 2 + (i & 1);
}

function put(element: number, lanes: readonly Limbs[]): void {
  const memory = new Int16Array(parts.memory.buffer);
  for (const lane of LANES)
    for (const [i, limb] of lanes[lane]!.entries()) memory[limbAt(element, i, lane)] = limb;
}

function limbsOf(element: number, lane: number): Limbs {
  const memory = new Int16Array(parts.memory.buffer);
  return Array.from({ length: 20 }, (_, i) => memory[limbAt(element, i, lane)]!);
}

const numberOf = (limbs: Limbs): bigint =>
  mod(limbs.reduceRight((number, limb) => number * 8192n + BigInt(limb), 0n));

/** From 0 to 2^255 - 1. */
const limbsOfNumber = (value: bigint): Limbs =>
  Array.from({ length: 20 }, (_, i) => Number((value >> BigInt(13 * i)) & 8191n));

const all = (limb: number): Limbs => Array<number>(20).fill(limb);

const EDGES: readonly Limbs[] = [
  ...[0n, 1n, 2n, 18n, 19n, P - 2n, P - 1n, P, P + 1n, 2n ** 255n - 1n, 2n ** 254n].map(limbsOfNumber),
  ...[LOOSE, -LOOSE, TIGHT, -TIGHT, 8191, 4096, -4096, 1, -1].map(all),
  Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? LOOSE : -LOOSE)),
  [-1, ...Array<number>(19).fill(0)],
  [...Array<number>(19).fill(0), LOOSE],
  [...Array<number>(19).fill(0), -LOOSE],
];

const looseLimb = fc.integer({ min: -LOOSE, max: LOOSE });
const element = fc.oneof(
  fc.array(looseLimb, { minLength: 20, maxLength: 20 }),
  fc.constantFrom(...EDGES),
  fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }).map(limbsOfNumber),
);
const four = fc.tuple(element, element, element, element);

function expectProducts(f: readonly Limbs[], g: readonly Limbs[], element: number): void {
  for (const lane of LANES) {
    const product = limbsOf(element, lane);
    expect(numberOf(product)).toBe(mod(numberOf(f[lane]!) * numberOf(g[lane]!)));
    expect(Math.max(...product.map(Math.abs))).toBeLessThanOrEqual(TIGHT);
  }
}

/** What `getBytes` makes of each lane. */
function canonical(element: number): readonly bigint[] {
  parts.getBytes(BYTES, element);
  return LANES.map((lane) => fromBytes(new Uint8Array(parts.memory.buffer, BYTES + 32 * lane, 32)));
}

function putBytes(at: number, bytes: Uint8Array): void {
  new Uint8Array(parts.memory.buffer).set(bytes, at);
}

describe('the field', () => {
  test('multiplies every edge with every edge', () => {
    for (const f of EDGES) {
      for (const [at, g] of EDGES.entries()) {
        const lanes = [g, EDGES[(at + 1) % EDGES.length]!, f, all(0)];
        put(F, [f, f, f, f]);
        put(G, lanes);
        parts.multiply(OUT, F, G);
        expectProducts([f, f, f, f], lanes, OUT);
      }
    }
  });

  test('multiplies, and leaves limbs that it takes again', () => {
    fc.assert(
      fc.property(four, four, (f, g) => {
        put(F, f);
        put(G, g);
        parts.multiply(OUT, F, G);
        expectProducts(f, g, OUT);
        parts.multiply(F, F, F);
        expectProducts(f, f, F);
      }),
      { numRuns: 300 },
    );
  });

  test('has one encoding of each number', () => {
    fc.assert(
      fc.property(four, (f) => {
        put(F, f);
        expect(canonical(F)).toEqual(f.map(numberOf));
      }),
      { numRuns: 500 },
    );
    for (const edge of EDGES) {
      put(F, [edge, edge, edge, edge]);
      expect(canonical(F)).toEqual(Array(4).fill(numberOf(edge)));
    }
  });

  test('reads 255 bits in one lane', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), fc.constantFrom(...LANES), (value, lane) => {
        put(F, [all(1), all(1), all(1), all(1)]);
        putBytes(BYTES, toBytes(value));
        parts.setBytes(F, lane, BYTES);
        const others = numberOf(all(1));
        const expected = LANES.map((at) => (at === lane ? mod(value & (2n ** 255n - 1n)) : others));
        expect(canonical(F)).toEqual(expected);
      }),
    );
  });

  test('inverts, and 0 stays 0', () => {
    const lanes = [limbsOfNumber(0n), limbsOfNumber(P - 1n), all(LOOSE), limbsOfNumber(2n)];
    put(F, lanes);
    parts.invert(OUT, F);
    expect(canonical(OUT)).toEqual(lanes.map((limbs) => inverse(numberOf(limbs))));
    expect(canonical(OUT).slice(0, 2)).toEqual([0n, P - 1n]);
  });
});

describe('scalars', () => {
  const most = 2n ** 512n - 1n;
  /** Just around multiples of L, those by powers of 2^28 among them: it is in limbs of 28 bits that they are reduced. */
  const multiples = fc
    .tuple(
      fc.bigInt({ min: 1n, max: 2n ** 259n }),
      fc.nat(9),
      fc.bigInt({ min: -(2n ** 125n), max: 2n ** 125n }),
    )
    .map(([factor, limbs, more]) => ((factor << BigInt(28 * limbs)) % (most / L)) * L + more)
    .filter((value) => value >= 0n);
  const edges = [
    0n,
    1n,
    L - 1n,
    L,
    L + 1n,
    2n * L,
    2n ** 252n - 1n,
    2n ** 252n,
    2n ** 256n - 1n,
    (L << 28n) - 1n,
    (L << 252n) - 1n,
    most,
  ];

  const reduced = (value: bigint): bigint => {
    putBytes(BYTES, toBytes(value, 64));
    parts.reduce(OUT, BYTES);
    return fromBytes(new Uint8Array(parts.memory.buffer, OUT, 32));
  };

  test.each(edges)('reduces %d', (value) => {
    expect(reduced(value)).toBe(value % L);
  });

  test('reduces any 64 bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.bigInt({ min: 0n, max: most }), multiples), (value) => {
        expect(reduced(value)).toBe(value % L);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the table of a point', () => {
  const HALF = inverse(2n);
  const point = times(fromBytes(Buffer.from('promptaudit')), BASE);

  function tableOf([x, y]: Point): number {
    putBytes(parts.input(), Buffer.concat([toBytes(x), toBytes(y)]));
    return parts.addTable();
  }

  /** The entry's (y + x)/2, (y - x)/2 and d x y. */
  function entryAt(table: number, window: number, k: number): readonly bigint[] {
    const entry = new Int16Array(parts.memory.buffer, table + (window * 128 + k - 1) * 128, 60);
    return [0, 20, 40].map((at) => numberOf([...entry.subarray(at, at + 20)]));
  }

  function pointAt(table: number, window: number, k: number): Point {
    const [plus, minus, product] = entryAt(table, window, k) as [bigint, bigint, bigint];
    const [x, y] = [mod(plus - minus), mod(plus + minus)];
    expect(product).toBe(mod(D * x * y));
    return [x, y];
  }

  test('has the multiples that it should have', () => {
    const table = tableOf(point);
    const [x, y] = point;
    expect(entryAt(table, 0, 1)).toEqual(
      [(y + x) * HALF, (y - x) * HALF, D * x * y].map((value) => mod(value)),
    );
    for (const window of [0, 1, 2, 3, 4, 17, 31]) {
      for (const k of [1, 2, 3, 64, 127, 128]) {
        expect(pointAt(table, window, k)).toEqual(times(BigInt(k) * 256n ** BigInt(window), point));
      }
    }
  });

  test('has each of them one step from the one before', () => {
    const table = tableOf(point);
    for (let window = 0; window < 32; window += 1) {
      const first = pointAt(table, window, 1);
      let before = first;
      for (let k = 2; k <= 128; k += 1) {
        const next = pointAt(table, window, k);
        // The law of addition without its two divisions.
        const product = mod(D * before[0] * first[0] * before[1] * first[1]);
        expect(mod(next[0] * (1n + product))).toBe(mod(before[0] * first[1] + before[1] * first[0]));
        expect(mod(next[1] * (1n - product))).toBe(mod(before[1] * first[1] + before[0] * first[0]));
        before = next;
      }
      if (window < 31) expect(pointAt(table, window + 1, 1)).toEqual(sum(before, before));
    }
  });

  test('has those of a point of order 2, the neutral one among them', () => {
    const table = tableOf([0n, P - 1n]);
    expect(pointAt(table, 0, 1)).toEqual([0n, P - 1n]);
    expect(pointAt(table, 0, 2)).toEqual([0n, 1n]);
    expect(pointAt(table, 0, 127)).toEqual([0n, P - 1n]);
    expect(pointAt(table, 31, 1)).toEqual([0n, 1n]);
  });
});
