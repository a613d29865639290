import type { Buffer } from 'node:buffer';
import { asBuffer } from '../../git/bytes.ts';
import { HASH_SIZE, leafHash, merkleRoot } from '../../ledger/merkle.ts';
import type { Engine } from '../engine/duckdb.ts';
import { parquetFiles } from '../engine/parquetfiles.ts';
import { lineId } from '../record/lineid.ts';
import { lineProblem } from '../seal/lineproblem.ts';
import type { DeepCheck } from './deeptask.ts';
import { type Finding, listed } from './findings.ts';

/** Rows that are named one by one. */
const NAMED = 20;

/**
 * Says what can be said of a file whose root is not the one that was sealed: which rows hold no record; and with the
 * leaves that were sealed, which rows were never sealed, which records are gone, or that only the order differs.
 */
export async function explainRoot(check: DeepCheck, root: string): Promise<Finding[]> {
  const leaves = await check.leaves?.();
  const sealed = leaves && new SealedLeaves(leaves);
  const isCopy = sealed !== undefined && sealed.root === check.seal.merkleRoot;
  const broken: Finding[] = [];
  const foreign: Finding[] = [];
  let [rows, brokenRows, foreignRows, moved] = [0, 0, 0, 0];
  for await (const line of readLines(check.engine, check.path)) {
    const row = rows;
    rows += 1;
    const why = lineProblem(line, check.kind);
    const place = sealed?.take(leafHash(line));
    if (isCopy && place !== undefined && place !== row) moved += 1;
    if (why !== undefined) {
      brokenRows += 1;
      if (broken.length < NAMED) {
        broken.push({ kind: 'record', row, message: `row ${row} holds no record: ${why}` });
      }
    } else if (isCopy && place === undefined) {
      foreignRows += 1;
      if (foreign.length < NAMED) foreign.push(foreignFinding(row, line));
    }
  }
  const missing = isCopy && sealed !== undefined ? sealed.missing() : [];
  const isReordered = isCopy && moved > 0 && foreignRows + brokenRows + missing.length === 0;
  const findings = [
    ...listed(broken, brokenRows, 'record', 'rows that hold no record'),
    ...listed(foreign, foreignRows, 'record', 'rows whose records were not sealed so'),
    ...missingFindings(missing),
    ...(isReordered
      ? [{ kind: 'order', message: 'its records are those that were sealed, in another order' } as const]
      : []),
  ];
  const hint = findings.length > 0 ? '' : `: ${UNKNOWN}`;
  const message = `its Merkle root is ${root} where ${check.seal.merkleRoot} was sealed${hint}`;
  return [{ kind: 'root', message }, ...findings];
}

const UNKNOWN =
  'a record was altered, dropped, added or moved, and which one can be told only with the leaf hashes that were kept, or another copy of the segment';

/** The leaves that were kept, each to be found once. */
class SealedLeaves {
  readonly root: string;
  readonly #count: number;
  /** By the leaf's bytes as Latin-1, the places where it is still to be found, the last one first. */
  readonly #places = new Map<string, number[]>();

  constructor(leaves: Buffer) {
    this.#count = Math.floor(leaves.length / HASH_SIZE);
    const whole = leaves.subarray(0, this.#count * HASH_SIZE);
    this.root = `sha256:${merkleRoot(whole).toString('hex')}`;
    for (let place = this.#count - 1; place >= 0; place -= 1) {
      const key = whole.toString('latin1', place * HASH_SIZE, (place + 1) * HASH_SIZE);
      const places = this.#places.get(key);
      if (places === undefined) this.#places.set(key, [place]);
      else places.push(place);
    }
  }

  /** The place that a leaf was sealed at; `undefined` for one that was not, or was found as often as it was sealed. */
  take(leaf: Buffer): number | undefined {
    return this.#places.get(leaf.toString('latin1'))?.pop();
  }

  /** The places of those that were not taken. */
  missing(): number[] {
    return [...this.#places.values()].flat().sort((a, b) => a - b);
  }
}

function missingFindings(places: readonly number[]): Finding[] {
  const findings = places.slice(0, NAMED).map(
    (row): Finding => ({
      kind: 'missing',
      row,
      message: `the record that was sealed at place ${row} is not there as it was`,
    }),
  );
  return listed(findings, places.length, 'missing', 'records that are not there as they were sealed');
}

function foreignFinding(row: number, line: Uint8Array): Finding {
  const id = lineId(asBuffer(line).toString('latin1'));
  const message = `row ${row} holds a record that was not sealed so${id === undefined ? '' : `, ${id}`}`;
  return { kind: 'record', row, message, ...(id === undefined ? {} : { id }) };
}

async function* readLines(engine: Engine, path: string): AsyncGenerator<Uint8Array> {
  const result = await engine.connection.stream(`SELECT encode(record) FROM ${parquetFiles([path])}`);
  for await (const chunk of result) {
    for (const value of chunk.getColumnValues(0)) {
      yield typeof value === 'object' && value !== null && 'bytes' in value ? value.bytes : new Uint8Array();
    }
  }
}
