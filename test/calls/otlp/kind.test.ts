import { describe, expect, it } from 'vitest';
import { decodeLogs, decodeTraces, logOf, onlyRecord, type Plain, reading, spanOf } from './requests.ts';

type Attributes = { readonly [name: string]: Plain };

/** Spans as the instrumentations' own documents and code make them. */
const CALLS: readonly (readonly [string, Attributes])[] = [
  ['OpenTelemetry chat', { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai' }],
  ['OpenTelemetry embeddings', { 'gen_ai.operation.name': 'embeddings' }],
  ['OpenTelemetry generate_content', { 'gen_ai.operation.name': 'generate_content' }],
  ['an operation of one’s own', { 'gen_ai.operation.name': 'transcribe' }],
  ['OpenTelemetry before 1.37', { 'gen_ai.system': 'openai', 'gen_ai.request.model': 'gpt-4' }],
  ['OpenTelemetry, provider alone', { 'gen_ai.provider.name': 'gcp.vertex_ai' }],
  ['OpenLLMetry', { 'llm.request.type': 'chat', 'gen_ai.system': 'OpenAI', 'traceloop.workflow.name': 'w' }],
  ['OpenLLMetry, rerank', { 'llm.request.type': 'rerank', 'gen_ai.request.model': 'rerank-3' }],
  ['OpenInference LLM', { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4' }],
  ['OpenInference embedding', { 'openinference.span.kind': 'EMBEDDING', 'embedding.model_name': 'ada' }],
  ['OpenInference without a kind', { 'llm.model_name': 'gpt-4' }],
  ['Langfuse generation', { 'langfuse.observation.type': 'generation' }],
  ['Langfuse embedding', { 'langfuse.observation.type': 'embedding' }],
  ['an agent’s call of a model', { 'gen_ai.request.model': 'gpt-5', 'gen_ai.agent.name': 'clerk' }],
];

const OTHERS: readonly (readonly [string, Attributes])[] = [
  ['HTTP', { 'http.request.method': 'POST', 'server.address': 'api.openai.com', 'error.type': '500' }],
  ['a vector store', { 'db.system': 'pinecone', 'db.operation': 'query' }],
  ['OpenTelemetry agent', { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': 'gpt-5' }],
  ['OpenTelemetry agent, made', { 'gen_ai.operation.name': 'create_agent', 'gen_ai.request.model': 'gpt-5' }],
  ['OpenTelemetry plan', { 'gen_ai.operation.name': 'plan', 'gen_ai.request.model': 'gpt-5' }],
  ['an earlier response', { 'gen_ai.operation.name': 'fetch_response', 'gen_ai.provider.name': 'openai' }],
  ['OpenTelemetry workflow', { 'gen_ai.operation.name': 'invoke_workflow' }],
  ['OpenTelemetry tool', { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' }],
  ['OpenTelemetry memory', { 'gen_ai.operation.name': 'search_memory', 'gen_ai.provider.name': 'mem0' }],
  ['OpenTelemetry retrieval', { 'gen_ai.operation.name': 'retrieval', 'gen_ai.request.model': 'ada' }],
  ['a tool without operation', { 'gen_ai.tool.name': 'search', 'gen_ai.system': 'openai' }],
  ['an agent without operation', { 'gen_ai.agent.name': 'clerk', 'gen_ai.usage.input_tokens': 9 }],
  ['OpenLLMetry workflow', { 'traceloop.span.kind': 'workflow', 'traceloop.workflow.name': 'triage' }],
  ['OpenLLMetry task', { 'traceloop.span.kind': 'task', 'gen_ai.system': 'openai' }],
  ['OpenInference chain', { 'openinference.span.kind': 'CHAIN', 'llm.model_name': 'gpt-4' }],
  ['OpenInference agent', { 'openinference.span.kind': 'AGENT', 'llm.token_count.prompt': 9 }],
  ['OpenInference tool', { 'openinference.span.kind': 'TOOL' }],
  ['Langfuse span', { 'langfuse.observation.type': 'span', 'langfuse.observation.model.name': 'gpt-5' }],
  ['the sum of tokens alone', { 'gen_ai.usage.input_tokens': 9, 'gen_ai.usage.output_tokens': 9 }],
  ['content alone', { 'input.value': 'hello', 'session.id': 's' }],
  ['nothing', {}],
];

describe('a span', () => {
  it.each(CALLS)('is a call: %s', async (_, attributes) => {
    expect(onlyRecord(await decodeTraces([spanOf(attributes)])).kind).toBe('call');
  });

  it.each(OTHERS)('is about something else: %s', async (_, attributes) => {
    const decoded = await decodeTraces([spanOf(attributes)]);
    expect(decoded).toEqual({ records: [], rejected: [], ignored: 1 });
  });

  it('is not judged by its ids and times where it is about something else', async () => {
    const decoded = await decodeTraces([spanOf({}, { traceId: 'x', startTimeUnixNano: 'x' })]);
    expect(decoded).toEqual({ records: [], rejected: [], ignored: 1 });
  });

  it('is an access, without content and what only calls have', async () => {
    const access = {
      'promptaudit.access.action': 'read',
      'promptaudit.access.actor': 'alice',
      'promptaudit.access.outcome': 'allowed',
      'promptaudit.access.rows': 3,
      'user.id': 'u77',
    };
    const call = { 'gen_ai.request.model': 'gpt-5', 'gen_ai.input.messages': 'secret' };
    const record = onlyRecord(await decodeTraces([spanOf({ ...access, ...call })]));
    expect(record.kind).toBe('access');
    expect(record.incoming.fields).toMatchObject({ ...access, 'promptaudit.access.rows': '3' });
    expect(record.incoming.fields).not.toHaveProperty(['gen_ai.request.model']);
    expect(record.incoming.content.size).toBe(0);
    expect(reading(record).ok).toBe(true);
  });

  it('is an access that lacks something, and not lost, by any of an access’s attributes', async () => {
    const record = onlyRecord(await decodeTraces([spanOf({ 'promptaudit.access.actor': 'alice' })]));
    expect(reading(record)).toEqual({
      ok: false,
      problems: ['promptaudit.access.action is missing', 'promptaudit.access.outcome is missing'],
    });
  });
});

describe('a log record', () => {
  const CALL = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' };

  it.each([
    ['the event of a whole call', CALL, { eventName: 'gen_ai.client.inference.operation.details' }, 'call'],
    [
      'that event, named by an attribute',
      { ...CALL, 'event.name': 'gen_ai.client.inference.operation.details' },
      {},
      'call',
    ],
    ['an event of one’s own', CALL, { eventName: 'intake.llm' }, 'call'],
    ['no event', CALL, {}, 'call'],
    ['a message', { 'gen_ai.system': 'openai' }, { eventName: 'gen_ai.user.message' }, undefined],
    ['a choice', CALL, { eventName: 'gen_ai.choice' }, undefined],
    ['an evaluation', CALL, { eventName: 'gen_ai.evaluation.result' }, undefined],
    ['a line', { 'code.function': 'f' }, { body: { stringValue: 'GET /' } }, undefined],
    ['an access', { 'promptaudit.access.action': 'read' }, { eventName: 'gen_ai.choice' }, 'access'],
  ])('is told by what it has: %s', async (_, attributes, more, kind) => {
    const decoded = await decodeLogs([logOf(attributes, more)]);
    expect(decoded.records.map((record) => record.kind)).toEqual(kind === undefined ? [] : [kind]);
    expect(decoded.ignored).toBe(kind === undefined ? 1 : 0);
  });
});
