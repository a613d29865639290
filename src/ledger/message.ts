import { Buffer } from 'node:buffer';
import { Failure } from '../failure.ts';
import { characterProblem, quote, reasonProblem } from './text.ts';

/** The longest message, in bytes of UTF-8: the longest body and ample room for subject and trailers. */
const MAX_MESSAGE_BYTES = 131_072;

const TRAILER_NAME = /^[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)*$/;

/** Refuses what is not UTF-8, and keeps a byte order mark, so that the text stands for exactly these bytes. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** One line `Name: value`. */
export type TrailerLine = readonly [name: string, value: string];

/** A message's three parts: `subject LF LF [body LF LF] trailers`, each trailer ended by LF. docs/format.md, "Messages". */
export interface Message {
  readonly subject: string;
  /** Empty when there is none. */
  readonly body: string;
  readonly trailers: readonly TrailerLine[];
}

export type ParsedMessage =
  | { readonly ok: true; readonly text: string; readonly message: Message }
  | { readonly ok: false; readonly problems: readonly string[] };

/** @throws Failure when a line feed in the subject or in a value would let it pass for lines of its own. */
export function formatMessage({ subject, body, trailers }: Message): string {
  if ([subject, ...trailers.map(([, value]) => value)].some((line) => line.includes('\n'))) {
    throw new Failure(`a value that goes into a git message has a line feed in it, below ${quote(subject)}`);
  }
  const facts = trailers.map(([name, value]) => `${name}: ${value}\n`).join('');
  return body === '' ? `${subject}\n\n${facts}` : `${subject}\n\n${body}\n\n${facts}`;
}

/** The message's text, or `undefined` where the bytes are not UTF-8. */
export function messageText(input: string | Uint8Array): string | undefined {
  if (typeof input === 'string') return input;
  try {
    return UTF8.decode(input);
  } catch {
    return undefined;
  }
}

/** Splits a message and checks its text; knows no trailer by name. Never throws. */
export function parseMessage(input: string | Uint8Array): ParsedMessage {
  const checked = checkText(input);
  return checked.ok ? splitMessage(checked.text) : checked;
}

type CheckedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly string[] };

/** The message's text, where it is one: not too long, UTF-8, of characters that a message may have. */
export function checkText(input: string | Uint8Array): CheckedText {
  const size = typeof input === 'string' ? Buffer.byteLength(input) : input.length;
  if (size > MAX_MESSAGE_BYTES) return refused(`the message is longer than ${MAX_MESSAGE_BYTES} bytes`);
  const text = messageText(input);
  if (text === undefined) return refused('the message is not UTF-8');
  const wrong = characterProblem(text);
  return wrong === undefined ? { ok: true, text } : refused(`the message ${wrong}`);
}

/** Where a message's parts are, by its blank lines; `facts` is the offset of its last paragraph. */
export function partsOf(text: string): {
  readonly subject: string;
  readonly body: string;
  readonly facts: number;
} {
  const head = text.indexOf('\n\n');
  const tail = text.lastIndexOf('\n\n');
  return {
    subject: text.slice(0, Math.max(head, 0)),
    body: head === tail ? '' : text.slice(head + 2, tail),
    facts: tail + 2,
  };
}

export function splitMessage(text: string): ParsedMessage {
  if (!text.endsWith('\n') || text.endsWith('\n\n'))
    return refused('the message does not end in one line feed');
  if (!text.includes('\n\n')) return refused('the message has no blank line after its subject');
  const { subject, body, facts } = partsOf(text);

  const problems: string[] = [];
  if (subject === '' || subject.includes('\n')) problems.push('the subject is not one line');
  const wrong = facts === subject.length + 2 ? undefined : reasonProblem(body);
  if (wrong !== undefined) problems.push(`the reason ${wrong}`);
  const trailers = text
    .slice(facts, -1)
    .split('\n')
    .map((line) => splitTrailer(line, problems));
  return problems.length > 0
    ? { ok: false, problems }
    : { ok: true, text, message: { subject, body, trailers } };
}

function splitTrailer(line: string, problems: string[]): TrailerLine {
  const colon = line.indexOf(': ');
  const name = line.slice(0, Math.max(colon, 0));
  if (!TRAILER_NAME.test(name)) problems.push(`the line ${quote(line)} is not a trailer`);
  return [name, line.slice(colon + 2)];
}

function refused(problem: string): { readonly ok: false; readonly problems: readonly string[] } {
  return { ok: false, problems: [problem] };
}
