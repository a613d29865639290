/**
 * The record of a call or an access, field by field: the one table that intake, canonical form, Parquet columns, search and
 * docs are made from. Names with `gen_ai.` and the plain ones are OpenTelemetry's (semantic conventions for generative AI,
 * `gen_ai/1.42.0`, and its general attributes); ours begin with `promptaudit.`.
 */
export const RECORD_SCHEMA = 'promptaudit/record@1';

export const RECORD_KINDS = ['call', 'access'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** What became of an access. */
export const OUTCOMES = ['allowed', 'denied', 'failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/**
 * - `text`: 1 to 4096 UTF-16 code units, no control characters, no lone surrogate
 * - `integer`: 0 to 2^53 - 1; `signed`: the same below zero too
 * - `number`: finite
 * - `texts`: at most 64 texts
 * - `time`: `YYYY-MM-DDTHH:MM:SS.sssZ`, years 1970 to 9999
 * - `uuid`: lower case; `trace` and `span`: 32 and 16 lower-case hex digits, not all zero
 * - `digest`: `sha256:` and 64 lower-case hex digits
 * - `outcome`: one of OUTCOMES
 * - `content`: what was said, by salted digest
 */
export type FieldType =
  | 'text'
  | 'integer'
  | 'signed'
  | 'number'
  | 'boolean'
  | 'texts'
  | 'time'
  | 'uuid'
  | 'trace'
  | 'span'
  | 'digest'
  | 'outcome'
  | 'kind'
  | 'schema'
  | 'content';

export interface FieldSpec {
  readonly type: FieldType;
  /** Which records may have it; both where it is left out. */
  readonly of?: RecordKind;
  /** Set by promptaudit, never by what comes in. */
  readonly ours?: true;
  /** For a `number`: not below zero. */
  readonly least?: 0;
  /** A sealed segment repeats it in a column: records are found, counted or added up by it. */
  readonly column?: true;
}

/** By the field's name in the record. */
export const FIELDS = {
  schema: { type: 'schema', ours: true },
  kind: { type: 'kind', column: true },
  id: { type: 'uuid', column: true },
  occurredAt: { type: 'time', column: true },
  recordedAt: { type: 'time', ours: true, column: true },

  'gen_ai.operation.name': { type: 'text', of: 'call' },
  'gen_ai.provider.name': { type: 'text', of: 'call', column: true },
  'gen_ai.request.model': { type: 'text', of: 'call', column: true },
  'gen_ai.response.model': { type: 'text', of: 'call', column: true },
  'gen_ai.response.id': { type: 'text', of: 'call' },
  'gen_ai.response.finish_reasons': { type: 'texts', of: 'call' },
  'gen_ai.output.type': { type: 'text', of: 'call' },
  'gen_ai.conversation.id': { type: 'text', column: true },
  'gen_ai.prompt.name': { type: 'text', column: true },
  'gen_ai.prompt.version': { type: 'text', column: true },
  'gen_ai.agent.id': { type: 'text', of: 'call' },
  'gen_ai.agent.name': { type: 'text', of: 'call' },
  'gen_ai.tool.name': { type: 'text', of: 'call' },
  'gen_ai.tool.call.id': { type: 'text', of: 'call' },

  'gen_ai.request.choice.count': { type: 'integer', of: 'call' },
  'gen_ai.request.max_tokens': { type: 'integer', of: 'call' },
  'gen_ai.request.temperature': { type: 'number', of: 'call', least: 0 },
  'gen_ai.request.top_p': { type: 'number', of: 'call', least: 0 },
  'gen_ai.request.top_k': { type: 'number', of: 'call' },
  'gen_ai.request.frequency_penalty': { type: 'number', of: 'call' },
  'gen_ai.request.presence_penalty': { type: 'number', of: 'call' },
  'gen_ai.request.seed': { type: 'signed', of: 'call' },
  'gen_ai.request.stop_sequences': { type: 'texts', of: 'call' },
  'gen_ai.request.stream': { type: 'boolean', of: 'call' },

  'gen_ai.usage.input_tokens': { type: 'integer', of: 'call', column: true },
  'gen_ai.usage.output_tokens': { type: 'integer', of: 'call', column: true },
  'gen_ai.usage.cache_read.input_tokens': { type: 'integer', of: 'call', column: true },
  'gen_ai.usage.cache_creation.input_tokens': { type: 'integer', of: 'call', column: true },
  'gen_ai.usage.reasoning.output_tokens': { type: 'integer', of: 'call', column: true },

  'error.type': { type: 'text', column: true },
  'server.address': { type: 'text', of: 'call' },
  'server.port': { type: 'integer', of: 'call' },
  'service.name': { type: 'text', column: true },
  'service.version': { type: 'text' },
  'user.id': { type: 'text', column: true },
  trace_id: { type: 'trace' },
  span_id: { type: 'span' },

  'promptaudit.environment': { type: 'text', column: true },
  'promptaudit.workflow': { type: 'text', column: true },
  'promptaudit.prompt.digest': { type: 'digest', column: true },
  'promptaudit.latency_ms': { type: 'number', least: 0, column: true },
  'promptaudit.cost_usd': { type: 'number', of: 'call', least: 0, column: true },

  'promptaudit.access.action': { type: 'text', of: 'access', column: true },
  'promptaudit.access.object': { type: 'text', of: 'access', column: true },
  'promptaudit.access.actor': { type: 'text', of: 'access', column: true },
  'promptaudit.access.query': { type: 'text', of: 'access' },
  'promptaudit.access.rows': { type: 'integer', of: 'access' },
  'promptaudit.access.purpose': { type: 'text', of: 'access' },
  'promptaudit.access.outcome': { type: 'outcome', of: 'access', column: true },

  content: { type: 'content', of: 'call', ours: true, column: true },
} as const satisfies Readonly<Record<string, FieldSpec>>;

export type FieldName = keyof typeof FIELDS;

/** What every record of a kind has, beside `schema`, `kind`, `id`, `occurredAt` and `recordedAt`. */
export const REQUIRED = {
  call: [],
  access: ['promptaudit.access.action', 'promptaudit.access.actor', 'promptaudit.access.outcome'],
} as const satisfies Readonly<Record<RecordKind, readonly FieldName[]>>;

/** In the order of RFC 8785, section 3.2.3: by UTF-16 code units. */
export const FIELD_NAMES = Object.keys(FIELDS).sort() as readonly FieldName[];

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name);
}

export function fieldSpec(name: FieldName): FieldSpec {
  return FIELDS[name];
}

/** The Parquet column of a field: `gen_ai.request.model` is `gen_ai_request_model`, `promptaudit.workflow` is `workflow`. */
export function columnOf(name: FieldName): string {
  return name
    .replace(/^promptaudit\./, '')
    .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    .replaceAll('.', '_');
}
