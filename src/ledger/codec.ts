import { Failure } from '../failure.ts';
import type { ObjectFormat, Oid } from '../git/object.ts';
import type { EventDetail, EventHeader, EventKind, LedgerEvent } from './event.ts';
import { oidProblem, oneOf, REGISTRY, SHA256, wholeNumber } from './fields.ts';
import { KINDS, kindOf } from './kinds.ts';
import { checkText, formatMessage, partsOf, splitMessage, type TrailerLine } from './message.ts';
import { quote, reasonProblem } from './text.ts';
import {
  type Cursor,
  optional,
  readTrailers,
  required,
  type Trailers,
  takeLine,
  takeTrailers,
  trailerNames,
  trailerValues,
  writeTrailers,
} from './trailers.ts';

export type DecodedEvent =
  /** `text` is the message, which `encodeEvent` would write again. */
  | { readonly ok: true; readonly event: LedgerEvent; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] };

const EVENT = oneOf(Object.keys(KINDS) as EventKind[]);

const HEADER: Trailers<EventHeader> = {
  sequence: required('Sequence', wholeNumber(1)),
  previous: optional('Previous', SHA256),
  registry: required('Registry', REGISTRY),
  policy: required('Policy', wholeNumber(0)),
};

/** The names of all trailers of each kind, in their order. */
const NAMES: ReadonlyMap<EventKind, readonly string[]> = new Map(
  (Object.keys(KINDS) as EventKind[]).map((kind) => [
    kind,
    ['Event', ...trailerNames(HEADER), ...trailerNames(kindOf(kind).trailers)],
  ]),
);

/** The subject line of an event's message. */
function subjectOf(detail: EventDetail): string {
  return kindOf(detail.event).subject(detail);
}

/** All trailers of an event's message, in their order. */
function trailersOf(event: LedgerEvent): readonly TrailerLine[] {
  const { detail } = event;
  return [
    ['Event', detail.event],
    ...writeTrailers(HEADER, event),
    ...writeTrailers(kindOf(detail.event).trailers, detail),
  ];
}

/** The commit message of an event. @throws Failure when `decodeEvent` would refuse it. */
export function encodeEvent(event: LedgerEvent): string {
  const message = formatMessage({
    subject: subjectOf(event.detail),
    body: event.reason,
    trailers: trailersOf(event),
  });
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
  const checked = checkText(input);
  if (!checked.ok) return checked;
  const { text } = checked;
  const event = matchEvent(text, format);
  if (event !== undefined) return { ok: true, event, text };
  return { ok: false, problems: firstOf(whyNoEvent(text, format)) };
}

/** A hostile message may have something wrong in each of tens of thousands of lines. */
const MOST_PROBLEMS = 10;

function firstOf(problems: readonly string[]): readonly string[] {
  const more = problems.length - MOST_PROBLEMS;
  return more > 0 ? [...problems.slice(0, MOST_PROBLEMS), `and ${more} more`] : problems;
}

/**
 * Goes along the text and the kind's table together, and takes each piece only if it is what the codec writes for what it
 * says: so nothing has to be written again to be compared.
 */
function matchEvent(text: string, format: ObjectFormat | undefined): LedgerEvent | undefined {
  const { subject, body, facts } = partsOf(text);
  const cursor: Cursor = { text, at: facts };
  const kind = EVENT.parse(takeLine(cursor, 'Event') ?? '');
  const header = kind && takeTrailers(HEADER, cursor);
  const fields = header && takeTrailers(kindOf(kind).trailers, cursor);
  if (kind === undefined || header === undefined || fields === undefined || cursor.at !== text.length)
    return undefined;
  // The table is that of this very kind, so these are its properties.
  const detail = { event: kind, ...fields } as EventDetail;
  const event: LedgerEvent = { ...header, detail, reason: body };
  const sound =
    subject === subjectOf(detail) &&
    (body === '' ? facts === subject.length + 2 : reasonProblem(body) === undefined) &&
    eventProblems(event, format).length === 0;
  return sound ? event : undefined;
}

/** What is wrong with a text that is no event, for a person. */
function whyNoEvent(text: string, format: ObjectFormat | undefined): readonly string[] {
  const parsed = splitMessage(text);
  if (!parsed.ok) return parsed.problems;
  const { subject, body, trailers } = parsed.message;
  const [name, word] = trailers[0] ?? ['', ''];
  const kind = name === 'Event' ? EVENT.parse(word) : undefined;
  if (kind === undefined) return ['the first trailer does not name a known kind of event'];

  const problems: string[] = [];
  const values = trailerValues(trailers, NAMES.get(kind) ?? [], problems);
  const header = readTrailers(HEADER, values, problems);
  const fields = readTrailers(kindOf(kind).trailers, values, problems);
  if (header === undefined || fields === undefined || problems.length > 0) return problems;
  const detail = { event: kind, ...fields } as EventDetail;
  problems.push(...eventProblems({ ...header, detail, reason: body }, format));
  if (subject !== subjectOf(detail))
    problems.push('the subject is not the one that goes with these trailers');
  return problems.length > 0 ? problems : ['the message is not in canonical form'];
}

/** What is wrong between trailers that are each well-formed. */
function eventProblems(event: LedgerEvent, format: ObjectFormat | undefined): readonly string[] {
  const { sequence, previous, policy, detail, reason } = event;
  const kind = kindOf(detail.event);
  const first = sequence === 1;
  const problems: string[] = [...kind.problems(detail)];
  if (first !== (detail.event === 'genesis')) problems.push('genesis, and nothing else, has Sequence 1');
  if (first !== (previous === undefined)) problems.push('the first event, and no other, has no Previous');
  if (sequence <= 2 !== (policy === 0)) problems.push('the first two events, and no others, have Policy 0');
  const wrongOid = oidProblem(oidsOf(detail), format);
  if (wrongOid !== undefined) problems.push(wrongOid);
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
