import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeOtlp } from '../../../src/calls/otlp/decode.ts';
import { spanUuid } from '../../../src/calls/record/uuid.ts';
import { reading } from './requests.ts';

const VECTORS = join(import.meta.dirname, '../../vectors/otlp');
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';

function vector(name: string): Buffer {
  return Buffer.from(readFileSync(join(VECTORS, `${name}.base64`), 'utf8'), 'base64');
}

describe('what Python sends', () => {
  it('of spans becomes two calls, without the workflow and the HTTP span', async () => {
    const { records, rejected, ignored } = await decodeOtlp('traces', 'protobuf', vector('python-traces'));
    expect({ rejected, ignored }).toEqual({ rejected: [], ignored: 2 });
    const service = {
      'service.name': 'intake-api',
      'service.version': '1.4.0',
      'promptaudit.environment': 'production',
    };
    const [chat, embeddings] = records;
    expect(chat).toEqual({
      kind: 'call',
      incoming: {
        fields: {
          ...service,
          id: spanUuid(1763719872345, TRACE, '00f067aa0ba90202'),
          occurredAt: '2025-11-21T10:11:12.345Z',
          trace_id: TRACE,
          span_id: '00f067aa0ba90202',
          'promptaudit.latency_ms': 812,
          'promptaudit.workflow': 'triage',
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': 'gpt-5',
          'gen_ai.response.model': 'gpt-5-2025-08-07',
          'gen_ai.response.id': 'chatcmpl-Aé1',
          'gen_ai.response.finish_reasons': ['stop', 'length'],
          'gen_ai.usage.input_tokens': 812,
          'gen_ai.usage.output_tokens': 0,
          'gen_ai.request.temperature': 0.2,
          'gen_ai.request.seed': -7,
          'gen_ai.request.top_p': 1,
          'gen_ai.prompt.name': 'clinical-intake',
          'gen_ai.prompt.version': 12,
          'user.id': 'u77',
          'server.port': 443,
        },
        content: new Map([
          ['input', '[{"role":"user","parts":[{"type":"text","content":"my chest hurts"}]}]'],
        ]),
      },
    });
    expect(embeddings?.incoming.fields).toEqual({
      ...service,
      id: spanUuid(1763719873245, TRACE, '00f067aa0ba90203'),
      occurredAt: '2025-11-21T10:11:13.245Z',
      trace_id: TRACE,
      span_id: '00f067aa0ba90203',
      'promptaudit.latency_ms': 1.234567,
      'error.type': 'TimeoutError',
      'gen_ai.operation.name': 'embeddings',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'text-embedding-3-small',
    });
    expect(records.map((record) => reading(record).ok)).toEqual([true, true]);
  });

  it('of logs becomes a call and an access', async () => {
    const { records, rejected, ignored } = await decodeOtlp('logs', 'protobuf', vector('python-logs'));
    expect({ rejected, ignored }).toEqual({ rejected: [], ignored: 2 });
    const [call, access] = records;
    expect(call?.kind).toBe('call');
    expect(call?.incoming.fields).toMatchObject({
      trace_id: TRACE,
      span_id: '00f067aa0ba902b7',
      occurredAt: '2025-11-21T10:11:12.345Z',
      'service.name': 'intake-api',
      'gen_ai.provider.name': 'aws.bedrock',
      'gen_ai.usage.input_tokens': 97,
      'gen_ai.request.seed': '-9007199254740993',
      'gen_ai.request.stream': true,
    });
    expect([...(call?.incoming.content ?? [])]).toEqual([
      [
        'input',
        '[{"role":"user","parts":[{"type":"text","content":"Weather in Paris?"},{"type":"blob","content":"AQL/"}]}]',
      ],
      ['system', '[{"type":"text","content":"Be brief."}]'],
    ]);
    expect(access).toEqual({
      kind: 'access',
      incoming: {
        fields: {
          occurredAt: '2025-11-21T10:11:12.345Z',
          'service.name': 'intake-api',
          'promptaudit.access.action': 'export',
          'promptaudit.access.actor': 'alice',
          'promptaudit.access.outcome': 'denied',
          'promptaudit.access.rows': 0,
        },
        content: new Map(),
      },
    });
  });
});
