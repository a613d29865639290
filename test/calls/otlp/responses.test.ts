import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import {
  decodeOtlp,
  encodeResponse,
  encodeStatus,
  type OtlpEncoding,
  type Signal,
} from '../../../src/calls/otlp/decode.ts';

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

describe('a response', () => {
  it.each<[Signal, { rejected: number; message: string } | undefined, string, string]>([
    ['traces', undefined, '', '{}'],
    ['logs', undefined, '', '{}'],
    [
      'traces',
      { rejected: 3, message: 'no start time' },
      '0a110803120d6e6f2073746172742074696d65',
      '{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no start time"}}',
    ],
    [
      'logs',
      { rejected: 300, message: 'é' },
      '0a0708ac021202c3a9',
      '{"partialSuccess":{"rejectedLogRecords":"300","errorMessage":"é"}}',
    ],
  ])('to %s with %j is what Python’s protobuf writes, or its JSON', async (signal, partial, bytes, json) => {
    expect(hex(await encodeResponse(signal, 'protobuf', partial))).toBe(bytes);
    expect(text(await encodeResponse(signal, 'json', partial))).toBe(json);
  });

  it('with an error is a google.rpc.Status', async () => {
    const message = 'the body is no JSON';
    expect(hex(await encodeStatus('protobuf', 3, message))).toBe(
      '0803121374686520626f6479206973206e6f204a534f4e',
    );
    expect(text(await encodeStatus('json', 3, message))).toBe('{"code":3,"message":"the body is no JSON"}');
  });
});

describe('an empty request', () => {
  it.each<[OtlpEncoding, string]>([
    ['protobuf', ''],
    ['json', '{}'],
    ['json', '{"resourceSpans":[],"resourceLogs":null,"unknown":[1]}'],
  ])('in %s is %j', async (encoding, body) => {
    for (const signal of ['traces', 'logs'] as const) {
      const decoded = await decodeOtlp(signal, encoding, Buffer.from(body));
      expect(decoded).toEqual({ records: [], rejected: [], ignored: 0 });
    }
  });
});
