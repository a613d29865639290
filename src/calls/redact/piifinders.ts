import { numbersIn } from './digits.ts';
import type { PiiKind } from './piikinds.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

/** Finds one kind of personal data in a text. */
export type Finder = (text: string) => Iterable<Place>;

/** What judges that a candidate is what it looks like. */
export interface Judges {
  readonly isEmail: (text: string) => boolean;
  readonly isCreditCard: (digits: string) => boolean;
  readonly isIban: (text: string) => boolean;
  readonly isIp: (text: string) => boolean;
  /** @param digits how many there are in it */
  readonly isPhone: (text: string, digits: number) => boolean;
}

/** After so many candidates in one text, each is taken for a phone number without asking, which takes some microseconds. */
const MOST_PHONES_JUDGED = 20_000;

/** RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.2. */
const LONGEST_LOCAL_PART = 64;
const LONGEST_DOMAIN = 255;
/** RFC 5322, section 3.2.3, and RFC 6531, section 3.3: what a mailbox's name may have without quotation marks. */
const LOCAL_CHARACTER = /[\p{L}\p{N}\p{M}\p{Cs}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN = /[\p{L}\p{N}\p{M}.-]+/uy;

const IBAN = /(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,30}/g;
const LEAST_IBAN = 15;
const IPV4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)/g;
const IPV6 = /(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?:(?:\.\d{1,3}){3})?(?![\w:])/g;
const MAC = /(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])/g;
/** The Social Security Administration never gives area 000, 666, 900 to 999, group 00 or serial 0000. */
const SSN = /(?<![\w-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?!\w|-\d)/g;
const NAMED_SSN =
  /(?<!\w)\d{9}(?!\w)(?<=\b(?:ssn|social.security)(?: number| no\.?)?(?: is)?["':=#\s-]{0,6}\d{9})/gi;
/** HMRC's National Insurance Manual, NIM39110. */
const NINO =
  /(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)/g;
const NHS = /(?<![\w-])\d{3}([- ])\d{3}\1\d{4}(?!\w|-\d)/g;
const NAMED_NHS = /(?<!\w)\d{10}(?!\w)(?<=\bnhs(?: number| no\.?)?(?: is)?["':=#\s-]{0,6}\d{10})/gi;
/** Of three groups that are a date, most are a valid phone number somewhere. */
const DATE = /^(?:\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{4})(?!\d)/;

export function finderOf(kind: PiiKind, judges: Judges): Finder {
  switch (kind) {
    case 'email':
      return (text) => emails(text, judges.isEmail);
    case 'phone':
      return (text) => phones(text, judges.isPhone);
    case 'credit-card':
      return (text) =>
        numbersIn(text, {
          least: 13,
          most: 19,
          groups: 6,
          accepts: (_, digits) => judges.isCreditCard(digits),
        });
    case 'iban':
      return (text) => ibans(text, judges.isIban);
    case 'ip-address':
      return (text) => [...matching(text, IPV4, judges.isIp), ...matching(text, IPV6, isLongIp(judges))];
    case 'mac-address':
      return (text) => matching(text, MAC);
    case 'us-ssn':
      return (text) => [...matching(text, SSN), ...matching(text, NAMED_SSN)];
    case 'uk-nino':
      return (text) => matching(text, NINO);
    case 'nhs-number':
      return (text) => [...matching(text, NHS, isNhsNumber), ...matching(text, NAMED_NHS, isNhsNumber)];
  }
}

function* matching(text: string, pattern: RegExp, judge = (_: string): boolean => true): Generator<Place> {
  for (const { 0: found, index: start } of text.matchAll(pattern)) {
    if (judge(found)) yield { start, end: start + found.length };
  }
}

function* emails(text: string, isEmail: Judges['isEmail']): Generator<Place> {
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let start = at;
    while (start > 0 && at - start < LONGEST_LOCAL_PART && LOCAL_CHARACTER.test(text[start - 1] ?? '')) {
      start -= 1;
    }
    DOMAIN.lastIndex = 0;
    const behind = DOMAIN.exec(text.slice(at + 1, at + 1 + LONGEST_DOMAIN))?.[0] ?? '';
    const domain = behind.replace(/[.-]{1,255}$/, '');
    // Whether the mailbox's name is a good one matters less than that somebody wrote it.
    if (start < at && isEmail(`x@${domain}`)) yield { start, end: at + 1 + domain.length };
  }
}

function* phones(text: string, isPhone: Judges['isPhone']): Generator<Place> {
  let judged = 0;
  const accepts = (candidate: string, digits: string, before: string): boolean => {
    const international = /\+\(?$/.test(before);
    if (!international && DATE.test(candidate)) return false;
    judged += 1;
    return judged > MOST_PHONES_JUDGED || isPhone(international ? `+${candidate}` : candidate, digits.length);
  };
  for (const { start, end } of numbersIn(text, { least: 7, most: 15, groups: 7, accepts })) {
    const led = /\+?\(?$/.exec(text.slice(Math.max(0, start - 2), start))?.[0].length ?? 0;
    yield { start: start - led, end };
  }
}

/** A candidate may go on into the words behind it: it is tried shorter and shorter, to where a group ends. */
function* ibans(text: string, isIban: Judges['isIban']): Generator<Place> {
  IBAN.lastIndex = 0;
  for (let found = IBAN.exec(text); found !== null; found = IBAN.exec(text)) {
    const start = found.index;
    const length = ibanLength(found[0], text[start + found[0].length] ?? '', isIban);
    if (length > 0) yield { start, end: start + length };
    IBAN.lastIndex = start + Math.max(length, 4);
  }
}

function ibanLength(candidate: string, behind: string, isIban: Judges['isIban']): number {
  for (let length = candidate.length; length >= LEAST_IBAN; length -= 1) {
    const next = candidate[length] ?? behind;
    const ends = !/[A-Za-z0-9]/.test(next) && /[A-Za-z0-9]/.test(candidate[length - 1] ?? '');
    if (ends && isIban(candidate.slice(0, length).replace(/[ -]/g, ''))) return length;
  }
  return 0;
}

/** Program texts are full of `std::vector` and its like, some of which are addresses too. */
function isLongIp({ isIp }: Judges): (text: string) => boolean {
  return (text) => text.split(':').filter((group) => group !== '').length >= 3 && isIp(text);
}

/** NHS Data Dictionary, "NHS NUMBER": modulus 11. */
function isNhsNumber(text: string): boolean {
  const digits = text.replace(/[^0-9]/g, '');
  const sum = Array.from(digits.slice(0, 9), Number).reduce((all, digit, at) => all + digit * (10 - at), 0);
  const check = (11 - (sum % 11)) % 11;
  return check !== 10 && check === Number(digits[9]);
}
