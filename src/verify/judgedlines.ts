import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { readIfThere } from '../git/files.ts';
import { type Oid, parseOid } from '../git/object.ts';
import { writeDurably } from '../trail/trust.ts';

/**
 * Commits at which this clone judged protected branches, by the full ref: of each, the last tip, and those before it that a
 * merge has made the end of a side line since. Nothing is believed for being here: it is judged again.
 */
export type JudgedLines = ReadonlyMap<string, readonly Oid[]>;

const SCHEMA = 'promptaudit/branches@1';

/** Commits that are kept of a branch, the newest first: a hundred such merges a year for ten years. */
const MOST_LINES = 1000;
const MOST_BYTES = 4 * 1024 * 1024;

function fileOf(commonDir: string): string {
  return join(commonDir, 'promptaudit', 'branches.json');
}

/**
 * @param root the registry's genesis: of another registry, nothing is known
 * @throws Failure when the file is there but is not what this program writes
 */
export async function readJudgedLines(commonDir: string, root: Oid): Promise<JudgedLines> {
  const file = fileOf(commonDir);
  const bytes = await readIfThere(file, MOST_BYTES);
  if (bytes === undefined) return new Map();
  const stored = parse(bytes.toString());
  if (stored !== undefined) return stored.root === root ? stored.lines : new Map();
  throw new Failure(
    `${file} is damaged, so this clone no longer knows where it verified the protected branches before: delete it`,
  );
}

export async function writeJudgedLines(commonDir: string, root: Oid, lines: JudgedLines): Promise<void> {
  const branches = Object.fromEntries(Array.from(lines, ([ref, oids]) => [ref, oids.slice(0, MOST_LINES)]));
  const text = `${JSON.stringify({ schema: SCHEMA, root, branches }, null, 2)}\n`;
  const file = fileOf(commonDir);
  const before = await readIfThere(file, MOST_BYTES);
  if (text !== before?.toString()) await writeDurably(file, text);
}

function parse(text: string): { readonly root: Oid; readonly lines: JudgedLines } | undefined {
  let value: { schema?: unknown; root?: unknown; branches?: unknown } | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const root = parseOid(String(value?.root));
  const { schema, branches } = value ?? {};
  if (schema !== SCHEMA || root === undefined || typeof branches !== 'object' || branches === null)
    return undefined;
  const lines = new Map<string, readonly Oid[]>();
  for (const [ref, stored] of Object.entries(branches)) {
    const oids = Array.isArray(stored) ? stored.map((oid) => parseOid(String(oid))) : [undefined];
    const known = oids.filter((oid) => oid !== undefined);
    if (known.length < oids.length || known.length > MOST_LINES) return undefined;
    lines.set(ref, known);
  }
  return { root, lines };
}
