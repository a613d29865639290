import { Failure } from '../../failure.ts';
import type { RecordKind } from '../record/fields.ts';
import type { CallFilter } from './filter.ts';

/** A condition on the store's columns; its values are bound as `$1`, `$2`, … and never part of the SQL. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

/** Both where a call says both, either where it says one. */
const TOKENS =
  'coalesce(gen_ai_usage_input_tokens + gen_ai_usage_output_tokens, gen_ai_usage_input_tokens, gen_ai_usage_output_tokens)';

/** True of records whose status is `error`; of calls alone it needs only one column. */
export function failed(kind: RecordKind | undefined): string {
  const error = 'error_type IS NOT NULL';
  return kind === 'call' ? error : `(${error} OR coalesce(access_outcome, 'allowed') <> 'allowed')`;
}

type Test = (bound: string) => string;

const TESTS: Readonly<Record<Exclude<keyof CallFilter, 'status' | 'text'>, Test>> = {
  kind: equals('kind'),
  id: equals('id'),
  prompt: equals('gen_ai_prompt_name'),
  version: equals('gen_ai_prompt_version'),
  environment: equals('environment'),
  user: equals('user_id'),
  actor: equals('access_actor'),
  model: (bound) => `(gen_ai_request_model = ${bound} OR gen_ai_response_model = ${bound})`,
  provider: equals('gen_ai_provider_name'),
  workflow: equals('workflow'),
  conversation: equals('gen_ai_conversation_id'),
  service: equals('service_name'),
  since: (bound) => `occurred_at >= ${bound}::TIMESTAMPTZ`,
  until: (bound) => `occurred_at < ${bound}::TIMESTAMPTZ`,
  minTokens: (bound) => `${TOKENS} >= ${bound}::DOUBLE`,
  maxTokens: (bound) => `${TOKENS} <= ${bound}::DOUBLE`,
  minLatency: (bound) => `latency_ms >= ${bound}::DOUBLE`,
  maxLatency: (bound) => `latency_ms <= ${bound}::DOUBLE`,
  minCost: (bound) => `cost_usd >= ${bound}::DOUBLE`,
  maxCost: (bound) => `cost_usd <= ${bound}::DOUBLE`,
};

function equals(column: string): Test {
  return (bound) => `${column} = ${bound}`;
}

/**
 * The condition that a filter is.
 * @param ids the calls in whose content `filter.text` was found; what was said is not in the records
 */
export function conditionOf(filter: CallFilter, ids?: readonly string[]): Condition {
  const tests: string[] = [];
  const values: string[] = [];
  const bind = (value: string): string => `$${values.push(value)}`;
  for (const [name, test] of Object.entries(TESTS)) {
    const value = filter[name as keyof CallFilter];
    if (value !== undefined) tests.push(test(bind(String(value))));
  }
  if (filter.status !== undefined)
    tests.push(filter.status === 'error' ? failed(filter.kind) : `NOT (${failed(filter.kind)})`);
  if (filter.text !== undefined && ids === undefined)
    throw new Failure('text cannot be looked for in records: content is kept apart, if it is kept at all');
  if (ids !== undefined) {
    const list = `from_json(${bind(JSON.stringify(ids))}::JSON, '["VARCHAR"]')`;
    tests.push(`id IN (SELECT unnest(${list}))`);
  }
  return { sql: tests.length === 0 ? 'true' : tests.join(' AND '), values };
}
