import { describe, expect, it } from 'vitest';
import { decodeTraces, keyValues, onlyRecord, type Plain, spanOf } from './requests.ts';

type Attributes = { readonly [name: string]: Plain };

const CHAT = { 'gen_ai.operation.name': 'chat' };
const SECRET = 'my chest hurts';

async function contentOf(attributes: Attributes, more: object = {}): Promise<Record<string, string>> {
  const { incoming } = onlyRecord(await decodeTraces([spanOf({ ...CHAT, ...attributes }, more)]));
  expect(JSON.stringify(incoming.fields)).not.toContain(SECRET);
  return Object.fromEntries(incoming.content);
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

const USER = { role: 'user', parts: [{ type: 'text', content: SECRET }] };

describe('content', () => {
  it('is taken from attributes that hold JSON, as it stands', async () => {
    const content = await contentOf({
      'gen_ai.system_instructions': '[{"type": "text", "content": "Be kind."}]',
      'gen_ai.input.messages': json([USER]),
      'gen_ai.output.messages': json([{ role: 'assistant', parts: [] }]),
      'gen_ai.tool.definitions': '[]',
    });
    expect(content).toEqual({
      system: '[{"type": "text", "content": "Be kind."}]',
      input: json([USER]),
      output: json([{ role: 'assistant', parts: [] }]),
      tools: '[]',
    });
  });

  it('is made JSON where the attribute is structured', async () => {
    expect(await contentOf({ 'gen_ai.input.messages': [USER] })).toEqual({ input: json([USER]) });
  });

  it('is put together from OpenLLMetry’s numbered attributes', async () => {
    const content = await contentOf({
      'gen_ai.prompt.1.role': 'user',
      'gen_ai.prompt.1.content': SECRET,
      'gen_ai.prompt.0.role': 'system',
      'gen_ai.prompt.0.content': 'Be kind.',
      'gen_ai.completion.0.role': 'assistant',
      'gen_ai.completion.0.finish_reason': 'tool_calls',
      'gen_ai.completion.0.tool_calls.0.name': 'search',
      'gen_ai.completion.0.tool_calls.0.arguments': '{}',
      'llm.request.functions.0.name': 'search',
    });
    expect(content).toEqual({
      input: json([
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: SECRET },
      ]),
      output: json([
        { role: 'assistant', finish_reason: 'tool_calls', tool_calls: [{ name: 'search', arguments: '{}' }] },
      ]),
      tools: json([{ name: 'search' }]),
    });
  });

  it('is put together from OpenInference’s, without the kinds of elements in their keys', async () => {
    const content = await contentOf({
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.contents.0.message_content.type': 'text',
      'llm.input_messages.0.message.contents.0.message_content.text': SECRET,
      'llm.output_messages.0.message.role': 'assistant',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'search',
      'llm.tools.0.tool.json_schema': '{}',
      'input.value': 'the same again',
      'output.value': 'the same again',
    });
    expect(content).toEqual({
      input: json([{ role: 'user', contents: [{ type: 'text', text: SECRET }] }]),
      output: json([{ role: 'assistant', tool_calls: [{ function: { name: 'search' } }] }]),
      tools: json([{ json_schema: '{}' }]),
    });
  });

  it.each([
    [{ 'gen_ai.prompt': SECRET, 'gen_ai.completion': 'Call 112.' }],
    [{ 'input.value': SECRET, 'output.value': 'Call 112.' }],
    [{ 'langfuse.observation.input': SECRET, 'langfuse.observation.output': 'Call 112.' }],
    [{ 'ai.prompt.messages': SECRET, 'ai.response.text': 'Call 112.' }],
    [{ 'traceloop.entity.input': SECRET, 'traceloop.entity.output': 'Call 112.' }],
    [{ 'llm.prompts.0': SECRET, 'output.value': 'Call 112.' }],
  ])('is taken from %j', async (attributes) => {
    const { input, output } = await contentOf(attributes);
    expect([input, output]).toEqual([expect.stringContaining(SECRET), 'Call 112.']);
  });

  it.each([
    ['gen_ai.input.messages', 'llm.input_messages.0.message.content'],
    ['llm.input_messages.0.message.content', 'gen_ai.prompt'],
    ['gen_ai.prompt', 'langfuse.observation.input'],
    ['langfuse.observation.input', 'input.value'],
    ['input.value', 'llm.prompt_template.template'],
  ])('is what %s says rather than %s', async (better, worse) => {
    expect((await contentOf({ [better]: 'better', [worse]: 'worse' })).input).toContain('better');
    expect((await contentOf({ [worse]: 'worse', [better]: 'better' })).input).toContain('better');
  });

  it('is taken from message events', async () => {
    const events = [
      { name: 'gen_ai.system.message', attributes: keyValues({ content: 'Be kind.', 'gen_ai.system': 'x' }) },
      { name: 'gen_ai.user.message', attributes: keyValues({ content: SECRET }) },
      {
        name: 'gen_ai.assistant.message',
        attributes: keyValues({ 'gen_ai.event.content': '{"content":"Azure"}' }),
      },
      { name: 'gen_ai.tool.message', attributes: keyValues({ id: 'call_1', content: '{}' }) },
      { name: 'gen_ai.choice', attributes: keyValues({ index: 0, message: { content: 'Call 112.' } }) },
      { name: 'retry', attributes: keyValues({ content: 'not kept' }) },
    ];
    expect(await contentOf({}, { events })).toEqual({
      input: json([
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: SECRET },
        { role: 'assistant', content: 'Azure' },
        { role: 'tool', id: 'call_1', content: '{}' },
      ]),
      output: json([{ index: '0', message: { content: 'Call 112.' } }]),
    });
  });

  it.each([
    ['gen_ai.content.prompt', { 'gen_ai.prompt': json([USER]) }],
    ['gen_ai.client.inference.operation.details', { 'gen_ai.input.messages': json([USER]) }],
  ])('is taken from the event %s', async (name, attributes) => {
    expect(await contentOf({}, { events: [{ name, attributes: keyValues(attributes) }] })).toEqual({
      input: json([USER]),
    });
  });

  it('is not mixed up by attributes that say of one place that it is text and that it is more', async () => {
    const content = await contentOf({
      'gen_ai.prompt.0.content': SECRET,
      'gen_ai.prompt.0.content.0.text': 'too much',
      'gen_ai.prompt.7.__proto__.polluted': 'yes',
      [`gen_ai.prompt.3${'.a'.repeat(50_000)}`]: 'deep',
    });
    const [first, third, seventh] = JSON.parse(content.input ?? '');
    expect(first).toEqual({ content: SECRET });
    expect(JSON.stringify(third)).toContain('deep');
    expect(Object.hasOwn(seventh, '__proto__')).toBe(true);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });

  it('ends up in no field, however it is spelled', async () => {
    const names = [
      'content',
      'gen_ai.prompt',
      'gen_ai.prompt.0.content',
      'gen_ai.prompt.system',
      'gen_ai.completion.0.content',
      'gen_ai.tool.call.arguments',
      'gen_ai.tool.call.result',
      'gen_ai.input.messages',
      'llm.input_messages.0.message.content',
      'llm.prompt_template.variables',
      'llm.prompt_template.template',
      'traceloop.prompt.template_variables',
      'traceloop.entity.output',
      'langfuse.trace.input',
      'langfuse.observation.metadata',
      'input.value',
      'exception.message',
    ];
    await contentOf(Object.fromEntries(names.map((name) => [name, SECRET])));
  });
});
