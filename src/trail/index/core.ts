import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicyJson } from '../../policy/serialise.ts';
import { policyFromJson, policyToJson } from '../../policy/serialise.ts';
import type { PromptName } from '../../prompts/name.ts';
import type {
  Acknowledgement,
  Finding,
  LedgerHead,
  PolicyVersion,
  PromptSummary,
  RegistryRoot,
} from '../model.ts';
import type { Counts, OpenPolicyVersion } from '../state.ts';
import { checkedText, withChecksum } from './checksum.ts';

const SCHEMA = 'promptaudit/index@1';

/** What most commands need to know of a verified ledger, small enough to be read whole each time. */
export interface IndexCore {
  /** The name of the folder that holds the rows. */
  readonly rows: string;
  readonly root: RegistryRoot;
  readonly head: LedgerHead;
  readonly policies: readonly PolicyVersion[];
  readonly prompts: ReadonlyMap<PromptName, IndexedPrompt>;
  readonly acknowledgements: readonly Acknowledgement[];
  /** Findings on events, in ledger order. */
  readonly findings: readonly Finding[];
  readonly counts: Counts;
}

/** A prompt's summary, and how many events its own file holds up to the head. */
export interface IndexedPrompt {
  readonly rows: number;
  readonly summary: PromptSummary;
}

type StoredPolicy = Omit<PolicyVersion, 'policy'> & { readonly policy: PolicyJson };

interface StoredCore extends Omit<IndexCore, 'policies' | 'prompts'> {
  readonly schema: typeof SCHEMA;
  readonly policies: readonly StoredPolicy[];
  readonly prompts: readonly (readonly [PromptName, IndexedPrompt])[];
}

/** The index's core; `undefined` where there is none, or one that is damaged or that this version does not read. */
export async function readCore(folder: string): Promise<IndexCore | undefined> {
  try {
    const text = checkedText(await readFile(join(folder, 'core'), 'utf8'));
    if (text === undefined) return undefined;
    const stored: StoredCore = JSON.parse(text);
    if (stored.schema !== SCHEMA) return undefined;
    return { ...stored, policies: stored.policies.map(openPolicy), prompts: new Map(stored.prompts) };
  } catch {
    return undefined;
  }
}

/** Parses a stored policy only when somebody looks at it: older ones mostly stay unread. */
function openPolicy(stored: StoredPolicy): OpenPolicyVersion {
  let parsed: PolicyVersion['policy'] | undefined;
  return {
    ...stored,
    signedWith: [...stored.signedWith],
    decisions: [...stored.decisions],
    inForceFrom: stored.inForceFrom,
    get policy() {
      parsed ??= policyFromJson(stored.policy);
      return parsed;
    },
  };
}

/** Replaces the core in one rename: it is written last, so that what it counts is there. */
export async function writeCore(folder: string, core: IndexCore): Promise<void> {
  const stored: StoredCore = {
    schema: SCHEMA,
    rows: core.rows,
    root: core.root,
    head: core.head,
    policies: core.policies.map((version) => ({ ...version, policy: policyToJson(version.policy) })),
    prompts: [...core.prompts],
    acknowledgements: core.acknowledgements,
    findings: core.findings,
    counts: core.counts,
  };
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `core.${process.pid}.tmp`);
  await writeFile(temporary, withChecksum(JSON.stringify(stored)));
  await rename(temporary, join(folder, 'core'));
}

/** Forgets everything: the next reading starts from genesis. */
export async function deleteIndex(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
