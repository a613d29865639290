import type { Sha256 } from '../../ledger/event.ts';
import type { FIELDS, FieldName, Outcome, RecordKind } from './fields.ts';

/** What may be said in a call. Each is at most one text. */
export const PARTS = ['system', 'input', 'output', 'tools'] as const;
export type Part = (typeof PARTS)[number];

/** One part's content as the record holds it: enough to prove the text as long as its salt is kept, and nothing of it. */
export interface ContentDigest {
  readonly part: Part;
  /** SHA-256 of a 32-byte salt and the text's UTF-8 bytes, after redaction. */
  readonly digest: Sha256;
  /** Of the text, in UTF-8, after redaction. */
  readonly bytes: number;
  /** Which redaction rules fired, how often, by the rule's name; left out where none did. */
  readonly redactions?: readonly { readonly count: number; readonly rule: string }[];
}

interface ValueOf {
  readonly text: string;
  readonly integer: number;
  readonly signed: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly texts: readonly string[];
  readonly time: string;
  readonly uuid: string;
  readonly trace: string;
  readonly span: string;
  readonly digest: string;
  readonly outcome: Outcome;
  readonly kind: RecordKind;
  readonly schema: string;
  readonly content: readonly ContentDigest[];
}

/** One record, as its canonical JSON says it. */
export type CallRecord = {
  readonly [K in FieldName]?: ValueOf[(typeof FIELDS)[K]['type']];
} & {
  readonly schema: string;
  readonly kind: RecordKind;
  readonly id: string;
  readonly occurredAt: string;
  readonly recordedAt: string;
};

type Given = {
  readonly [K in FieldName as (typeof FIELDS)[K] extends { ours: true } ? never : K]?:
    | ValueOf[(typeof FIELDS)[K]['type']]
    | undefined;
};

/** What an application says of a call: every field but those that are ours to set, and what was said. */
export type CallInput = Omit<Given, 'kind' | `promptaudit.access.${string}`> & {
  readonly 'gen_ai.system_instructions'?: unknown;
  readonly 'gen_ai.input.messages'?: unknown;
  readonly 'gen_ai.output.messages'?: unknown;
  readonly 'gen_ai.tool.definitions'?: unknown;
};

/** What an application says of an access. */
export type AccessInput = Omit<Given, 'kind'> & {
  readonly 'promptaudit.access.action': string;
  readonly 'promptaudit.access.actor': string;
  readonly 'promptaudit.access.outcome': Outcome;
};

/** A record that is ready to be written. */
export interface ReadyRecord {
  readonly kind: RecordKind;
  readonly id: string;
  /** Whoever sent it gave the id, and may send it again. */
  readonly given: boolean;
  /** Canonical JSON (RFC 8785), without a line feed: what is hashed, sealed and proven. */
  readonly line: string;
}
