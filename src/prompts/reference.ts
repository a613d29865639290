import { Failure } from '../failure.ts';
import { isPromptPath, POLICY_NAME, type PromptName, promptNameProblem } from './name.ts';

/** Which state of a prompt is meant, design section 1.4. */
export type ReferencePoint =
  /** `implied`: nothing stood behind the name. */
  | { readonly kind: 'latest'; readonly implied: boolean }
  | { readonly kind: 'draft' }
  | { readonly kind: 'version'; readonly version: number }
  | { readonly kind: 'environment'; readonly environment: string }
  /** 7 to 64 lower-case hex digits that a commit's id begins with. */
  | { readonly kind: 'commit'; readonly prefix: string };

export type Reference = ReferencePoint & { readonly name: PromptName };

/** The two ends of a diff. */
export interface ReferenceRange {
  readonly name: PromptName;
  readonly from: ReferencePoint;
  readonly to: ReferencePoint;
}

const POINTS = 'a version such as 12, an environment, latest, draft, or at least 7 hex digits of a commit';

/** `name`, or `name@` and a point. @throws Failure */
export function parseReference(text: string): Reference {
  const [name, point] = splitName(text);
  if (point === undefined) return { kind: 'latest', implied: true, name };
  if (point.includes('..'))
    throw new Failure(`${quote(text)} is a range, which only a diff has: name one version`);
  return { ...parsePoint(point), name };
}

/** A name alone, for what concerns every version of a prompt. @throws Failure */
export function parseName(text: string): PromptName {
  const [name = '', ...points] = text.split('@');
  if (points.length > 0 && promptNameProblem(name) === undefined)
    throw new Failure(`${quote(text)} is not the name of a prompt alone: write ${name}`);
  return demandName(text);
}

/** `policy`, or one of its versions, `policy@3`: where a prompt is named, the policy can be, too. */
export function parsePolicyReference(text: string): { readonly version: number | undefined } | undefined {
  const [name, point, ...more] = text.split('@');
  if (name !== POLICY_NAME || more.length > 0) return undefined;
  if (point === undefined) return { version: undefined };
  const digits = /^v?(\d{1,9})$/.exec(point)?.[1];
  return digits === undefined ? undefined : { version: versionNumber(digits, point) };
}

/** `name@11..12`; `undefined` where the text has no `..` behind an `@`. @throws Failure */
export function parseReferenceRange(text: string): ReferenceRange | undefined {
  if (!/@.*\.\./s.test(text)) return undefined;
  const [name, points = ''] = splitName(text);
  const [from = '', to = '', ...more] = points.split('..');
  if (more.length > 0 || from === '' || to === '') {
    throw new Failure(`${quote(text)} is no range: write ${name}@11..12`);
  }
  return { name, from: parsePoint(from), to: parsePoint(to) };
}

/**
 * What stands behind an `@`, or alone as an end of a diff. Digits alone are a version up to six of them and a commit
 * from seven on (`v1234567` is always a version); `v12` is a version and not an environment of that name.
 * @throws Failure
 */
export function parsePoint(text: string): ReferencePoint {
  if (text === 'latest') return { kind: 'latest', implied: false };
  if (text === 'draft') return { kind: 'draft' };
  const digits = /^(?:v(\d+)|(\d{1,6}))$/.exec(text);
  if (digits !== null) return { kind: 'version', version: versionNumber(digits[1] ?? digits[2] ?? '', text) };
  if (/^[0-9a-f]+$/i.test(text)) return { kind: 'commit', prefix: commitPrefix(text) };
  if (/^[a-z][a-z0-9-]{0,31}$/.test(text)) return { kind: 'environment', environment: text };
  throw new Failure(`${quote(text)} names no version: give ${POINTS}`);
}

function splitName(text: string): readonly [PromptName, string | undefined] {
  const [name = '', point, ...more] = text.split('@');
  if (more.length > 0) throw new Failure(`${quote(text)} has more than one @: write name@version`);
  if (name === '' && point !== undefined)
    throw new Failure(`nothing stands before the @ of ${quote(text)}: write name@version`);
  const whole = demandName(name);
  if (point === '') throw new Failure(`nothing stands behind the @ of ${quote(text)}: give ${POINTS}`);
  return [whole, point];
}

function demandName(text: string): PromptName {
  const problem = promptNameProblem(text);
  if (problem === undefined) return text as PromptName;
  throw new Failure(
    isPromptPath(text)
      ? `${quote(text)} is the path of a file: give the prompt's name, its path in the folder of prompts without the suffix`
      : `the name ${quote(text)} ${problem}`,
  );
}

function versionNumber(digits: string, text: string): number {
  const version = Number(digits);
  if (digits.startsWith('0') || !Number.isSafeInteger(version)) {
    throw new Failure(`${quote(text)} is no version: they are numbered 1, 2, 3 and so on`);
  }
  return version;
}

function commitPrefix(text: string): string {
  if (text.length < 7)
    throw new Failure(`${quote(text)} is too short for a commit: give at least 7 hex digits`);
  if (text.length > 64)
    throw new Failure(`${quote(text)} is too long for a commit: an id has 64 hex digits at most`);
  return text.toLowerCase();
}

function quote(text: string): string {
  return JSON.stringify(text.length > 300 ? `${text.slice(0, 300)}…` : text);
}
