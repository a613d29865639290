import { jsonOf } from '../record/draft.ts';
import { type FieldName, fieldSpec, isFieldName, type RecordKind } from '../record/fields.ts';
import type { Part } from '../record/model.ts';
import type { Incoming } from '../record/read.ts';
import { spanUuid } from '../record/uuid.ts';
import { fromMilliseconds } from '../record/values.ts';
import { type Attributes, type ResourceFields, readAttributes } from './attributes.ts';
import { readEvents } from './events.ts';
import { putIndexed } from './indexed.ts';
import { kindOfLog, kindOfSpan } from './kind.ts';
import { type Instant, isObject, readId, readInstant, UNREADABLE } from './value.ts';

/** What a span or a log record comes to: a record, the reason why it is none, or, being about something else, nothing. */
export type Outcome =
  | { readonly kind: RecordKind; readonly incoming: Incoming }
  | { readonly problem: string }
  | undefined;

type Wire = Readonly<Record<string, unknown>>;

/** `STATUS_CODE_ERROR` (opentelemetry-proto, `trace/v1`). */
const STATUS_ERROR: readonly unknown[] = [2, 'STATUS_CODE_ERROR'];
/** OpenTelemetry's value of `error.type` where nothing better is known. */
const OTHER_ERROR = '_OTHER';

const NO_CONTENT: ReadonlyMap<Part, string> = new Map();

/** @throws Failure where an attribute cannot be read */
export function readSpan(span: Wire, resource: ResourceFields): Outcome {
  const attributes = readAttributes(span.attributes);
  const kind = kindOfSpan(attributes);
  if (kind === undefined) return undefined;
  const traceId = readId(span.traceId, 16);
  const spanId = readId(span.spanId, 8);
  if (typeof traceId !== 'string') return { problem: `a span has ${badly(traceId)} trace id` };
  if (typeof spanId !== 'string')
    return { problem: `a span of trace ${traceId} has ${badly(spanId)} span id` };
  const start = readInstant(span.startTimeUnixNano);
  const occurredAt = timeOf(start);
  if (occurredAt === undefined || !isInstant(start))
    return { problem: `span ${spanId} has ${badly(start)} start time` };

  const { fields } = attributes.draft;
  if (attributes.indexed.length > 0) putIndexed(attributes.draft, attributes.indexed);
  const exception = readEvents(attributes.draft, span.events);
  if (isObject(span.status) && STATUS_ERROR.includes(span.status.code)) {
    fields['error.type'] ??= exception ?? OTHER_ERROR;
  }
  fields['promptaudit.latency_ms'] ??= latency(start, readInstant(span.endTimeUnixNano));
  fields.id = spanUuid(start.milliseconds, traceId, spanId);
  fields.trace_id = traceId;
  fields.span_id = spanId;
  fields.occurredAt = occurredAt;
  return { kind, incoming: complete(attributes, kind, resource) };
}

/** @throws Failure where an attribute cannot be read */
export function readLog(log: Wire, resource: ResourceFields): Outcome {
  const attributes = readAttributes(log.attributes);
  const eventName = textOr(log.eventName, textOr(attributes.marks['event.name'], ''));
  const kind = kindOfLog(attributes, eventName);
  if (kind === undefined) return undefined;
  const traceId = readId(log.traceId, 16);
  const spanId = readId(log.spanId, 8);
  if (traceId === UNREADABLE || spanId === UNREADABLE) {
    return { problem: `a log record has an unreadable ${traceId === UNREADABLE ? 'trace' : 'span'} id` };
  }
  const time = readInstant(log.timeUnixNano) ?? readInstant(log.observedTimeUnixNano);
  const occurredAt = timeOf(time);
  if (occurredAt === undefined || !isInstant(time))
    return { problem: `a log record has ${badly(time)} time` };

  const { fields } = attributes.draft;
  if (attributes.indexed.length > 0) putIndexed(attributes.draft, attributes.indexed);
  if (traceId !== undefined && spanId !== undefined) {
    // A span may have several in one nanosecond by clocks that tick in milliseconds: what they say tells them apart.
    const told = `${spanId}:${time.nanoseconds}:${eventName}:${jsonOf(fields)}`;
    fields.id = spanUuid(time.milliseconds, traceId, told);
  }
  if (traceId !== undefined) fields.trace_id = traceId;
  if (spanId !== undefined) fields.span_id = spanId;
  fields.occurredAt = occurredAt;
  return { kind, incoming: complete(attributes, kind, resource) };
}

/** Adds what the resource says where nothing nearer did, and leaves out what has no place in such a record. */
function complete({ draft }: Attributes, kind: RecordKind, resource: ResourceFields): Incoming {
  const { fields } = draft;
  for (const [name, value] of resource) if (!Object.hasOwn(fields, name)) fields[name] = value;
  if (kind === 'call') return { fields, content: draft.content };
  const fitting = Object.entries(fields).filter(([name]) => isFieldName(name) && belongs(name, kind));
  return { fields: Object.fromEntries(fitting), content: NO_CONTENT };
}

function belongs(name: FieldName, kind: RecordKind): boolean {
  const { of } = fieldSpec(name);
  return of === undefined || of === kind;
}

/** In milliseconds, exact to the nanosecond; `undefined` where the end is not known or lies before the start. */
function latency(start: Instant, end: ReturnType<typeof readInstant>): number | undefined {
  if (!isInstant(end)) return undefined;
  const nanoseconds =
    (end.milliseconds - start.milliseconds) * 1_000_000 + (end.nanoseconds - start.nanoseconds);
  return nanoseconds < 0 ? undefined : nanoseconds / 1_000_000;
}

function timeOf(instant: ReturnType<typeof readInstant>): string | undefined {
  return isInstant(instant) ? fromMilliseconds(instant.milliseconds) : undefined;
}

function isInstant(value: ReturnType<typeof readInstant>): value is Instant {
  return value !== undefined && value !== UNREADABLE;
}

function badly(value: unknown): string {
  return value === undefined ? 'no' : 'an unreadable';
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
