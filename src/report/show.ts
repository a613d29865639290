import type { PromptVersion } from '../trail/model.ts';
import { jsonDocument } from './json.ts';
import { hang, hangFileLine, type Span, span, wrap, wrapText } from './layout.ts';
import { shortOid } from './oid.ts';
import type { ApprovalCount } from './rows.ts';
import { approvalSpans } from './status.ts';
import type { Page } from './style.ts';
import { linesOf } from './text.ts';
import { formatTime, relativeTime } from './time.ts';

/** One stay of a version in an environment; `until` is absent while it lasts. Seconds since the epoch. */
export interface Stay {
  readonly environment: string;
  readonly from: number;
  readonly until: number | undefined;
  readonly by: string;
  readonly kind: string;
  readonly sequence: number;
}

export interface ShownVersion {
  readonly prompt: string;
  readonly version: PromptVersion;
  readonly newest: number;
  /** The event by which the prompt was retired, while it is. */
  readonly retired: number | undefined;
  readonly approvals: readonly ApprovalCount[];
  readonly stays: readonly Stay[];
  readonly content: string;
}

/** `{schema: "promptaudit/show@1", prompt, version, retired, commit, …, decisions: […], deployments: […], content}` */
export function showJson({ prompt, version, retired, approvals, stays, content }: ShownVersion): string {
  return jsonDocument({
    schema: 'promptaudit/show@1',
    prompt,
    version: version.number,
    retired: retired ?? null,
    sequence: version.sequence,
    commit: version.commit,
    path: version.path,
    contentDigest: version.contentDigest,
    author: version.author,
    time: formatTime(version.time),
    reason: version.reason,
    approvals,
    decisions: version.decisions.map(
      ({ sequence, decision, principal, of, time, environments, meaning, tag }) => ({
        sequence,
        decision,
        principal,
        of,
        time: formatTime(time),
        environments,
        meaning,
        tag,
      }),
    ),
    deployments: stays.map((stay) => ({
      ...stay,
      from: formatTime(stay.from),
      until: stay.until === undefined ? null : formatTime(stay.until),
    })),
    content,
  });
}

/** Who made it and why, who decided what, where it has been, and the file itself. */
export function showText(shown: ShownVersion, page: Page): string {
  const { version } = shown;
  const { style } = page;
  const when = (seconds: number) => `${formatTime(seconds)} (${relativeTime(seconds, page.now)})`;
  const row = (label: string, spans: readonly Span[]) =>
    hang([span(label.padEnd(12), style.dim)], spans, page.width);
  const old = version.number === shown.newest ? '' : `  the newest is v${shown.newest}`;
  const gone = shown.retired === undefined ? '' : `  the prompt was retired by event ${shown.retired}`;
  const lines = [
    ...wrap(
      [
        span(`${shown.prompt} v${version.number}`, style.strong),
        span(old, style.dim),
        span(gone, style.caution),
      ],
      page.width,
    ),
    ...row('author', [span(`${version.author}, ${when(version.time)}`)]),
    ...row('event', [
      span(`${version.sequence}`, style.accent),
      span(`  commit ${shortOid(version.commit)}`),
    ]),
    ...row('file', [span(version.path)]),
    // Without its prefix it fits on a line of 80 columns, and is what sha256sum prints.
    ...row('sha256', [span(version.contentDigest.replace('sha256:', ''))]),
    ...wrapText(version.reason, page.width, '  '),
    ...row(
      'approvals',
      shown.approvals.length === 0
        ? [span('none are asked for', style.dim)]
        : approvalSpans(shown.approvals, style),
    ),
    ...version.decisions.flatMap((decision) => {
      const word = { approval: 'approved', rejection: 'rejected', revocation: 'revoked' }[decision.decision];
      const whose = decision.of === decision.principal ? '' : ` (the decision of ${decision.of})`;
      const where = decision.environments === '*' ? 'every environment' : decision.environments.join(', ');
      const head = `${word}${whose} for ${where} by ${decision.principal}, ${when(decision.time)}`;
      return [...row('', [span(head)]), ...wrapText(decision.meaning, page.width, ' '.repeat(14), style.dim)];
    }),
    ...shown.stays.flatMap((stay, index) =>
      row(index === 0 ? 'deployments' : '', [span(stayText(stay, when))]),
    ),
    '',
    ...linesOf(shown.content).flatMap((line) => hangFileLine([span('  ')], [span(line)], page.fileWidth)),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function stayText({ environment, from, until, by, kind }: Stay, when: (seconds: number) => string): string {
  const how = kind === 'rollout' ? '' : ` (${kind})`;
  const end = until === undefined ? 'active now' : `until ${formatTime(until)}`;
  return `${environment}${how} by ${by}, ${when(from)}, ${end}`;
}
