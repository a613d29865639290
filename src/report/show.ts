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
  const lines = [
    ...origin(shown, page),
    ...decided(shown, page),
    ...shown.stays.flatMap((stay, index) =>
      row(index === 0 ? 'deployments' : '', [span(stayText(stay, page))], page),
    ),
    '',
    ...linesOf(shown.content).flatMap((line) => hangFileLine([span('  ')], [span(line)], page.fileWidth)),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** What it is, by whom, from which event and file, and why. */
function origin({ prompt, version, newest, retired }: ShownVersion, page: Page): readonly string[] {
  const { style, width } = page;
  const { number, author, time, sequence, commit, path, contentDigest, reason } = version;
  const old = number === newest ? '' : `  the newest is v${newest}`;
  const gone = retired === undefined ? '' : `  the prompt was retired by event ${retired}`;
  const name = [span(`${prompt} v${number}`, style.strong), span(old, style.dim), span(gone, style.caution)];
  const event = [span(`${sequence}`, style.accent), span(`  commit ${shortOid(commit)}`)];
  return [
    ...wrap(name, width),
    ...row('author', [span(`${author}, ${moment(time, page)}`)], page),
    ...row('event', event, page),
    ...row('file', [span(path)], page),
    // Without its prefix it fits on a line of 80 columns, and is what sha256sum prints.
    ...row('sha256', [span(contentDigest.replace('sha256:', ''))], page),
    ...wrapText(reason, width, '  '),
  ];
}

/** How its approvals stand, and each decision with what it stands for. */
function decided({ approvals, version }: ShownVersion, page: Page): readonly string[] {
  const { style, width } = page;
  const standing =
    approvals.length === 0 ? [span('none are asked for', style.dim)] : approvalSpans(approvals, style);
  const decisions = version.decisions.flatMap((decision) => {
    const word = { approval: 'approved', rejection: 'rejected', revocation: 'revoked' }[decision.decision];
    const whose = decision.of === decision.principal ? '' : ` (the decision of ${decision.of})`;
    const where = decision.environments === '*' ? 'every environment' : decision.environments.join(', ');
    const head = `${word}${whose} for ${where} by ${decision.principal}, ${moment(decision.time, page)}`;
    return [...row('', [span(head)], page), ...wrapText(decision.meaning, width, ' '.repeat(14), style.dim)];
  });
  return [...row('approvals', standing, page), ...decisions];
}

function row(label: string, spans: readonly Span[], { style, width }: Page): readonly string[] {
  return hang([span(label.padEnd(12), style.dim)], spans, width);
}

function moment(seconds: number, { now }: Page): string {
  return `${formatTime(seconds)} (${relativeTime(seconds, now)})`;
}

function stayText({ environment, from, until, by, kind }: Stay, page: Page): string {
  const how = kind === 'rollout' ? '' : ` (${kind})`;
  const end = until === undefined ? 'active now' : `until ${formatTime(until)}`;
  return `${environment}${how} by ${by}, ${moment(from, page)}, ${end}`;
}
