import type { RecordKind } from '../../calls/record/fields.ts';
import type { Status } from '../../calls/search/filter.ts';
import { choice, decimal, type OptionSpec, text, time } from '../declare.ts';

const KINDS = ['call', 'access', 'all'] as const satisfies readonly (RecordKind | 'all')[];
const STATUSES = ['ok', 'error'] as const satisfies readonly Status[];

/** Which records: the options that every verb over them has. */
export const FILTER = {
  kind: choice('--kind <kind>', 'otherwise calls', KINDS),
  id: text('--id <uuid>', 'this one'),
  prompt: text('--prompt <name>', 'that used this prompt: intake, or intake@12'),
  version: text('--prompt-version <number>', 'and this version of it'),
  environment: text('-e, --env <name>', 'in this environment'),
  user: text('--user <id>', 'for this end user'),
  actor: text('--actor <who>', 'accesses by this person'),
  model: text('--model <name>', 'of this model, asked for or answering'),
  provider: text('--provider <name>', 'of this provider'),
  workflow: text('--workflow <name>', 'in this workflow'),
  conversation: text('--conversation <id>', 'in this conversation'),
  service: text('--service <name>', 'by this service'),
  status: choice('--status <status>', 'that went', STATUSES),
  since: time('--since <time>', 'not before, e.g. 2026-11-01 or "2 weeks ago"'),
  until: time('--until <time>', 'before'),
  minTokens: decimal('--min-tokens <n>', 'of at least so many tokens, in and out'),
  maxTokens: decimal('--max-tokens <n>', 'of at most so many'),
  minLatency: decimal('--min-latency <ms>', 'that took at least so long'),
  maxLatency: decimal('--max-latency <ms>', 'that took at most so long'),
  minCost: decimal('--min-cost <usd>', 'that cost at least so much'),
  maxCost: decimal('--max-cost <usd>', 'that cost at most so much'),
  text: text('--text <words>', 'in which this was said'),
};

const { text: _, ...rest } = FILTER;

/** By what the records hold alone, and not by what was said. */
export const RECORD_FILTER = rest;

export type FilterOptions = {
  readonly [K in keyof typeof FILTER]: (typeof FILTER)[K] extends OptionSpec<infer T> ? T : never;
};
