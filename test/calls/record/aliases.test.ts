import { describe, expect, it } from 'vitest';
import { FIELD_NAMES } from '../../../src/calls/record/fields.ts';
import { takeApart } from '../../../src/calls/record/read.ts';

function fieldsOf(value: unknown) {
  return takeApart(value)?.fields;
}

/** Older name, value, present name, and the value where it changes. */
const ALIASES: readonly (readonly [string, unknown, string, unknown?])[] = [
  // OpenTelemetry's own, until the given version of the semantic conventions.
  ['gen_ai.system', 'openai', 'gen_ai.provider.name'],
  ['gen_ai.usage.prompt_tokens', 812, 'gen_ai.usage.input_tokens'],
  ['gen_ai.usage.completion_tokens', 97, 'gen_ai.usage.output_tokens'],
  ['gen_ai.openai.request.seed', 7, 'gen_ai.request.seed'],
  ['deployment.environment', 'production', 'promptaudit.environment'],
  ['deployment.environment.name', 'production', 'promptaudit.environment'],
  ['enduser.id', 'u77', 'user.id'],
  ['session.id', 's1', 'gen_ai.conversation.id'],
  ['gen_ai.workflow.name', 'triage', 'promptaudit.workflow'],
  // OpenLLMetry.
  ['llm.request.type', 'chat', 'gen_ai.operation.name'],
  ['llm.request.type', 'completion', 'gen_ai.operation.name', 'text_completion'],
  ['llm.request.type', 'embedding', 'gen_ai.operation.name', 'embeddings'],
  ['gen_ai.usage.cache_read_input_tokens', 5, 'gen_ai.usage.cache_read.input_tokens'],
  ['gen_ai.usage.cache_creation_input_tokens', 5, 'gen_ai.usage.cache_creation.input_tokens'],
  ['gen_ai.usage.reasoning_tokens', 5, 'gen_ai.usage.reasoning.output_tokens'],
  ['gen_ai.response.finish_reason', 'stop', 'gen_ai.response.finish_reasons', ['stop']],
  ['llm.response.finish_reason', 'stop', 'gen_ai.response.finish_reasons', ['stop']],
  ['llm.response.stop_reason', 'end_turn', 'gen_ai.response.finish_reasons', ['end_turn']],
  ['llm.chat.stop_sequences', '["a","b"]', 'gen_ai.request.stop_sequences', ['a', 'b']],
  ['llm.top_k', 40, 'gen_ai.request.top_k'],
  ['llm.frequency_penalty', 0.5, 'gen_ai.request.frequency_penalty'],
  ['llm.presence_penalty', 0.5, 'gen_ai.request.presence_penalty'],
  ['llm.is_streaming', true, 'gen_ai.request.stream'],
  ['llm.user', 'u77', 'user.id'],
  ['traceloop.prompt.key', 'clinical-intake', 'gen_ai.prompt.name'],
  ['traceloop.prompt.version', 12, 'gen_ai.prompt.version'],
  ['traceloop.workflow.name', 'triage', 'promptaudit.workflow'],
  ['traceloop.association.properties.user_id', 'u77', 'user.id'],
  ['traceloop.association.properties.session_id', 's1', 'gen_ai.conversation.id'],
  // OpenInference.
  ['llm.model_name', 'gpt-4', 'gen_ai.request.model'],
  ['llm.request.model_name', 'gpt-4', 'gen_ai.request.model'],
  ['llm.response.model_name', 'gpt-4', 'gen_ai.response.model'],
  ['embedding.model_name', 'ada', 'gen_ai.request.model'],
  ['llm.provider', 'azure', 'gen_ai.provider.name'],
  ['llm.token_count.prompt', 812, 'gen_ai.usage.input_tokens'],
  ['llm.token_count.completion', 97, 'gen_ai.usage.output_tokens'],
  ['llm.token_count.prompt_details.cache_read', 5, 'gen_ai.usage.cache_read.input_tokens'],
  ['llm.token_count.prompt_details.cache_write', 5, 'gen_ai.usage.cache_creation.input_tokens'],
  ['llm.token_count.completion_details.reasoning', 5, 'gen_ai.usage.reasoning.output_tokens'],
  ['llm.cost.total', 0.01, 'promptaudit.cost_usd'],
  ['llm.prompt_template.version', 'v1.0', 'gen_ai.prompt.version'],
  ['llm.prompt_template.name', 'clinical-intake', 'gen_ai.prompt.name'],
  ['llm.invocation_parameters', '{"temperature":0.2}', 'gen_ai.request.temperature', 0.2],
  ['llm.invocation_parameters', '{"max_completion_tokens":9}', 'gen_ai.request.max_tokens', 9],
  // Langfuse.
  ['langfuse.observation.model.name', 'gpt-5', 'gen_ai.request.model'],
  ['langfuse.observation.prompt.name', 'clinical-intake', 'gen_ai.prompt.name'],
  ['langfuse.observation.prompt.version', 12, 'gen_ai.prompt.version'],
  ['langfuse.observation.usage_details', '{"input":812}', 'gen_ai.usage.input_tokens', 812],
  ['langfuse.observation.usage_details', { output: 97 }, 'gen_ai.usage.output_tokens', 97],
  ['langfuse.observation.cost_details', '{"input":1,"total":3}', 'promptaudit.cost_usd', 3],
  ['langfuse.observation.model.parameters', '{"seed":7}', 'gen_ai.request.seed', 7],
  ['langfuse.user.id', 'u77', 'user.id'],
  ['langfuse.session.id', 's1', 'gen_ai.conversation.id'],
  ['langfuse.environment', 'staging', 'promptaudit.environment'],
  // Others.
  ['gen_ai.usage.cost', 0.01, 'promptaudit.cost_usd'],
  ['operation.cost', 0.01, 'promptaudit.cost_usd'],
];

const ROWS = ALIASES.map(([older, value, present, becomes = value]) => ({ older, value, present, becomes }));

describe('an older name', () => {
  it.each(ROWS)('$older with $value is $present', ({ older, value, present, becomes }) => {
    expect(fieldsOf({ [older]: value })).toEqual({ [present]: becomes });
  });

  it.each(ROWS)('$older with $value gives way to $present in any order', ({ older, value, present }) => {
    const own = present.endsWith('finish_reasons') || present.endsWith('sequences') ? ['own'] : 'own';
    expect(fieldsOf({ [older]: value, [present]: own })).toEqual({ [present]: own });
    expect(fieldsOf({ [present]: own, [older]: value })).toEqual({ [present]: own });
  });

  it('gives way to a better older one in any order', () => {
    const better = { 'gen_ai.system': 'openai' };
    const worse = { 'llm.system': 'gpt' };
    expect(fieldsOf({ ...better, ...worse })).toEqual({ 'gen_ai.provider.name': 'openai' });
    expect(fieldsOf({ ...worse, ...better })).toEqual({ 'gen_ai.provider.name': 'openai' });
  });

  it('gives way to the present one also between two older ones', () => {
    const given = { 'llm.system': 'gpt', 'gen_ai.provider.name': 'own', 'gen_ai.system': 'openai' };
    expect(fieldsOf(given)).toEqual({ 'gen_ai.provider.name': 'own' });
  });

  it('gives nothing away to an absent value of the present one', () => {
    const given = { 'gen_ai.provider.name': undefined, 'gen_ai.system': 'openai' };
    expect(fieldsOf(given)).toEqual({ 'gen_ai.provider.name': 'openai' });
  });
});

describe('a compound attribute', () => {
  it.each(['no JSON', '[1]', '7', 'null', '{"constructor":1,"__proto__":{"seed":1},"seed":null}'])(
    'with %s says nothing',
    (value) => {
      expect(fieldsOf({ 'llm.invocation_parameters': value })).toEqual({});
    },
  );
});

describe('two members of one field', () => {
  it('say what the first of them says', () => {
    const parameters = '{"max_completion_tokens":1,"max_tokens":2}';
    expect(fieldsOf({ 'llm.invocation_parameters': parameters })).toEqual({ 'gen_ai.request.max_tokens': 1 });
  });
});

describe('a list', () => {
  it.each([
    ['stop', ['stop']],
    ['["stop"]', ['stop']],
    ['[not JSON', ['[not JSON']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [7, 7],
  ])('given as %j is %j', (given, list) => {
    expect(fieldsOf({ 'gen_ai.response.finish_reasons': given })).toEqual({
      'gen_ai.response.finish_reasons': list,
    });
  });
});

describe('taking apart', () => {
  it('leaves every present name as it is', () => {
    const every = Object.fromEntries(FIELD_NAMES.map((name) => [name, ['v']]));
    expect(fieldsOf(every)).toEqual(every);
  });

  it('leaves an unknown name a field, for the record to name', () => {
    const given = JSON.parse('{"gen_ai.sistem":"x","__proto__":{"user.id":"u77"}}');
    const fields = fieldsOf(given) ?? {};
    expect(Object.entries(fields)).toEqual([
      ['gen_ai.sistem', 'x'],
      ['__proto__', { 'user.id': 'u77' }],
    ]);
    expect(fields['user.id']).toBeUndefined();
  });

  it('takes what was said out, the present name first', () => {
    const said = takeApart({
      'gen_ai.prompt': 'older',
      'gen_ai.input.messages': [{ role: 'user' }],
      'gen_ai.completion': 'Call 112.',
      'gen_ai.system_instructions': 'Be kind.',
      'gen_ai.tool.definitions': [],
    });
    expect(said).toMatchObject({ fields: {} });
    expect([...(said?.content ?? [])].sort()).toEqual([
      ['input', '[{"role":"user"}]'],
      ['output', 'Call 112.'],
      ['system', 'Be kind.'],
      ['tools', '[]'],
    ]);
  });
});
