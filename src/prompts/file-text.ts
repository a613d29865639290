import { isUtf8 } from 'node:buffer';
import type { Fault } from './fault.ts';

/** A prompt file may not be larger. */
export const MAX_PROMPT_BYTES = 1024 * 1024;

export interface FileText {
  /** All of the text, or as much of it as could be decoded. */
  readonly text: string;
  /** False where the text must not be read further: it is cut short, or could mean different things to different readers. */
  readonly readable: boolean;
  readonly faults: readonly Fault[];
}

/** Decodes a prompt file, and finds what a person who reads it would not see. */
export function readText(bytes: Uint8Array): FileText {
  if (bytes.length > MAX_PROMPT_BYTES) {
    const message = `the file is ${bytes.length} bytes long: a prompt may have ${MAX_PROMPT_BYTES} at most`;
    return unreadable('', { offset: 0, severity: 'error', code: 'text/too-large', message });
  }
  if (!isUtf8(bytes)) {
    const valid = validPrefix(bytes);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, valid), {
      stream: true,
    });
    const where =
      valid === bytes.length
        ? 'it ends within a character'
        : `the byte at offset ${valid} cannot stand there`;
    const message = `the file is not UTF-8: ${where}`;
    return unreadable(text, { offset: text.length, severity: 'error', code: 'text/not-utf8', message });
  }
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const faults = [
    ...byteOrderMark(text),
    ...carriageReturns(text),
    ...CHARACTER_RULES.flatMap((rule) => findCharacters(rule, text)),
  ];
  return { text, readable: !faults.some((fault) => fault.code === CONTROL_CHARACTER), faults };
}

/** What hides in a text that was written with escapes, in words for a message; `undefined` where nothing does. */
export function hiddenInEscapes(text: string): string | undefined {
  for (const rule of [...CHARACTER_RULES.filter((rule) => rule.severity === 'error'), LONE_SURROGATE]) {
    const found = text.match(rule.pattern)?.find((match) => !rule.allows?.test(match));
    if (found !== undefined) return `${codePoints(found)}: ${rule.message}`;
  }
  return undefined;
}

interface CharacterRule {
  readonly code: string;
  readonly severity: Fault['severity'];
  /** Global; each match is one fault. */
  readonly pattern: RegExp;
  /** Matches that are in order after all. */
  readonly allows?: RegExp;
  readonly message: string;
}

const CONTROL_CHARACTER = 'text/control-character';

const CHARACTER_RULES: readonly CharacterRule[] = [
  {
    code: CONTROL_CHARACTER,
    severity: 'error',
    pattern: /(?:(?![\t\n\r])\p{Cc})+|\r(?!\n)/gu,
    message: 'a control character has no place in a prompt',
  },
  {
    code: 'text/bidi-override',
    severity: 'error',
    pattern: /[\u202a-\u202e\u2066-\u2069]+/g,
    message: 'it makes text show in another order than a model reads it',
  },
  {
    code: 'text/hidden-character',
    severity: 'error',
    // Tag characters spell ASCII that nobody sees; the flags of England and the like are made of them, after a black flag, and of
    // six at most (UTS #51, ED-14a). Joiners and variation selectors are needed one by one, and spell what they like in rows.
    pattern:
      /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}|[\u{e0000}-\u{e007f}]+|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}\u200c-\u200d]{3,}|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2,}/gu,
    allows: /^\u{1f3f4}/u,
    message: 'a model can read text in it that no person sees',
  },
  {
    code: 'text/invisible-character',
    severity: 'warning',
    pattern: /(?:(?!^)\ufeff|[\u00ad\u115f\u1160\u180e\u200b\u2028\u2029\u2060-\u2064\u3164\uffa0])+/gu,
    message: 'it cannot be seen',
  },
];

/** Cannot come from UTF-8; an escape can make one. */
const LONE_SURROGATE: CharacterRule = {
  code: 'text/surrogate',
  severity: 'error',
  pattern: /\p{Cs}/gu,
  message: 'half of a surrogate pair is no character',
};

function findCharacters(rule: CharacterRule, text: string): readonly Fault[] {
  const faults: Fault[] = [];
  for (const match of text.matchAll(rule.pattern)) {
    if (rule.allows?.test(match[0])) continue;
    const message = `${codePoints(match[0])}: ${rule.message}`;
    faults.push({ offset: match.index, severity: rule.severity, code: rule.code, message });
  }
  return faults;
}

function byteOrderMark(text: string): readonly Fault[] {
  if (!text.startsWith('\ufeff')) return [];
  const message = 'the file begins with a byte order mark: save it as UTF-8 without one';
  return [{ offset: 0, severity: 'error', code: 'text/byte-order-mark', message }];
}

/** One fault a file: where there is one such line end there are mostly many. */
function carriageReturns(text: string): readonly Fault[] {
  const offset = text.indexOf('\r\n');
  if (offset === -1) return [];
  const message = 'lines end with CR LF: promptaudit fmt makes them LF';
  return [{ offset, severity: 'warning', code: 'text/carriage-return', message }];
}

function codePoints(text: string): string {
  const shown = Array.from(text.slice(0, 8), (character) => {
    return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
  return `${shown.slice(0, 3).join(' ')}${shown.length > 3 ? ' …' : ''}`;
}

function unreadable(text: string, fault: Fault): FileText {
  return { text, readable: false, faults: [fault] };
}

/** How many bytes from the start can be the beginning of UTF-8 text. */
function validPrefix(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (beginsText(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

function beginsText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
