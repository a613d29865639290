import { FIELD_NAMES, fieldSpec, type RecordKind } from '../record/fields.ts';
import type { Attributes } from './attributes.ts';

/**
 * What is no call of a model by `gen_ai.operation.name`: it surrounds calls, or is made without one. Source: semantic
 * conventions for generative AI, the values of that attribute.
 */
const OTHER_OPERATIONS = new Set([
  'create_agent',
  'invoke_agent',
  'invoke_workflow',
  'plan',
  'execute_tool',
  'fetch_response',
  'retrieval',
]);
/** The same by their family: `create_memory_store`, `search_memory`, … */
const MEMORY = /^(?:create|search|update|upsert|delete)_memory/;

/** `openinference.span.kind` and `langfuse.observation.type` of what is a call. */
const OPENINFERENCE_CALLS = new Set(['LLM', 'EMBEDDING']);
const LANGFUSE_CALLS = new Set(['generation', 'embedding']);

/** `promptaudit.access.*` */
const ACCESS_FIELDS = FIELD_NAMES.filter((name) => fieldSpec(name).of === 'access');

/** Log events of OpenTelemetry's that tell of a whole call; its others tell of one message, choice or evaluation. */
const CALL_EVENT = 'gen_ai.client.inference.operation.details';
const EVENTS = 'gen_ai.';

/**
 * Which record a span is; `undefined` where it is about something else. It is an access where it has any attribute
 * `promptaudit.access.*`. Else it is a call where it is one operation of a model, by the first of these that it has:
 *
 * 1. `gen_ai.operation.name` (or OpenLLMetry's `llm.request.type`): any but those of
 *    agents, workflows, tools, retrieval and memory, and the fetching of an earlier response;
 * 2. `openinference.span.kind`: `LLM` or `EMBEDDING`;
 * 3. `langfuse.observation.type`: `generation` or `embedding`;
 * 4. `traceloop.span.kind`: never, for it marks workflows, tasks, agents and tools;
 * 5. a model: `gen_ai.request.model`, `gen_ai.response.model`, or an older name of theirs;
 * 6. a provider (`gen_ai.provider.name`, `gen_ai.system`, …), unless a tool or an agent is named.
 *
 * So the spans around a call (workflow, task, agent, chain, tool) make no record, though they often sum up its tokens.
 */
export function kindOfSpan({ draft: { fields }, marks }: Attributes): RecordKind | undefined {
  if (ACCESS_FIELDS.some((name) => name in fields)) return 'access';
  return isModelCall(fields, marks) ? 'call' : undefined;
}

/** Which record a log record is: as for a span; but OpenTelemetry's own events are a call only where they tell of a whole one. */
export function kindOfLog(attributes: Attributes, eventName: string): RecordKind | undefined {
  const kind = kindOfSpan(attributes);
  if (kind === 'access' || !eventName.startsWith(EVENTS)) return kind;
  return eventName === CALL_EVENT ? 'call' : undefined;
}

function isModelCall(fields: Readonly<Record<string, unknown>>, marks: Attributes['marks']): boolean {
  const operation = fields['gen_ai.operation.name'];
  if (typeof operation === 'string') return !OTHER_OPERATIONS.has(operation) && !MEMORY.test(operation);
  const openInference = marks['openinference.span.kind'];
  if (typeof openInference === 'string') return OPENINFERENCE_CALLS.has(openInference.toUpperCase());
  const langfuse = marks['langfuse.observation.type'];
  if (typeof langfuse === 'string') return LANGFUSE_CALLS.has(langfuse);
  if (marks['traceloop.span.kind'] !== undefined) return false;
  if ('gen_ai.request.model' in fields || 'gen_ai.response.model' in fields) return true;
  const surrounds =
    'gen_ai.tool.name' in fields || 'gen_ai.agent.name' in fields || 'gen_ai.agent.id' in fields;
  return 'gen_ai.provider.name' in fields && !surrounds;
}
