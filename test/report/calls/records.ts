/** A call as its line says it. */
export const CALL = {
  'gen_ai.prompt.name': 'clinical-intake',
  'gen_ai.prompt.version': '12',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-5',
  'gen_ai.response.finish_reasons': ['stop', 'length'],
  'gen_ai.usage.input_tokens': 812,
  'gen_ai.usage.output_tokens': 231,
  id: '019d6f5e-1c00-7a01-8e51-acde48001122',
  kind: 'call',
  occurredAt: '2026-11-18T10:11:12.345Z',
  'promptaudit.cost_usd': 0.0045,
  'promptaudit.environment': 'production',
  'promptaudit.latency_ms': 2410,
  recordedAt: '2026-11-18T10:11:14.755Z',
  schema: 'promptaudit/record@1',
  'user.id': 'u77',
};

export const ACCESS = {
  id: '019d6f5e-1c00-7a01-8e51-acde48003344',
  kind: 'access',
  occurredAt: '2026-11-19T10:11:12.345Z',
  'promptaudit.access.action': 'search',
  'promptaudit.access.actor': 'alice@acme.example',
  'promptaudit.access.object': 'calls',
  'promptaudit.access.outcome': 'denied',
  'promptaudit.access.purpose': 'case 12',
  'promptaudit.access.rows': 1204,
  recordedAt: '2026-11-19T10:11:12.345Z',
  schema: 'promptaudit/record@1',
};

export function lineOf(record: object): string {
  return JSON.stringify(record);
}
