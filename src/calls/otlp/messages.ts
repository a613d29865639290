import type { Buffer } from 'node:buffer';
import type { IField, Reader, Type } from 'protobufjs/light.js';

/** The messages that are decoded or encoded whole. */
export interface Messages {
  readonly tracesRequest: Type;
  readonly tracesResponse: Type;
  readonly logsRequest: Type;
  readonly logsResponse: Type;
  readonly status: Type;
  /** Reads bytes. @throws TooManyElements where they hold more than MAX_ELEMENTS */
  readonly reader: (bytes: Buffer) => Reader;
}

export class TooManyElements extends RangeError {}

/**
 * How many fields a request may have, those of messages in it included: two bytes can make an object of a hundred, so a limit
 * on bytes alone would not keep memory within bounds. A span of 25 attributes has some 110, and senders put 512 to 8,192 into a
 * request.
 */
export const MAX_ELEMENTS = 1_000_000;

const field = (id: number, type: string) => ({ id, type });
/**
 * With proto2's rules of presence, though OTLP is proto3: so a zero in AnyValue's `oneof` is told from nothing without protobufjs's
 * costly accessors, and text that is no UTF-8 becomes U+FFFD instead of spoiling the whole request.
 */
const message = (fields: Record<string, IField>) => ({ edition: 'proto2', fields });
const repeated = (id: number, type: string) => ({ id, type, rule: 'repeated' });

/**
 * The part of OTLP that is read here, with the field names of its JSON. Source: `opentelemetry/proto/{common,resource,trace,logs}/v1`
 * and `opentelemetry/proto/collector/{trace,logs}/v1` of opentelemetry-proto 1.9, and `google/rpc/status.proto`. Fields that
 * are not listed are skipped over. Enumerations are read as numbers.
 */
const DESCRIPTOR = {
  nested: {
    AnyValue: message({
      stringValue: field(1, 'string'),
      boolValue: field(2, 'bool'),
      intValue: field(3, 'int64'),
      doubleValue: field(4, 'double'),
      arrayValue: field(5, 'ArrayValue'),
      kvlistValue: field(6, 'KeyValueList'),
      bytesValue: field(7, 'bytes'),
    }),
    ArrayValue: message({ values: repeated(1, 'AnyValue') }),
    KeyValueList: message({ values: repeated(1, 'KeyValue') }),
    KeyValue: message({ key: field(1, 'string'), value: field(2, 'AnyValue') }),
    Resource: message({ attributes: repeated(1, 'KeyValue') }),

    ExportTraceServiceRequest: message({ resourceSpans: repeated(1, 'ResourceSpans') }),
    ResourceSpans: message({ resource: field(1, 'Resource'), scopeSpans: repeated(2, 'ScopeSpans') }),
    ScopeSpans: message({ spans: repeated(2, 'Span') }),
    Span: message({
      traceId: field(1, 'bytes'),
      spanId: field(2, 'bytes'),
      startTimeUnixNano: field(7, 'fixed64'),
      endTimeUnixNano: field(8, 'fixed64'),
      attributes: repeated(9, 'KeyValue'),
      events: repeated(11, 'Event'),
      status: field(15, 'SpanStatus'),
    }),
    Event: message({ name: field(2, 'string'), attributes: repeated(3, 'KeyValue') }),
    SpanStatus: message({ code: field(3, 'int32') }),

    ExportLogsServiceRequest: message({ resourceLogs: repeated(1, 'ResourceLogs') }),
    ResourceLogs: message({ resource: field(1, 'Resource'), scopeLogs: repeated(2, 'ScopeLogs') }),
    ScopeLogs: message({ logRecords: repeated(2, 'LogRecord') }),
    LogRecord: message({
      timeUnixNano: field(1, 'fixed64'),
      attributes: repeated(6, 'KeyValue'),
      traceId: field(9, 'bytes'),
      spanId: field(10, 'bytes'),
      observedTimeUnixNano: field(11, 'fixed64'),
      eventName: field(12, 'string'),
    }),

    ExportTraceServiceResponse: message({ partialSuccess: field(1, 'ExportTracePartialSuccess') }),
    ExportTracePartialSuccess: message({
      rejectedSpans: field(1, 'int64'),
      errorMessage: field(2, 'string'),
    }),
    ExportLogsServiceResponse: message({ partialSuccess: field(1, 'ExportLogsPartialSuccess') }),
    ExportLogsPartialSuccess: message({
      rejectedLogRecords: field(1, 'int64'),
      errorMessage: field(2, 'string'),
    }),
    Status: message({ code: field(1, 'int32'), message: field(2, 'string') }),
  },
};

let messages: Promise<Messages> | undefined;

/** Loads protobufjs (some 20 ms) when it is first asked for. */
export function loadMessages(): Promise<Messages> {
  messages ??= import('protobufjs/light.js').then(({ default: protobuf }) => {
    class CountingReader extends protobuf.BufferReader {
      #elements = 0;

      override tag(): number {
        this.#elements += 1;
        if (this.#elements > MAX_ELEMENTS) throw new TooManyElements();
        return super.tag();
      }
    }
    const root = protobuf.Root.fromJSON(DESCRIPTOR).resolveAll();
    return {
      tracesRequest: root.lookupType('ExportTraceServiceRequest'),
      tracesResponse: root.lookupType('ExportTraceServiceResponse'),
      logsRequest: root.lookupType('ExportLogsServiceRequest'),
      logsResponse: root.lookupType('ExportLogsServiceResponse'),
      status: root.lookupType('Status'),
      reader: (bytes) => new CountingReader(bytes),
    };
  });
  return messages;
}
