import { Failure } from '../failure.ts';
import type { ObjectFormat, Oid } from '../git/object.ts';
import type { EventDetail, EventHeader, EventKind, LedgerEvent } from './event.ts';
import { oidProblems, oneOf, REGISTRY, SHA256, wholeNumber } from './fields.ts';
import { KINDS, kindOf } from './kinds.ts';
import { formatMessage, type Message, parseMessage, type TrailerLine } from './message.ts';
import { quote } from './text.ts';
import {
  optional,
  readTrailers,
  required,
  type Trailers,
  trailerNames,
  trailerValues,
  writeTrailers,
} from './trailers.ts';

export type DecodedEvent =
  | { readonly ok: true; readonly event: LedgerEvent }
  | { readonly ok: false; readonly problems: readonly string[] };

const EVENT = oneOf(Object.keys(KINDS) as EventKind[]);

const HEADER: Trailers<EventHeader> = {
  sequence: required('Sequence', wholeNumber(1)),
  previous: optional('Previous', SHA256),
  registry: required('Registry', REGISTRY),
  policy: required('Policy', wholeNumber(0)),
};

/** The subject line of an event's message. */
export function subjectOf(detail: EventDetail): string {
  return kindOf(detail.event).subject(detail);
}

/** All trailers of an event's message, in their order. */
export function trailersOf(event: LedgerEvent): readonly TrailerLine[] {
  const { detail } = event;
  return [
    ['Event', detail.event],
    ...writeTrailers(HEADER, event),
    ...writeTrailers(kindOf(detail.event).trailers, detail),
  ];
}

/** The commit message of an event. @throws Failure when `decodeEvent` would refuse it. */
export function encodeEvent(event: LedgerEvent): string {
  const message = formatEvent(event);
  const decoded = decodeEvent(message);
  if (!decoded.ok) {
    throw new Failure(
      `the event ${quote(subjectOf(event.detail))} cannot be written: ${decoded.problems.join('; ')}`,
    );
  }
  return message;
}

/**
 * Reads a ledger commit's message; `format` also demands object ids of that length. What it accepts is what
 * `encodeEvent` writes, byte for byte. Never throws. Design section 1.1; docs/format.md, "Events".
 */
export function decodeEvent(input: string | Uint8Array, format?: ObjectFormat): DecodedEvent {
  const parsed = parseMessage(input);
  if (!parsed.ok) return parsed;
  const read = readEvent(parsed.message);
  if (!read.ok) return read;
  const { event } = read;
  const problems = [...headerProblems(event), ...detailProblems(event, format)];
  if (parsed.message.subject !== subjectOf(event.detail)) {
    problems.push('the subject is not the one that goes with these trailers');
  }
  if (problems.length === 0 && formatEvent(event) !== parsed.text) {
    problems.push('the message is not in canonical form');
  }
  return problems.length > 0 ? { ok: false, problems } : read;
}

function formatEvent(event: LedgerEvent): string {
  return formatMessage({ subject: subjectOf(event.detail), body: event.reason, trailers: trailersOf(event) });
}

function readEvent({ body, trailers }: Message): DecodedEvent {
  const [name, word] = trailers[0] ?? ['', ''];
  const kind = name === 'Event' ? EVENT.parse(word) : undefined;
  if (kind === undefined)
    return { ok: false, problems: ['the first trailer does not name a known kind of event'] };

  const problems: string[] = [];
  const own = kindOf(kind).trailers;
  const names = ['Event', ...trailerNames(HEADER), ...trailerNames(own)];
  const values = trailerValues(trailers, names, problems);
  const header = readTrailers(HEADER, values, problems);
  const fields = readTrailers(own, values, problems);
  if (header === undefined || fields === undefined || problems.length > 0) return { ok: false, problems };
  // `own` is the table of this very kind, so these are its properties.
  const detail = { event: kind, ...fields } as EventDetail;
  return { ok: true, event: { ...header, detail, reason: body } };
}

function headerProblems({ sequence, previous, policy, detail }: LedgerEvent): string[] {
  const problems: string[] = [];
  const first = sequence === 1;
  if (first !== (detail.event === 'genesis')) problems.push('genesis, and nothing else, has Sequence 1');
  if (first !== (previous === undefined)) problems.push('the first event, and no other, has no Previous');
  if (sequence <= 2 !== (policy === 0)) problems.push('the first two events, and no others, have Policy 0');
  return problems;
}

function detailProblems({ detail, reason }: LedgerEvent, format: ObjectFormat | undefined): string[] {
  const kind = kindOf(detail.event);
  const problems = [...kind.problems(detail), ...oidProblems(oidsOf(detail), format)];
  if (kind.needsReason && reason === '') problems.push('the reason is missing');
  return problems;
}

function oidsOf(detail: EventDetail): Oid[] {
  const oids: Oid[] = [];
  if ('commit' in detail) oids.push(detail.commit);
  if ('tagObject' in detail) oids.push(detail.tagObject);
  if ('target' in detail && typeof detail.target === 'string') oids.push(detail.target);
  return oids;
}
