import type { Hold } from '../../trail/callsledger.ts';
import { jsonDocument } from '../json.ts';
import { hang, span, wrapText } from '../layout.ts';
import type { Page } from '../style.ts';
import { count, formatTime } from '../time.ts';

/** A hold as it is listed. */
export interface ShownHold extends Pick<Hold, 'name' | 'sequence' | 'time' | 'by' | 'reason' | 'released'> {
  /** Canonical JSON; `undefined` where it is not there as the ledger says. */
  readonly filter: string | undefined;
  /** How many its filter finds now; `undefined` where that cannot be known. */
  readonly records: number | undefined;
  /** Why nothing can be purged or erased. */
  readonly problem: string | undefined;
}

/**
 * `{schema: "promptaudit/holds@1", holds: [{name, state: "standing"|"released", sequence, since, by, reason, releasedBy, filter, records,
 * problem}]}`; `releasedBy` is the sequence of the release
 */
export function holdsJson(holds: readonly ShownHold[]): string {
  return jsonDocument({
    schema: 'promptaudit/holds@1',
    holds: holds.map(({ name, released, sequence, time, by, reason, filter, records, problem }) => ({
      name,
      state: released === undefined ? 'standing' : 'released',
      sequence,
      since: formatTime(time),
      by,
      reason,
      releasedBy: released ?? null,
      filter: filter === undefined ? null : JSON.parse(filter),
      records: records ?? null,
      problem: problem ?? null,
    })),
  });
}

export function holdsText(holds: readonly ShownHold[], page: Page): string {
  if (holds.length === 0) return 'no records are held\n';
  return holds
    .map((one) =>
      block(one, page)
        .map((line) => `${line}\n`)
        .join(''),
    )
    .join('\n');
}

function block(one: ShownHold, { style, width }: Page): string[] {
  const { name, released, sequence, time, by, reason, filter, records, problem } = one;
  const state =
    released === undefined
      ? span('standing', style.caution)
      : span(`released by event ${released}`, style.dim);
  const stands = released === undefined && records !== undefined;
  const covers = stands ? [span(`, covers ${count(records, 'record')}`)] : [];
  return [
    ...hang([], [span(name, style.strong), span('  '), state, ...covers], width),
    ...hang([span('  ')], [span(`since ${formatTime(time)}, by ${by}, event ${sequence}`)], width),
    ...(filter === undefined ? [] : hang([span('  ')], [span(filter, style.dim)], width)),
    ...wrapText(reason, width, '  '),
    ...(problem === undefined ? [] : hang([span('  ')], [span(problem, style.bad)], width)),
  ];
}
