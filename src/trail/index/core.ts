import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Acknowledgement, Finding, LedgerHead, RegistryRoot } from '../model.ts';
import type { Page } from '../page.ts';
import type { Counts } from '../state.ts';
import { checkedText, withChecksum } from './checksum.ts';
import type { Extent } from './eventrows.ts';
import { textOf } from './files.ts';

/** Another number for whatever changes in any file of the index: an index of another one is built again. */
const SCHEMA = 'promptaudit/index@7';

/** What every command needs to know of a verified ledger, and how far the other files count. Small: it is written whole each time. */
export interface IndexCore {
  readonly root: RegistryRoot;
  readonly head: LedgerHead;
  readonly counts: Counts;
  /** The policy in force, as `storePolicy` makes it; `undefined` before the first. */
  readonly policy: string | undefined;
  /** Keys that a policy revoked from a position before its own, by their `publicNumbers`, as the ledger was judged by. */
  readonly revoked: readonly (readonly [string, number])[];
  readonly acknowledgements: readonly Acknowledgement[];
  /** Findings on events, in ledger order. */
  readonly findings: readonly Finding[];
  /** The name of the folder that the other files are in. */
  readonly generation: string;
  readonly extent: Extent;
  /** The revision of each policy version, in ledger order. */
  readonly policies: readonly number[];
  /** The name of the file with the prompts' summaries. A prompt's revision is the number of its events. */
  readonly summaries: string;
}

interface StoredCore extends Omit<IndexCore, 'extent'> {
  readonly schema: typeof SCHEMA;
  readonly extent: Omit<Extent, 'pages'> & { readonly pages: readonly (readonly [Page, number])[] };
}

/** `core` is of the registry's own ledger; `synced` of where this clone and a remote last were in step. */
export type CoreName = 'core' | 'synced';

/** `undefined` where there is none, or one that is damaged or that this version does not read. */
export function readCore(index: string, name: CoreName = 'core'): IndexCore | undefined {
  try {
    const text = checkedText(textOf(join(index, name)));
    if (text === undefined) return undefined;
    const { schema, extent, ...core }: StoredCore = JSON.parse(text);
    return schema === SCHEMA ? { ...core, extent: { ...extent, pages: new Map(extent.pages) } } : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the core in one rename. It is written last, so that what it counts on is there. */
export function writeCore(index: string, { extent, ...core }: IndexCore, name: CoreName = 'core'): void {
  const stored: StoredCore = {
    schema: SCHEMA,
    ...core,
    extent: { ...extent, pages: [...extent.pages] },
  };
  mkdirSync(index, { recursive: true });
  const temporary = join(index, `${name}.${process.pid}.tmp`);
  writeFileSync(temporary, withChecksum(JSON.stringify(stored)));
  renameSync(temporary, join(index, name));
}
