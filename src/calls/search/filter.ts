import { Failure } from '../../failure.ts';
import { quote } from '../../ledger/text.ts';
import { nearest } from '../../prompts/nearest.ts';
import { RECORD_KINDS, type RecordKind } from '../record/fields.ts';
import { canonicalTime, MAX_TEXT } from '../record/values.ts';
import { RECORD_CLASSES, type RecordClass } from '../store/names.ts';

/** `error`: it names an error, or is an access that was denied or failed; `ok`: anything else. */
const STATUSES = ['ok', 'error'] as const;
export type Status = (typeof STATUSES)[number];

/** Which records: those that meet every demand that is there. A record that does not say what a demand asks of is not meant. */
export interface CallFilter {
  readonly kind?: RecordKind;
  readonly id?: string;
  readonly prompt?: string;
  readonly version?: string;
  readonly environment?: string;
  /** `user.id`: whom it was done for. */
  readonly user?: string;
  /** `promptaudit.access.actor`: who looked. */
  readonly actor?: string;
  /** The model that was asked for, or the one that answered. */
  readonly model?: string;
  readonly provider?: string;
  readonly workflow?: string;
  readonly conversation?: string;
  readonly service?: string;
  readonly status?: Status;
  /** `occurredAt`: from here on. */
  readonly since?: string;
  /** `occurredAt`: before this. */
  readonly until?: string;
  /** Input and output tokens together. */
  readonly minTokens?: number;
  readonly maxTokens?: number;
  /** Milliseconds. */
  readonly minLatency?: number;
  readonly maxLatency?: number;
  /** US dollars. */
  readonly minCost?: number;
  readonly maxCost?: number;
  /** Stands in what was said. */
  readonly text?: string;
}

type Demand = 'kind' | 'status' | 'uuid' | 'text' | 'time' | 'number';

const DEMANDS = {
  kind: 'kind',
  id: 'uuid',
  prompt: 'text',
  version: 'text',
  environment: 'text',
  user: 'text',
  actor: 'text',
  model: 'text',
  provider: 'text',
  workflow: 'text',
  conversation: 'text',
  service: 'text',
  status: 'status',
  since: 'time',
  until: 'time',
  minTokens: 'number',
  maxTokens: 'number',
  minLatency: 'number',
  maxLatency: 'number',
  minCost: 'number',
  maxCost: 'number',
  text: 'text',
} as const satisfies Record<keyof CallFilter, Demand>;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const CHECKS: Readonly<Record<Demand, (value: unknown) => boolean>> = {
  kind: (value) => RECORD_KINDS.some((kind) => kind === value),
  status: (value) => STATUSES.some((status) => status === value),
  uuid: (value) => typeof value === 'string' && UUID.test(value),
  text: (value) => typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && wellFormed(value),
  time: (value) => typeof value === 'string' && canonicalTime(value) === value,
  number: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};

const EXPECTED: Readonly<Record<Demand, string>> = {
  kind: `one of ${RECORD_KINDS.join(', ')}`,
  status: `one of ${STATUSES.join(', ')}`,
  uuid: 'a UUID in lower case',
  text: `a text of 1 to ${MAX_TEXT} characters`,
  time: 'a time such as 2026-11-21T10:11:12.345Z',
  number: 'a number from 0 on',
};

/** What a lower bound may not be above. */
const RANGES = [
  ['since', 'until'],
  ['minTokens', 'maxTokens'],
  ['minLatency', 'maxLatency'],
  ['minCost', 'maxCost'],
] as const;

/**
 * @param nameOf what whoever made the filter calls a field of it
 * @throws Failure that says all that is wrong with it
 */
export function parseFilter(
  value: unknown,
  nameOf: (field: keyof CallFilter) => string = String,
): CallFilter {
  const problems: string[] = [];
  const filter: Record<string, unknown> = {};
  const given = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  if (given === undefined) problems.push('it is no object');
  for (const [name, item] of Object.entries(given ?? {})) {
    if (item === undefined) continue;
    const field = Object.hasOwn(DEMANDS, name) ? (name as keyof CallFilter) : undefined;
    if (field === undefined) problems.push(unknown(name));
    else if (!CHECKS[DEMANDS[field]](item))
      problems.push(`${nameOf(field)} is not ${EXPECTED[DEMANDS[field]]}`);
    else filter[field] = item;
  }
  const checked: CallFilter = filter;
  if (checked.version !== undefined && checked.prompt === undefined)
    problems.push(`${nameOf('version')} says nothing without ${nameOf('prompt')}`);
  for (const [low, high] of RANGES) {
    const [least, most] = [checked[low], checked[high]];
    if (least !== undefined && most !== undefined && least > most)
      problems.push(`${nameOf(low)} is above ${nameOf(high)}`);
  }
  if (problems.length > 0) throw new Failure(`the filter cannot be used: ${problems.join('; ')}`);
  return checked;
}

function unknown(name: string): string {
  const near = nearest(name, Object.keys(DEMANDS));
  return `${quote(name)} is nothing to filter by${near === undefined ? '' : `, did you mean ${near}?`}`;
}

function wellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/** Canonical JSON (RFC 8785), as holds keep a filter and its digest is made of. */
export function encodeFilter(filter: CallFilter): string {
  const sorted = Object.entries(parseFilter(filter)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

/** Reads what `encodeFilter` wrote, and nothing else. @throws Failure */
export function decodeFilter(json: string): CallFilter {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Failure(`the filter ${quote(json)} is no JSON: it was altered`);
  }
  const filter = parseFilter(value);
  if (encodeFilter(filter) !== json)
    throw new Failure(`the filter ${quote(json)} is not in canonical form: it was altered`);
  return filter;
}

const OF_CALLS = ['model', 'provider', 'minTokens', 'maxTokens', 'minCost', 'maxCost', 'text'] as const;

/** The classes of segment in which what is meant can be. */
export function classesOf(filter: CallFilter): readonly RecordClass[] {
  const calls = filter.kind === 'call' || OF_CALLS.some((name) => filter[name] !== undefined);
  const access = filter.kind === 'access' || filter.actor !== undefined;
  if (calls === access) return calls ? [] : RECORD_CLASSES;
  return [calls ? 'calls' : 'access'];
}
