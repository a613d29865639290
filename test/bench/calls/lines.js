import { closeSync, openSync, writeSync } from 'node:fs';

/** Calls of some applications, the same for the same seed. */
const MODELS = [
  ['openai', 'gpt-5'],
  ['openai', 'gpt-5-mini'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['anthropic', 'claude-haiku-4-5'],
  ['gcp.gemini', 'gemini-2.5-pro'],
];
const PROMPTS = ['clinical-intake', 'discharge-summary', 'medication-reconciliation', 'billing', 'refund'];
const WORKFLOWS = ['triage', 'intake', 'billing'];
const START = Date.parse('2026-11-01T00:00:00Z');
/** Milliseconds between two calls on average. */
const PACE = 30;
const CHUNK = 1 << 20;

/** Numbers below 2^32 (xorshift32). */
function numbersFrom(seed) {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** What an application says of one call; `at` in milliseconds since the epoch. */
export function* calls(count, seed = 1, start = START) {
  const next = numbersFrom(seed * 2_654_435_761);
  const below = (limit) => next() % limit;
  const hex = (length) => {
    let text = '';
    while (text.length < length) text += next().toString(16).padStart(8, '0');
    return text.slice(0, length);
  };
  let at = start;
  for (let index = 0; index < count; index += 1) {
    at += below(2 * PACE);
    const [provider, model] = MODELS[below(MODELS.length)];
    const version = 1 + below(8);
    const prompt = below(PROMPTS.length);
    const latency = 100 + below(4000);
    yield {
      'gen_ai.conversation.id': `conv-${below(count / 5)}`,
      'gen_ai.operation.name': 'chat',
      'gen_ai.prompt.name': PROMPTS[prompt],
      'gen_ai.prompt.version': String(version),
      'gen_ai.provider.name': provider,
      'gen_ai.request.max_tokens': 1024,
      'gen_ai.request.model': model,
      'gen_ai.request.temperature': 0.2,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.response.id': `chatcmpl-${hex(24)}`,
      'gen_ai.response.model': `${model}-2026-08-01`,
      'gen_ai.usage.input_tokens': below(3000),
      'gen_ai.usage.output_tokens': below(900),
      occurredAt: new Date(at).toISOString(),
      'promptaudit.cost_usd': below(10_000) / 1e6,
      'promptaudit.environment': below(5) < 4 ? 'production' : 'staging',
      'promptaudit.latency_ms': latency,
      'promptaudit.prompt.digest': `sha256:${String(prompt * 8 + version)
        .padStart(2, '0')
        .repeat(32)}`,
      'promptaudit.workflow': WORKFLOWS[index % 3],
      'service.name': 'intake-api',
      span_id: hex(16),
      trace_id: hex(32),
      'user.id': `u${below(20_000)}`,
    };
  }
}

/** When a set of so many calls is over, so that the next one may begin. */
export function endOf(count, start = START) {
  return start + count * PACE + 60_000;
}

/**
 * Writes the lines of an open segment as the library would.
 * @param {import('../library.js').Library} library
 */
export async function writeLines(library, file, count, seed, start = START) {
  const { readRecord } = await library.load('calls/record/read.js');
  const { uuidMinter } = await library.load('calls/record/uuid.js');
  const next = numbersFrom(seed + 77);
  const mint = uuidMinter((bytes) => {
    for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32LE(next(), at);
    return bytes;
  });
  const handle = openSync(file, 'w');
  let text = '';
  for (const call of calls(count, seed, start)) {
    const now = Date.parse(call.occurredAt) + call['promptaudit.latency_ms'];
    const read = readRecord(call, 'call', { now, mint });
    if (!read.ok) throw new Error(read.problems.join('; '));
    text += `${read.record.line}\n`;
    if (text.length < CHUNK) continue;
    writeSync(handle, text);
    text = '';
  }
  writeSync(handle, text);
  closeSync(handle);
}
