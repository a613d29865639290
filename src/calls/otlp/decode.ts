import { Buffer } from 'node:buffer';
import type { Type } from 'protobufjs/light.js';
import { Failure } from '../../failure.ts';
import type { RecordKind } from '../record/fields.ts';
import type { Incoming } from '../record/read.ts';
import { readResource } from './attributes.ts';
import { loadMessages, MAX_ELEMENTS, type Messages, TooManyElements } from './messages.ts';
import { type Outcome, readLog, readSpan } from './span.ts';
import { isObject } from './value.ts';

export type Signal = 'traces' | 'logs';
export type OtlpEncoding = 'json' | 'protobuf';

/** What a request comes to. */
export interface Decoded {
  readonly records: readonly { readonly kind: RecordKind; readonly incoming: Incoming }[];
  /** Spans or log records that speak of a call or an access but cannot be one, each with a reason. */
  readonly rejected: readonly { readonly problem: string }[];
  /** How many spans and log records are about something else: no error, and not kept. */
  readonly ignored: number;
}

/** The request is of so many small values that it is not taken, whatever they say. */
export class TooDense extends Failure {
  constructor(values: number) {
    super(`the body has more than ${values} values: send fewer records at once`);
  }
}

type Wire = Readonly<Record<string, unknown>>;

/** How a signal's request is built, by the names of OTLP/JSON. */
interface Layout {
  readonly groups: string;
  readonly scopes: string;
  readonly items: string;
  readonly request: (messages: Messages) => Type;
  readonly response: (messages: Messages) => Type;
  /** How the response names what was rejected. */
  readonly rejected: string;
  readonly read: (item: Wire, resource: ReturnType<typeof readResource>) => Outcome;
}

const LAYOUTS: Readonly<Record<Signal, Layout>> = {
  traces: {
    groups: 'resourceSpans',
    scopes: 'scopeSpans',
    items: 'spans',
    request: ({ tracesRequest }) => tracesRequest,
    response: ({ tracesResponse }) => tracesResponse,
    rejected: 'rejectedSpans',
    read: readSpan,
  },
  logs: {
    groups: 'resourceLogs',
    scopes: 'scopeLogs',
    items: 'logRecords',
    request: ({ logsRequest }) => logsRequest,
    response: ({ logsResponse }) => logsResponse,
    rejected: 'rejectedLogRecords',
    read: readLog,
  },
};

/**
 * Reads an OTLP request (opentelemetry-proto 1.9; JSON as the OTLP specification's "JSON Protobuf Encoding" has it) from
 * hostile bytes: one record for each span or log record that `kindOfSpan` or `kindOfLog` takes for one. Fields that a
 * record has no place for are left out; values that a field does not take are left as they are.
 * @throws Failure (one sentence) where the bytes are no such request
 */
export async function decodeOtlp(
  signal: Signal,
  encoding: OtlpEncoding,
  bytes: Uint8Array,
): Promise<Decoded> {
  const layout = LAYOUTS[signal];
  const request = encoding === 'json' ? parseJson(signal, bytes) : await parseProtobuf(layout, signal, bytes);
  const records: { kind: RecordKind; incoming: Incoming }[] = [];
  const rejected: { problem: string }[] = [];
  let ignored = 0;
  for (const group of objects(request, layout.groups)) {
    const resource = readResource(group.resource);
    for (const scope of objects(group, layout.scopes)) {
      for (const item of objects(scope, layout.items)) {
        const outcome = readItem(layout, item, resource);
        if (outcome === undefined) ignored += 1;
        else if ('problem' in outcome) rejected.push(outcome);
        else records.push(outcome);
      }
    }
  }
  return { records, rejected, ignored };
}

/** The body of a response: of full success, or of partial success (OTLP specification, "Partial Success"). */
export async function encodeResponse(
  signal: Signal,
  encoding: OtlpEncoding,
  partial: { readonly rejected: number; readonly message: string } | undefined,
): Promise<Uint8Array> {
  const layout = LAYOUTS[signal];
  const { rejected = 0, message = '' } = partial ?? {};
  if (encoding === 'json') {
    // ProtoJSON writes 64-bit numbers as text.
    const partialSuccess = { [layout.rejected]: String(rejected), errorMessage: message };
    return jsonBytes(partial === undefined ? {} : { partialSuccess });
  }
  const partialSuccess = { [layout.rejected]: rejected, errorMessage: message };
  const type = layout.response(await loadMessages());
  return type.encode(partial === undefined ? {} : { partialSuccess }).finish();
}

/**
 * The body of a response with an HTTP error: a `google.rpc.Status` (OTLP specification, "Failures").
 * @param code of `google/rpc/code.proto`, 3 for an invalid argument
 */
export async function encodeStatus(
  encoding: OtlpEncoding,
  code: number,
  message: string,
): Promise<Uint8Array> {
  if (encoding === 'json') return jsonBytes({ code, message });
  const { status } = await loadMessages();
  return status.encode({ code, message }).finish();
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

/** One bad span does not spoil the others of its request. */
function readItem(layout: Layout, item: Wire, resource: ReturnType<typeof readResource>): Outcome {
  try {
    return layout.read(item, resource);
  } catch (error) {
    if (error instanceof Failure) return { problem: error.message };
    throw error;
  }
}

function parseJson(signal: Signal, bytes: Uint8Array): Wire {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'));
  } catch {
    throw new Failure(`the body is no JSON, send an OTLP ${signal} request`);
  }
  if (!isObject(value) || Array.isArray(value)) {
    throw new Failure(`the body is no JSON object, send an OTLP ${signal} request`);
  }
  return value;
}

async function parseProtobuf(layout: Layout, signal: Signal, bytes: Uint8Array): Promise<Wire> {
  const messages = await loadMessages();
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return layout.request(messages).decode(messages.reader(buffer));
  } catch (error) {
    if (error instanceof TooManyElements) throw new TooDense(MAX_ELEMENTS);
    throw new Failure(`the body is no protobuf of an OTLP ${signal} request`);
  }
}

/** @throws Failure where it is no list of objects */
function objects(parent: Wire, name: string): readonly Wire[] {
  const list = parent[name];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list) || !list.every(isObject)) {
    throw new Failure(`${name} of the request is no list of objects`);
  }
  return list;
}
