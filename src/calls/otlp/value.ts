import { Buffer } from 'node:buffer';
import { Failure } from '../../failure.ts';

/** What was sent where something else was to be: not the same as nothing. */
export const UNREADABLE = Symbol('unreadable');

/** A moment since the epoch, cut in two so that both halves are exact. */
export interface Instant {
  readonly milliseconds: number;
  /** 0 to 999,999 */
  readonly nanoseconds: number;
}

/** How deep a value's lists and objects may lie in each other; protobufjs itself goes no deeper than 100 messages. */
const MAX_DEPTH = 32;

/** What a message does not hold itself is the type's default, by inheritance. */
const SCALARS = ['stringValue', 'intValue', 'doubleValue', 'boolValue', 'bytesValue'] as const;

const UINT64 = /^\d{1,20}$/;
const HEX = /^[0-9a-fA-F]+$/;
/** RFC 4648, sections 4 and 5; ProtoJSON takes both, padded or not. */
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

/** int64 and fixed64 as protobufjs reads them. */
interface Long {
  readonly low: number;
  readonly high: number;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** A repeated field: nothing stands for no element (ProtoJSON). */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/**
 * The plain value of an AnyValue (opentelemetry-proto, `common/v1`): of a message or of its JSON. Whole numbers beyond 2^53
 * stay decimal text, bytes become base64; an empty one is `undefined`.
 * @throws Failure where it is nested too deeply, or is no such value
 */
export function plainValue(any: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH)
    throw new Failure(`an attribute holds more than ${MAX_DEPTH} values within each other`);
  if (!isObject(any)) return undefined;
  if (typeof any.stringValue === 'string' && any.stringValue !== '') return any.stringValue;
  for (const name of SCALARS) {
    const scalar = Object.hasOwn(any, name) ? any[name] : undefined;
    if (scalar !== undefined && scalar !== null) return plainScalar(scalar);
  }
  if (isObject(any.arrayValue)) {
    return listOf(any.arrayValue.values).map((item) => plainValue(item, depth + 1) ?? null);
  }
  return isObject(any.kvlistValue) ? plainObject(any.kvlistValue.values, depth + 1) : undefined;
}

/** The object that a list of KeyValue stands for. */
export function plainObject(pairs: unknown, depth = 0): Record<string, unknown> {
  return Object.fromEntries(
    listOf(pairs)
      .filter(isObject)
      .map(({ key, value }) => [typeof key === 'string' ? key : '', plainValue(value, depth) ?? null]),
  );
}

/** Nanoseconds since the epoch: a fixed64, or in JSON text or a number. 0 says that it is not known. */
export function readInstant(value: unknown): Instant | undefined | typeof UNREADABLE {
  if (value === undefined || value === null || value === 0 || value === '0') return undefined;
  if (isLong(value)) return fromHalves(value.high >>> 0, value.low >>> 0);
  if (typeof value === 'number' && value > 0 && value < 2 ** 64)
    return readInstant(String(BigInt(Math.trunc(value))));
  if (typeof value !== 'string' || !UINT64.test(value)) return UNREADABLE;
  const milliseconds = Number(value.slice(0, -6));
  const nanoseconds = Number(value.slice(-6));
  return milliseconds + nanoseconds === 0 ? undefined : { milliseconds, nanoseconds };
}

/** An id of that many bytes, in lower-case hex. OTLP/JSON has it in hex; senders that follow ProtoJSON send base64. */
export function readId(value: unknown, bytes: 8 | 16): string | undefined | typeof UNREADABLE {
  if (value === undefined || value === null || (isSequence(value) && value.length === 0)) return undefined;
  const id = idBytes(value, bytes);
  return id === undefined || /^0+$/.test(id) ? UNREADABLE : id;
}

/** protobufjs has an empty list for bytes that were not sent. */
function isSequence(value: unknown): value is { readonly length: number } {
  return typeof value === 'string' || value instanceof Uint8Array || Array.isArray(value);
}

function idBytes(value: unknown, bytes: number): string | undefined {
  if (value instanceof Uint8Array) return value.length === bytes ? hex(value) : undefined;
  if (typeof value !== 'string') return undefined;
  if (value.length === 2 * bytes) return HEX.test(value) ? value.toLowerCase() : undefined;
  // 16 bytes are 22 digits and 8 bytes 11, without the padding: neither is as long as an id in hex.
  const decoded = BASE64.test(value) && value.length < 2 * bytes ? Buffer.from(value, 'base64') : undefined;
  return decoded?.length === bytes ? hex(decoded) : undefined;
}

/** 2^32 is 4,294 times a million and 967,296: no product here reaches 2^53. */
function fromHalves(high: number, low: number): Instant | undefined {
  const rest = high * 967_296 + low;
  const milliseconds = high * 4294 + Math.floor(rest / 1_000_000);
  const nanoseconds = rest % 1_000_000;
  return milliseconds + nanoseconds === 0 ? undefined : { milliseconds, nanoseconds };
}

function plainScalar(value: unknown): unknown {
  if (typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return base64(value);
  if (isLong(value)) return wholeNumber(value);
  throw new Failure('an attribute has a value that is no AnyValue of OTLP');
}

function wholeNumber({ high, low }: Long): number | string {
  const number = high * 2 ** 32 + (low >>> 0);
  return Number.isSafeInteger(number) ? number : String((BigInt(high) << 32n) + BigInt(low >>> 0));
}

/** Some JSON may look the same: then it is read the same. */
function isLong(value: unknown): value is Long {
  return isObject(value) && Number.isInteger(value.low) && Number.isInteger(value.high);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
