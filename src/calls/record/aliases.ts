import { FIELD_NAMES, type FieldName, fieldSpec } from './fields.ts';
import { PARTS, type Part } from './model.ts';

/** Where a value goes that comes in under some name. */
export type Place =
  | {
      readonly to: 'field';
      readonly field: FieldName;
      /** 0 is the present name; of several older ones the least wins. */
      readonly rank: number;
      /** Makes the older form of a value the present one; what it does not know it leaves as it is. */
      readonly shape: ((value: unknown) => unknown) | undefined;
    }
  | { readonly to: 'content'; readonly part: Part; readonly rank: number }
  /** An object, or its JSON, that holds several fields by names of its own. */
  | { readonly to: 'fields'; readonly members: Readonly<Record<string, FieldName>>; readonly rank: number };

/**
 * The names that older conventions and other instrumentations give to a field, the better source first. They come from:
 * - OpenTelemetry's own earlier conventions: `gen_ai.system`, `gen_ai.usage.prompt_tokens`, `gen_ai.openai.request.*` (until
 *   semantic conventions 1.36), `llm.request.*`, `llm.response.*`, `llm.usage.*` (OpenLLMetry's, which they began from),
 *   `deployment.environment` (until 1.26), `enduser.id`, `net.peer.*` (until 1.20);
 * - OpenLLMetry (`opentelemetry-semantic-conventions-ai`): `traceloop.*`, `llm.is_streaming`, `llm.top_k`, `llm.user`,
 *   `gen_ai.usage.cache_read_input_tokens`, `gen_ai.response.finish_reason` and their like;
 * - OpenInference (`spec/semantic_conventions.md`): `llm.model_name`, `llm.provider`, `llm.token_count.*`, `llm.cost.*`,
 *   `embedding.model_name`, `session.id`, `llm.prompt_template.*`;
 * - Langfuse (`packages/shared/src/server/otel/attributes.ts`): `langfuse.*`;
 * - the Vercel AI SDK: `ai.telemetry.metadata.*`; Pydantic Logfire: `operation.cost`.
 */
const OLDER_NAMES: { readonly [K in FieldName]?: readonly string[] } = {
  'gen_ai.operation.name': ['llm.request.type'],
  'gen_ai.provider.name': ['gen_ai.system', 'llm.provider', 'llm.system', 'llm.vendor'],
  'gen_ai.request.model': [
    'llm.request.model_name',
    'llm.request.model',
    'llm.model_name',
    'embedding.model_name',
    'langfuse.observation.model.name',
  ],
  'gen_ai.response.model': ['llm.response.model_name', 'llm.response.model'],
  'gen_ai.response.id': ['llm.response.id'],
  'gen_ai.response.finish_reasons': [
    'gen_ai.response.finish_reason',
    'gen_ai.response.stop_reason',
    'llm.response.finish_reasons',
    'llm.response.finish_reason',
    'llm.response.stop_reason',
    'llm.finish_reason',
  ],
  'gen_ai.output.type': ['gen_ai.openai.request.response_format'],
  'gen_ai.conversation.id': [
    'session.id',
    'langfuse.session.id',
    'traceloop.association.properties.conversation_id',
    'traceloop.association.properties.session_id',
    'traceloop.association.properties.thread_id',
    'traceloop.association.properties.chat_id',
    'ai.telemetry.metadata.sessionId',
  ],
  'gen_ai.prompt.name': [
    'traceloop.prompt.key',
    'langfuse.observation.prompt.name',
    'llm.prompt_template.name',
    'prompt.id',
  ],
  'gen_ai.prompt.version': [
    'traceloop.prompt.version',
    'langfuse.observation.prompt.version',
    'llm.prompt_template.version',
    'traceloop.prompt.version_name',
  ],
  'gen_ai.request.choice.count': ['gen_ai.request.n', 'llm.request.n'],
  'gen_ai.request.max_tokens': ['gen_ai.request.max_output_tokens', 'llm.request.max_tokens'],
  'gen_ai.request.temperature': ['llm.request.temperature', 'llm.temperature'],
  'gen_ai.request.top_p': ['llm.request.top_p', 'llm.top_p'],
  'gen_ai.request.top_k': ['llm.request.top_k', 'llm.top_k'],
  'gen_ai.request.frequency_penalty': ['llm.frequency_penalty'],
  'gen_ai.request.presence_penalty': ['llm.presence_penalty'],
  'gen_ai.request.seed': ['gen_ai.openai.request.seed'],
  'gen_ai.request.stop_sequences': ['llm.chat.stop_sequences'],
  'gen_ai.request.stream': ['gen_ai.is_streaming', 'gen_ai.request.is_stream', 'llm.is_streaming'],
  'gen_ai.usage.input_tokens': [
    'gen_ai.usage.prompt_tokens',
    'llm.usage.prompt_tokens',
    'llm.token_count.prompt',
  ],
  'gen_ai.usage.output_tokens': [
    'gen_ai.usage.completion_tokens',
    'llm.usage.completion_tokens',
    'llm.token_count.completion',
  ],
  'gen_ai.usage.cache_read.input_tokens': [
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.cache_read_tokens',
    'gen_ai.usage.cached_tokens',
    'gen_ai.usage.input_tokens_details.cached',
    'gen_ai.usage.details.cache_read_input_tokens',
    'llm.usage.cache_read_input_tokens',
    'llm.token_count.prompt_details.cache_read',
  ],
  'gen_ai.usage.cache_creation.input_tokens': [
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.cache_write_tokens',
    'gen_ai.usage.details.cache_creation_input_tokens',
    'llm.usage.cache_creation_input_tokens',
    'llm.token_count.prompt_details.cache_write',
  ],
  'gen_ai.usage.reasoning.output_tokens': [
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.details.reasoning_tokens',
    'llm.usage.reasoning_tokens',
    'llm.token_count.completion_details.reasoning',
  ],
  'server.address': ['net.peer.name'],
  'server.port': ['net.peer.port'],
  'user.id': [
    'enduser.id',
    'langfuse.user.id',
    'traceloop.association.properties.user_id',
    'traceloop.association.properties.userId',
    'gen_ai.user',
    'llm.user',
    'ai.telemetry.metadata.userId',
  ],
  'promptaudit.environment': [
    'deployment.environment.name',
    'deployment.environment',
    'langfuse.environment',
    'traceloop.association.properties.environment',
  ],
  'promptaudit.workflow': ['gen_ai.workflow.name', 'traceloop.workflow.name', 'langfuse.trace.name'],
  'promptaudit.cost_usd': [
    'gen_ai.usage.cost',
    'gen_ai.usage.total_cost',
    'gen_ai.usage.cost_usd',
    'llm.usage.cost',
    'llm.cost.total',
    'operation.cost',
  ],
};

/** Request parameters by the names that the providers' own interfaces give them. */
const PARAMETERS: Readonly<Record<string, FieldName>> = {
  model: 'gen_ai.request.model',
  n: 'gen_ai.request.choice.count',
  max_tokens: 'gen_ai.request.max_tokens',
  max_output_tokens: 'gen_ai.request.max_tokens',
  max_completion_tokens: 'gen_ai.request.max_tokens',
  temperature: 'gen_ai.request.temperature',
  top_p: 'gen_ai.request.top_p',
  top_k: 'gen_ai.request.top_k',
  frequency_penalty: 'gen_ai.request.frequency_penalty',
  presence_penalty: 'gen_ai.request.presence_penalty',
  seed: 'gen_ai.request.seed',
  stop: 'gen_ai.request.stop_sequences',
  stream: 'gen_ai.request.stream',
};

/** Attributes of OpenInference and Langfuse that hold an object as JSON; only what is named here is taken from it. */
const COMPOUNDS: Readonly<Record<string, Readonly<Record<string, FieldName>>>> = {
  'llm.invocation_parameters': PARAMETERS,
  'embedding.invocation_parameters': PARAMETERS,
  'langfuse.observation.model.parameters': PARAMETERS,
  'langfuse.observation.usage_details': {
    input: 'gen_ai.usage.input_tokens',
    input_tokens: 'gen_ai.usage.input_tokens',
    prompt_tokens: 'gen_ai.usage.input_tokens',
    output: 'gen_ai.usage.output_tokens',
    output_tokens: 'gen_ai.usage.output_tokens',
    completion_tokens: 'gen_ai.usage.output_tokens',
    input_cached_tokens: 'gen_ai.usage.cache_read.input_tokens',
    cache_read_input_tokens: 'gen_ai.usage.cache_read.input_tokens',
    cache_creation_input_tokens: 'gen_ai.usage.cache_creation.input_tokens',
    output_reasoning_tokens: 'gen_ai.usage.reasoning.output_tokens',
  },
  'langfuse.observation.cost_details': { total: 'promptaudit.cost_usd' },
};

/**
 * The attributes that hold what was said, the present one first, then the better source first: `gen_ai.prompt` and
 * `gen_ai.completion` (semantic conventions until 1.27), Langfuse, the Vercel AI SDK, OpenInference and OpenLLMetry. A template is what was
 * said only where nobody tells what it became.
 */
const CONTENT_NAMES: Readonly<Record<Part, readonly string[]>> = {
  system: ['gen_ai.system_instructions', 'gen_ai.request.instructions'],
  input: [
    'gen_ai.input.messages',
    'gen_ai.prompt',
    'langfuse.observation.input',
    'ai.prompt.messages',
    'input.value',
    'traceloop.entity.input',
    'llm.prompt_template.template',
    'traceloop.prompt.template',
  ],
  output: [
    'gen_ai.output.messages',
    'gen_ai.completion',
    'langfuse.observation.output',
    'ai.response.text',
    'output.value',
    'traceloop.entity.output',
  ],
  tools: ['gen_ai.tool.definitions', 'gen_ai.request.tools', 'ai.prompt.tools'],
};

/** OpenLLMetry's `LLMRequestTypeValues`. */
const OPERATIONS: Readonly<Record<string, string>> = {
  completion: 'text_completion',
  embedding: 'embeddings',
};

/** Behind every name that stands alone. */
const COMPOUND_RANK = 100;

const PLACES: ReadonlyMap<string, Place> = new Map([
  ...FIELD_NAMES.flatMap((field) =>
    [field, ...(OLDER_NAMES[field] ?? [])].map((name, rank): [string, Place] => {
      return [name, { to: 'field', field, rank, shape: shapeOf(field, rank) }];
    }),
  ),
  ...Object.entries(COMPOUNDS).map(([name, members]): [string, Place] => {
    return [name, { to: 'fields', members, rank: COMPOUND_RANK }];
  }),
  ...PARTS.flatMap((part) =>
    CONTENT_NAMES[part].map((name, rank): [string, Place] => [name, { to: 'content', part, rank }]),
  ),
]);

/** Where a value of that name goes; `undefined` where a record has no place for it. */
export function placeOf(name: string): Place | undefined {
  return PLACES.get(name);
}

function shapeOf(field: FieldName, rank: number): ((value: unknown) => unknown) | undefined {
  if (fieldSpec(field).type === 'texts') return asList;
  return field === 'gen_ai.operation.name' && rank > 0 ? asOperation : undefined;
}

/** One text is a list of one; some senders write the list as JSON, since span attributes once were scalars only. */
function asList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const list = value.startsWith('[') ? parseJson(value) : undefined;
  return Array.isArray(list) ? list : [value];
}

function asOperation(value: unknown): unknown {
  return typeof value === 'string' && Object.hasOwn(OPERATIONS, value) ? OPERATIONS[value] : value;
}

/** @returns `undefined` for what is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
