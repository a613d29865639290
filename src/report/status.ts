import { jsonDocument } from './json.ts';
import { type Span, span } from './layout.ts';
import type { ApprovalCount, PolicyStanding, StatusRow } from './rows.ts';
import type { Page, Style } from './style.ts';
import { table } from './table.ts';

/** How far a clone is from what it last saw of its remote. */
interface CloneRow {
  readonly remote:
    | {
        readonly remote: string;
        /** Absent where the two have never met. */
        readonly events: { readonly ahead: number; readonly behind: number } | undefined;
      }
    | undefined;
  readonly aside: readonly string[];
}

/**
 * The `promptaudit/status@1` document (design section 4), with `policy: {inForce, newest, draft}`, `remote: {name, ahead, behind}`
 * and `aside`: refs of events that a sync could not make again.
 */
export function statusJson(
  rows: readonly StatusRow[],
  policy: PolicyStanding,
  { remote, aside }: CloneRow,
): string {
  return jsonDocument({
    schema: 'promptaudit/status@1',
    policy,
    remote:
      remote === undefined
        ? null
        : {
            name: remote.remote,
            ahead: remote.events?.ahead ?? null,
            behind: remote.events?.behind ?? null,
          },
    aside,
    prompts: rows.map((row) => ({
      prompt: row.prompt,
      latest: row.latest ?? null,
      draft: row.draft,
      approvals: row.approvals.map(({ environment, have, need, rejectedBy }) => ({
        environment,
        have,
        need,
        rejectedBy,
      })),
      active: Object.fromEntries(row.active),
      emergencies: [...row.emergencies],
    })),
  });
}

/** Each prompt's newest version, the state of its file, its approvals, and what is active where. */
export function statusText(rows: readonly StatusRow[], page: Page): string {
  if (rows.length === 0) return 'There are no prompts yet: write one with promptaudit new <name>\n';
  const { style } = page;
  const lines = table(
    [
      { title: 'prompt', fit: 'wrap' },
      { title: 'latest', align: 'right' },
      { title: 'draft' },
      { title: 'approvals', fit: 'wrap' },
      { title: 'active', fit: 'wrap' },
    ],
    rows.map((row) => [
      [span(row.prompt, style.strong)],
      [span(row.latest === undefined ? '-' : `v${row.latest}`, style.accent)],
      [draftSpan(row.draft, style)],
      approvalSpans(row.approvals, style),
      activeSpans(row, style),
    ]),
    page,
  );
  return `${lines.join('\n')}\n`;
}

function draftSpan(draft: StatusRow['draft'], style: Style): Span {
  return draft === 'clean' ? span(draft, style.dim) : span(draft, style.caution);
}

/** `production 1/2, staging 0/1 (rejected)`: how many there are of how many that are needed. */
export function approvalSpans(
  approvals: readonly ApprovalCount[],
  style: Style,
  emergencies: ReadonlySet<string> = new Set(),
): Span[] {
  if (approvals.length === 0) return [span('-', style.dim)];
  return approvals.flatMap(({ environment, have, need, rejectedBy }, index) => [
    span(`${index === 0 ? '' : ', '}${environment} `),
    span(`${have}/${need}`, have >= need ? style.good : style.caution),
    ...(rejectedBy.length === 0 ? [] : [span(' '), span('(rejected)', style.bad)]),
    ...emergencySpans(emergencies.has(environment), style),
  ]);
}

/** `staging v12, production v11 (EMERGENCY)`. */
export function activeSpans(
  { active, emergencies }: Pick<StatusRow, 'active' | 'emergencies'>,
  style: Style,
): Span[] {
  if (active.size === 0) return [span('-')];
  return [...active].flatMap(([environment, version], index) => [
    span(`${index === 0 ? '' : ', '}${environment} v${version}`),
    ...emergencySpans(emergencies.has(environment), style),
  ]);
}

function emergencySpans(is: boolean, style: Style): Span[] {
  return is ? [span(' '), span('(EMERGENCY)', style.bad)] : [];
}
