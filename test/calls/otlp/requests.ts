import { Buffer } from 'node:buffer';
import { type Decoded, decodeOtlp } from '../../../src/calls/otlp/decode.ts';
import { type Reading, readRecord } from '../../../src/calls/record/read.ts';

export type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

export const TRACE = '5b8efff798038103d269b633813fc60c';
export const SPAN = 'eee19b7ec3c1b174';
export const START = '1544712660123456789';
export const END = '1544712661123956789';

/** An AnyValue in OTLP/JSON. */
function anyValue(value: Plain): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } };
  return { kvlistValue: { values: keyValues(value as { readonly [name: string]: Plain }) } };
}

export function keyValues(attributes: { readonly [name: string]: Plain }): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

export function spanOf(attributes: { readonly [name: string]: Plain }, more: object = {}): object {
  return {
    traceId: TRACE,
    spanId: SPAN,
    name: 'a span',
    kind: 3,
    startTimeUnixNano: START,
    endTimeUnixNano: END,
    attributes: keyValues(attributes),
    ...more,
  };
}

export function logOf(attributes: { readonly [name: string]: Plain }, more: object = {}): object {
  return { timeUnixNano: START, traceId: TRACE, spanId: SPAN, attributes: keyValues(attributes), ...more };
}

export function tracesOf(
  spans: readonly unknown[],
  resource: { readonly [name: string]: Plain } = {},
): object {
  return { resourceSpans: [{ resource: { attributes: keyValues(resource) }, scopeSpans: [{ spans }] }] };
}

export function logsOf(logRecords: readonly unknown[]): object {
  return { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
}

export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function decodeTraces(
  spans: readonly unknown[],
  resource: { readonly [name: string]: Plain } = {},
): Promise<Decoded> {
  return decodeOtlp('traces', 'json', jsonBytes(tracesOf(spans, resource)));
}

export function decodeLogs(logs: readonly unknown[]): Promise<Decoded> {
  return decodeOtlp('logs', 'json', jsonBytes(logsOf(logs)));
}

/** The only record of what was decoded. */
export function onlyRecord(decoded: Decoded): Decoded['records'][number] {
  const [record] = decoded.records;
  if (record === undefined || decoded.records.length !== 1) throw new Error(JSON.stringify(decoded));
  return record;
}

/** What becomes of a decoded record when it is read. */
export function reading({ kind, incoming }: Decoded['records'][number]): Reading {
  const now = Date.parse('2026-11-21T10:11:12.345Z');
  return readRecord(incoming.fields, kind, { now, mint: () => '0193b5f0-0000-7000-8000-000000000000' });
}
