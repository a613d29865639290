import type { TracedDecision, TracedDeployment, TracedVersion, Usage } from '../../calls/trace/model.ts';
import { diffText } from '../diff.ts';
import { hang, type Span, span, wrap, wrapText } from '../layout.ts';
import { shortOid } from '../oid.ts';
import { sentence } from '../sentence.ts';
import type { Page } from '../style.ts';
import { amount, count, formatTime, relativeTime } from '../time.ts';
import { formatMoment } from './moment.ts';

const LABEL = 12;

/** A labelled fact, its further lines below its first. */
export function row(label: string, spans: readonly Span[], page: Page): string[] {
  return hang([span(label.padEnd(LABEL), page.style.dim)], spans, page.width);
}

function when(seconds: number, page: Page): string {
  return `${formatTime(seconds)} (${relativeTime(seconds, page.now)})`;
}

/** Who wrote a version, why, who decided what on it, and what it changed. `title` says why it is shown. */
export function versionLines(title: string, version: TracedVersion, page: Page): string[] {
  const { style } = page;
  const old = version.version === version.newest ? '' : `  the newest is v${version.newest}`;
  const what = `${version.prompt} v${version.version}`;
  return [
    ...row(title, [span(what, style.strong), span(old, style.dim)], page),
    ...row('author', [span(`${version.author}, ${when(version.time, page)}`)], page),
    ...row(
      'event',
      [span(`${version.sequence}`, style.accent), span(`  commit ${shortOid(version.commit)}`)],
      page,
    ),
    // Without its prefix it fits on a line of 80 columns, and is what sha256sum prints.
    ...row('sha256', [span(version.contentDigest.replace('sha256:', ''))], page),
    ...(version.reason === '' ? [] : wrapText(version.reason, page.width, ' '.repeat(LABEL))),
    ...decisionLines(version.decisions, page),
    ...diffLines(version, page),
  ];
}

function decisionLines(decisions: readonly TracedDecision[], page: Page): string[] {
  if (decisions.length === 0) return row('decisions', [span('none', page.style.caution)], page);
  return decisions.flatMap((decision, index) => {
    const word = { approval: 'approved', rejection: 'rejected', revocation: 'revoked' }[decision.decision];
    const whose = decision.of === decision.principal ? '' : ` (the decision of ${decision.of})`;
    const where = decision.environments === '*' ? 'every environment' : decision.environments.join(', ');
    const head = `${word}${whose} for ${where} by ${decision.principal}, ${when(decision.time, page)}`;
    const over = decision.stood || decision.decision === 'revocation' ? '' : ', which no longer stood';
    return [
      ...row(index === 0 ? 'decisions' : '', [span(head), span(over, page.style.caution)], page),
      ...wrapText(decision.meaning, page.width, ' '.repeat(LABEL + 2), page.style.dim),
    ];
  });
}

function diffLines({ diff }: TracedVersion, page: Page): string[] {
  const against = diff.against === undefined ? 'nothing: it is the first version' : `v${diff.against}`;
  const head = row('compared', [span(`with ${against}`)], page);
  if (diff.changes === undefined)
    return [...head, ...row('', [span(diff.problem ?? '', page.style.caution)], page)];
  const text = diffText(diff.changes, page);
  if (text === '') return [...head, ...row('', [span('no change in meaning', page.style.dim)], page)];
  return [...head, '', ...text.trimEnd().split('\n')];
}

/** What made a version the active one, until when, and how approved it was. */
export function deploymentLines(title: string, deployment: TracedDeployment, page: Page): string[] {
  const { style } = page;
  const { approvals, until, endedBy, reference, reason } = deployment;
  const { kind } = deployment;
  const what = sentence(
    kind === 'withdrawal' ? { ...deployment, event: kind } : { ...deployment, event: 'deployment', kind },
  );
  const colour = deployment.kind === 'emergency' ? style.bad : style.strong;
  const end = until === undefined ? 'it is active now' : `until ${formatTime(until)}, event ${endedBy}`;
  return [
    ...row(title, [span(`event ${deployment.sequence}  `, style.accent), span(what, colour)], page),
    ...row('', [span(`by ${deployment.by}, ${when(deployment.from, page)}`)], page),
    ...row('', [span(end)], page),
    ...(reference === undefined ? [] : row('', [span(`reference ${reference}`)], page)),
    ...(reason === '' ? [] : wrapText(reason, page.width, ' '.repeat(LABEL))),
    ...(approvals === undefined ? [] : row('approvals', approvalSpans(approvals, page), page)),
  ];
}

function approvalSpans(
  { have, need, by }: NonNullable<TracedDeployment['approvals']>,
  { style }: Page,
): Span[] {
  if (need === 0) return [span('none were asked for', style.dim)];
  const who = by.length === 0 ? '' : `: ${by.join(', ')}`;
  return [span(`${have} of ${need}`, have >= need ? style.good : style.bad), span(who)];
}

/** `812 calls (3 failed) by 40 users, from … to …`, and the ids of the newest. */
export function usageLines(title: string, usage: Usage, page: Page): string[] {
  if (usage.calls === 0 || usage.first === undefined || usage.last === undefined)
    return row(title, [span('no calls', page.style.dim)], page);
  const users = usage.users === 0 ? '' : ` by ${count(usage.users, 'user')}`;
  return [
    ...row(
      title,
      [span(count(usage.calls, 'call'), page.style.strong), ...failures(usage, page), span(users)],
      page,
    ),
    ...row('', [span(`from ${formatMoment(usage.first)} to ${formatMoment(usage.last)}`)], page),
    ...usage.newest.flatMap((id, index) => row(index === 0 ? 'newest' : '', [span(id)], page)),
  ];
}

function failures({ errors }: Usage, { style }: Page): Span[] {
  return errors === 0 ? [] : [span(` (${amount(errors)} failed)`, style.caution)];
}

/** A sentence, broken into lines. */
export function sentenceLines(text: string, page: Page): string[] {
  return wrap([span(text)], page.width);
}
