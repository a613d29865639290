import type { Otlp } from '../../../src/calls/collect/otlp.ts';
import { takeApart } from '../../../src/calls/record/read.ts';
import { Failure } from '../../../src/failure.ts';

export const otlp: Otlp = {
  async decodeOtlp(_signal, encoding, bytes) {
    const text = Buffer.from(bytes).toString('utf8');
    const none = { records: [], rejected: [], ignored: 0 };
    if (encoding === 'protobuf') {
      if (text === '') return none;
      throw new Failure('the request is no protobuf');
    }
    let spans: { attributes: { key: string; value: { stringValue: string } }[]; spanId: string }[];
    try {
      spans = JSON.parse(text).resourceSpans?.[0]?.scopeSpans?.[0]?.spans ?? [];
    } catch {
      throw new Failure('the request is no JSON');
    }
    const rejected: { problem: string }[] = [];
    const records = [];
    let ignored = 0;
    for (const span of spans) {
      const fields = Object.fromEntries(span.attributes.map(({ key, value }) => [key, value.stringValue]));
      const incoming = takeApart(fields);
      if (span.spanId === '0000000000000000')
        rejected.push({ problem: 'span_id is not a span id of 16 hex digits' });
      else if (incoming === undefined || !('gen_ai.operation.name' in fields)) ignored += 1;
      else records.push({ kind: 'call' as const, incoming });
    }
    return { records, rejected, ignored };
  },
  async encodeResponse(signal, encoding, partial) {
    const name = signal === 'traces' ? 'rejectedSpans' : 'rejectedLogRecords';
    if (encoding === 'json')
      return Buffer.from(
        JSON.stringify(
          partial === undefined
            ? {}
            : { partialSuccess: { [name]: String(partial.rejected), errorMessage: partial.message } },
        ),
      );
    return new Uint8Array();
  },
  async encodeStatus(encoding, code, message) {
    if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
    const text = Buffer.from(message);
    return Buffer.concat([Buffer.of(0x08, code, 0x12, text.length), text]);
  },
};
