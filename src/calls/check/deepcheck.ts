import { kindOf } from '../../git/files.ts';
import { merkleTree } from '../../ledger/merkle.ts';
import { isOutOfMemory, singleThreaded, unbelieving } from '../engine/duckdb.ts';
import { fromMilliseconds } from '../record/values.ts';
import type { DeepCheck, SealedRecords } from './deeptask.ts';
import { columnFindings, repeatedFindings } from './differences.ts';
import { explainRoot } from './explainroot.ts';
import type { Finding } from './findings.ts';
import { footerFindings } from './footer.ts';
import { readBatches } from './readsealed.ts';
import { readSchema } from './schema.ts';

/**
 * Checks a sealed segment record by record: computes every leaf and the Merkle root again, and compares every column with
 * what its record says. Takes any file; never throws for what is in it.
 * @returns nothing where all is as sealed
 */
export async function deepCheck(check: DeepCheck): Promise<Finding[]> {
  if ((await kindOf(check.path)) !== 'file')
    return [{ kind: 'unreadable', message: 'there is no such file' }];
  return unbelieving(check.engine, async () => {
    const { findings, error } = await attempt(check);
    if (!isOutOfMemory(error)) return findings;
    return (await singleThreaded(check.engine, () => attempt(check))).findings;
  });
}

async function attempt(check: DeepCheck): Promise<{ findings: Finding[]; error: unknown }> {
  const findings: Finding[] = [];
  try {
    await checkRecords(check, findings);
    return { findings, error: undefined };
  } catch (error) {
    findings.push({ kind: 'unreadable', message: `it cannot be read: ${duckdbSays(error)}` });
    return { findings, error };
  }
}

async function checkRecords(check: DeepCheck, findings: Finding[]): Promise<void> {
  const { engine, path, seal, progress } = check;
  const schema = await readSchema(engine, path);
  findings.push(...schema.findings);
  if (!schema.hasRecord) return;

  const tree = merkleTree();
  let [differing, first, last] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for await (const batch of readBatches(engine, path, schema.columns)) {
    tree.append(batch.leaves);
    differing += batch.differing;
    if (batch.first < first) first = batch.first;
    if (batch.last > last) last = batch.last;
    progress?.(batch.rows);
  }
  const root = `sha256:${tree.root().toString('hex')}`;
  const range = [fromMilliseconds(first) ?? 'none', fromMilliseconds(last) ?? 'none'] as const;
  findings.push(...againstSeal(tree.size, range, seal));
  if (root !== seal.merkleRoot) findings.push(...(await explainRoot(check, root)));
  if (differing > 0) findings.push(...(await columnFindings(engine, path, schema.columns, differing)));
  if (schema.hasId) findings.push(...(await repeatedFindings(engine, path)));
  findings.push(...(await footerFindings(engine, path, schema.columns)));
}

function againstSeal(
  records: number,
  [first, last]: readonly [string, string],
  seal: SealedRecords,
): Finding[] {
  const findings: Finding[] = [];
  if (records !== seal.records) {
    const [off, how] =
      records < seal.records ? [seal.records - records, 'missing'] : [records - seal.records, 'too many'];
    findings.push({
      kind: 'count',
      message: `it holds ${records} records where ${seal.records} were sealed: ${off} ${how}`,
    });
  }
  if (first !== seal.first || last !== seal.last) {
    const message = `its records occurred from ${first} to ${last} where ${seal.first} to ${seal.last} was sealed`;
    findings.push({ kind: 'range', message });
  }
  return findings;
}

const LONGEST = 200;

/** DuckDB's words as part of a sentence. They may quote the file: nothing of it reaches a terminal but plain text. */
function duckdbSays(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  const line = words.split('\n')[0]?.replace(/[^\x20-\x7e]/g, '?') ?? '';
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
