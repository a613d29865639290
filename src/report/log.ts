import type { CallsDetail, EnvironmentSet } from '../ledger/event.ts';
import type { TrailEvent } from '../trail/model.ts';
import { type CsvValue, csvRecord } from './csv.ts';
import { jsonLine } from './json.ts';
import type { HeadRow } from './rows.ts';
import { formatTime } from './time.ts';

/** One event of `promptaudit/log@1` (design section 4). What an event of its kind does not have is `null`. */
export interface LogRow {
  readonly sequence: number;
  readonly event: string | null;
  readonly time: string;
  readonly actor: { readonly principal: string; readonly name: string; readonly key: string } | null;
  readonly prompt: string | null;
  readonly version: number | null;
  readonly environment: string | null;
  readonly environments: EnvironmentSet | null;
  readonly kind: string | null;
  readonly replaces: number | null;
  readonly commit: string | null;
  readonly contentDigest: string | null;
  readonly tag: string | null;
  readonly policy: number;
  readonly reference: string | null;
  readonly reason: string;
  readonly verified: boolean;
  readonly findings: readonly string[];
  /** What a seal, a hold, a release, a purge or an erasure says. */
  readonly calls: CallsRow | null;
}

type Values<T> = { readonly [K in keyof T]: undefined extends T[K] ? Exclude<T[K], undefined> | null : T[K] };
type RowOf<D> = D extends CallsDetail ? Values<Omit<D, 'event'>> : never;
/** The trailers of its kind, under the names that the code has for them; `none` is `null`. */
type CallsRow = RowOf<CallsDetail>;

/** Events in the order given, from memory or as they are read. */
export type Events = Iterable<TrailEvent> | AsyncIterable<TrailEvent>;

/** What an event's detail may hold, whatever its kind. */
interface AnyDetail {
  readonly event?: string;
  readonly prompt?: string;
  readonly version?: number;
  readonly environment?: string;
  readonly environments?: EnvironmentSet;
  readonly kind?: string;
  readonly replaces?: number | undefined;
  readonly commit?: string;
  readonly contentDigest?: string;
  readonly tag?: string;
  readonly reference?: string | undefined;
}

export function logRow(event: TrailEvent): LogRow {
  const detail: AnyDetail = event.detail ?? {};
  return {
    sequence: event.sequence,
    event: detail.event ?? null,
    time: formatTime(event.time),
    actor: event.actor
      ? { principal: event.actor.principal, name: event.actor.name, key: event.actor.key }
      : null,
    prompt: detail.prompt ?? null,
    version: detail.version ?? null,
    environment: detail.environment ?? null,
    environments: detail.environments ?? null,
    kind: detail.kind ?? null,
    replaces: detail.replaces ?? null,
    commit: detail.commit ?? null,
    contentDigest: detail.contentDigest ?? null,
    tag: detail.tag ?? null,
    policy: event.policy,
    reference: detail.reference ?? null,
    reason: event.reason,
    verified: event.verified,
    findings: event.findings.map(({ code }) => code),
    calls: callsRow(event.detail),
  };
}

function callsRow(detail: TrailEvent['detail']): CallsRow | null {
  switch (detail?.event) {
    case 'seal': {
      const { event: _, previousSegment, ...said } = detail;
      return { ...said, previousSegment: previousSegment ?? null };
    }
    case 'hold':
    case 'release':
    case 'purge':
    case 'erasure': {
      const { event: _, ...said } = detail;
      return said;
    }
    default:
      return null;
  }
}

/** What such an event is about. */
function subjectOf(row: CallsRow | null): string | null {
  if (row === null) return null;
  if ('segment' in row) return row.segment;
  if ('hold' in row) return row.hold;
  return 'erasure' in row ? row.erasure : row.class;
}

/** The `promptaudit/log@1` document, in pieces: it may hold a hundred thousand events. */
export async function* logJson(registry: string, head: HeadRow, events: Events): AsyncGenerator<string> {
  const { sequence, commit, digest } = head;
  const opening = jsonLine({ schema: 'promptaudit/log@1', registry, head: { sequence, commit, digest } });
  yield `${opening.slice(0, -1)},"events":[`;
  let separator = '\n';
  for await (const event of events) {
    yield `${separator}${jsonLine(logRow(event))}`;
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** One event a line. */
export async function* logJsonLines(events: Events): AsyncGenerator<string> {
  for await (const event of events) yield `${jsonLine(logRow(event))}\n`;
}

const CSV_COLUMNS = [
  'sequence', 'event', 'time', 'principal', 'name', 'key', 'prompt', 'version', 'environment', 'environments',
  'kind', 'replaces', 'commit', 'contentDigest', 'tag', 'policy', 'reference', 'reason', 'verified', 'findings',
  'calls',
] as const; // biome-ignore format: a list of names

/** RFC 4180 with a header; lists are joined by blanks, and of `calls` there is the segment, hold, class or erasure. */
export async function* logCsv(events: Events): AsyncGenerator<string> {
  yield csvRecord(CSV_COLUMNS);
  for await (const event of events) {
    const { actor, environments, findings, calls, ...row } = logRow(event);
    const cells: Record<(typeof CSV_COLUMNS)[number], CsvValue> = {
      ...row,
      principal: actor?.principal ?? null,
      name: actor?.name ?? null,
      key: actor?.key ?? null,
      environments: environments === null || environments === '*' ? environments : environments.join(' '),
      findings: findings.join(' '),
      calls: subjectOf(calls),
    };
    yield csvRecord(CSV_COLUMNS.map((column) => cells[column]));
  }
}
