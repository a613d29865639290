import { type ObjectFormat, OID_BYTES, type Oid, parseOid } from '../git/object.ts';
import { POLICY_NAME, PROMPT_SUFFIXES, parsePromptName } from '../prompts/name.ts';
import { parseSha256 } from './digest.ts';
import type { EnvironmentSet, RegistryId, Sha256 } from './event.ts';
import { parseSegmentName, type SegmentName } from './segment.ts';
import { lineProblem } from './text.ts';

/** How one kind of trailer value is written and read. `parse` accepts exactly what `format` writes. */
export interface Field<T> {
  /** Completes "… is not …". */
  readonly expected: string;
  parse(text: string): T | undefined;
  format(value: T): string;
}

const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const ENVIRONMENT_NAME = /^[a-z][a-z0-9-]{0,31}$/;
const ALL_HEX = /^[0-9a-f]+$/;
const KEPT_ENVIRONMENT_NAMES: readonly string[] = ['latest', 'draft'];
const FINDING_CODE = /^[a-z]+(?:-[a-z]+)*\/[a-z]+(?:-[a-z]+)*$/;
const MAX_FINDING_LENGTH = 100;
const HOLD_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
const TIME_TEXT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Narrows a string to a registry's identity, a lower-case UUID; `undefined` where it is not one. */
function parseRegistryId(text: string): RegistryId | undefined {
  return UUID.test(text) ? (text as RegistryId) : undefined;
}

/** A canonical decimal number that JavaScript holds exactly, `undefined` otherwise. */
export function parseWholeNumber(text: string, least: number): number | undefined {
  if (!WHOLE_NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= least ? value : undefined;
}

export function wholeNumber(least: 0 | 1): Field<number> {
  return {
    expected: `a whole number from ${least} in plain decimal`,
    parse: (text) => parseWholeNumber(text, least),
    format: String,
  };
}

function plainText<T extends string>(expected: string, parse: (text: string) => T | undefined): Field<T> {
  return { expected, parse, format: (value) => value };
}

export function oneOf<T extends string>(words: readonly T[]): Field<T> {
  return plainText(`one of ${words.join(', ')}`, (text) => words.find((word) => word === text));
}

const textIf =
  (test: (text: string) => boolean) =>
  (text: string): string | undefined =>
    test(text) ? text : undefined;

export const OID: Field<Oid> = plainText('a full object id', parseOid);
export const SHA256: Field<Sha256> = plainText('sha256: and 64 lower-case hex digits', parseSha256);
export const REGISTRY: Field<RegistryId> = plainText('a lower-case UUID', parseRegistryId);
export const LINE: Field<string> = plainText(
  'one line of plain text',
  textIf((text) => lineProblem(text) === undefined),
);
export const PROMPT: Field<string> = plainText('the name of a prompt', parsePromptName);
export const PROMPT_OR_POLICY: Field<string> = plainText(
  "the name of a prompt, or 'policy'",
  textIf((text) => text === POLICY_NAME || parsePromptName(text) !== undefined),
);
export const ENVIRONMENT: Field<string> = plainText('the name of an environment', textIf(isEnvironmentName));
export const PATH: Field<string> = plainText('the path of a prompt file', textIf(isPromptPath));
export const FINDING: Field<string> = plainText(
  'the code of a finding',
  textIf((text) => text.length <= MAX_FINDING_LENGTH && FINDING_CODE.test(text)),
);

export const SEGMENT: Field<SegmentName> = plainText(
  'the name of a segment',
  (text) => parseSegmentName(text)?.name,
);
export const HOLD: Field<string> = plainText(
  'the name of a hold: at most 64 of a-z, 0-9 and -',
  textIf((text) => HOLD_NAME.test(text)),
);
export const UUID_TEXT: Field<string> = plainText(
  'a lower-case UUID',
  textIf((text) => UUID.test(text)),
);
export const TIME: Field<string> = plainText('a time such as 2026-11-21T10:11:12.345Z', textIf(isTime));

export const ENVIRONMENTS: Field<EnvironmentSet> = {
  expected: "'*', or names of environments, sorted, none twice, joined by ', '",
  parse: parseEnvironments,
  format: (value) => (typeof value === 'string' ? value : value.join(', ')),
};

/** A ledger sequence, or an object id: no safe integer has forty digits, so the two cannot be confused. */
export const TARGET: Field<number | Oid> = {
  expected: 'a ledger sequence or a full object id',
  parse: (text) => parseOid(text) ?? parseWholeNumber(text, 1),
  format: String,
};

function isEnvironmentName(text: string): boolean {
  return ENVIRONMENT_NAME.test(text) && !ALL_HEX.test(text) && !KEPT_ENVIRONMENT_NAMES.includes(text);
}

/** In the one form that `Date.prototype.toISOString` writes, for the years 0 to 9999. */
function isTime(text: string): boolean {
  if (!TIME_TEXT.test(text)) return false;
  const date = new Date(text);
  return !Number.isNaN(date.getTime()) && date.toISOString() === text;
}

function parseEnvironments(text: string): EnvironmentSet | undefined {
  if (text === '*') return '*';
  const names = text.split(', ');
  const rising = names.every((name, index) => index === 0 || (names[index - 1] ?? '') < name);
  return rising && names.every(isEnvironmentName) ? names : undefined;
}

/** A file below some folder of the repository, with no segment that git would refuse or that leads elsewhere. */
function isPromptPath(text: string): boolean {
  const segments = text.split('/');
  return (
    lineProblem(text) === undefined &&
    segments.length > 1 &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..') &&
    segments.every((segment) => segment.toLowerCase() !== '.git') &&
    PROMPT_SUFFIXES.some((suffix) => text.endsWith(suffix))
  );
}

/** Object ids of one message must be of one length, and of the repository's where that is known. */
export function oidProblem(oids: readonly Oid[], format: ObjectFormat | undefined): string | undefined {
  const length = oids[0]?.length;
  if (length === undefined) return undefined;
  if (oids.some((oid) => oid.length !== length)) return 'the object ids are not all of one length';
  if (format === undefined || length === 2 * OID_BYTES[format]) return undefined;
  return `an object id is not the ${2 * OID_BYTES[format]} hex digits long that this repository's are`;
}
