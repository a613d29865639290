import type { ReconciledGroup, Reconciliation } from '../../calls/trace/reconcile.ts';
import { jsonDocument } from '../json.ts';
import { hang, paint, type Span, span, wrap } from '../layout.ts';
import type { Page } from '../style.ts';
import { amount, count } from '../time.ts';
import { row } from './blocks.ts';
import { formatMoment } from './moment.ts';
import { verdictPaint } from './tracetext.ts';

/**
 * The `promptaudit/reconcile@1` document: `{ok, toleranceMs, strict, calls, faults, skewed, verdicts: {verdict: calls}, groups:
 * [{prompt, version, digest, environment, verdict, fault, active: {version, sequence} | null, calls, first, last, users,
 * skewed, examples: [id]}], more}`. Faults come first; `more` groups are counted and not listed.
 */
export function reconcileJson(result: Reconciliation): string {
  const { ok, tolerance, groups, more, ...counts } = result;
  return jsonDocument({
    schema: 'promptaudit/reconcile@1',
    ok,
    toleranceMs: tolerance,
    ...counts,
    groups: groups.map((group) => ({
      prompt: group.prompt ?? null,
      version: group.version ?? null,
      digest: group.digest ?? null,
      environment: group.environment ?? null,
      verdict: group.verdict,
      fault: group.fault,
      active: group.active ?? null,
      calls: group.calls,
      first: formatMoment(group.first),
      last: formatMoment(group.last),
      users: group.users,
      skewed: group.skewed,
      examples: group.examples,
    })),
    more,
  });
}

/** Groups that are told in a text. */
const MOST_FAULTS = 50;
const MOST_FINE = 20;

/** The answer, the faults one by one, and what is in order in a line each. */
export function reconcileText(result: Reconciliation, page: Page): string {
  const faults = result.groups.filter(({ fault }) => fault);
  const fine = result.groups.filter(({ fault }) => !fault);
  const told = Math.min(faults.length, MOST_FAULTS) + Math.min(fine.length, MOST_FINE);
  const unsaid = result.groups.length + result.more - told;
  const sections = [
    answer(result, page),
    ...faults.slice(0, MOST_FAULTS).map((group) => faultLines(group, page)),
    fine.slice(0, MOST_FINE).flatMap((group) => fineLines(group, page)),
    unsaid > 0 ? wrap([span(`And ${count(unsaid, 'group')} more: see them with --json.`)], page.width) : [],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line.trimEnd()}\n`).join(''))
    .join('\n');
}

function answer({ ok, calls, faults, skewed, tolerance }: Reconciliation, page: Page): string[] {
  const { style } = page;
  const head = ok
    ? span(`${count(calls, 'call')}: every one is accounted for.`, style.good)
    : span(`${amount(faults)} of ${count(calls, 'call')} cannot be reconciled with the ledger.`, style.bad);
  const skew = `${count(skewed, 'call')} occurred more than five minutes after being recorded: a clock is wrong.`;
  return [
    ...wrap([head], page.width),
    ...wrap([span(`Deployments count for ${tolerance / 1000} s more at both ends.`, style.dim)], page.width),
    ...(skewed === 0 ? [] : wrap([span(skew, style.caution)], page.width)),
  ];
}

const SAID: Readonly<Record<ReconciledGroup['verdict'], string>> = {
  ok: 'was active and approved',
  emergency: 'was an EMERGENCY that could still be approved',
  'never-approved': 'was active without the approvals that it needed',
  'not-deployed': 'was not active there then',
  mismatch: 'is not of the digest that the calls name',
  'unknown-version': 'is no version of it',
  'unknown-digest': 'is of no version that the registry has',
  'unknown-prompt': 'is no prompt of this registry',
  'no-environment': 'was used, the calls do not say where',
  'no-version': 'was used, the calls do not say which version',
  'no-prompt': 'calls name no prompt',
};

function faultLines(group: ReconciledGroup, page: Page): string[] {
  const { first, last, users, skewed, examples, verdict } = group;
  const by = users === 0 ? '' : ` by ${count(users, 'user')}`;
  const clocks = skewed === 0 ? '' : `, ${count(skewed, 'call')} with a wrong clock`;
  return [
    paint([span(verdict, verdictPaint(verdict, page))]),
    ...hang([span('  ')], said(group, page), page.width),
    ...row('  calls', [span(`${count(group.calls, 'call')}${by}${clocks}`)], page),
    ...row('  from', [span(`${formatMoment(first)} to ${formatMoment(last)}`)], page),
    ...digestLines(group, page),
    ...examples.flatMap((id, index) => row(index === 0 ? '  newest' : '', [span(id)], page)),
  ];
}

/** What was used where, and what is to be said of that. */
function said(group: ReconciledGroup, { style }: Page): Span[] {
  const { verdict, prompt, environment } = group;
  if (verdict === 'no-prompt') return [span(SAID[verdict])];
  const where = environment === undefined ? '' : ` in ${environment}`;
  const what = [prompt ?? 'a prompt', ...whichOf(group)].join(' ');
  return [span(what, style.strong), span(`${where} ${SAID[verdict]}${activeThen(group)}`)];
}

/** Which of a prompt: a version, or where none is named a content. */
function whichOf({ version, digest }: ReconciledGroup): readonly string[] {
  if (version !== undefined) return [/^\d+$/.test(version) ? `v${version}` : version];
  return digest === undefined ? [] : ['by its digest'];
}

function activeThen({ verdict, active, prompt }: ReconciledGroup): string {
  if (verdict !== 'not-deployed') return '';
  if (active !== undefined) return `: v${active.version} was (event ${active.sequence})`;
  return `: nothing of ${prompt ?? 'theirs'} was`;
}

/** Without its prefix it fits on a line of 80 columns. */
function digestLines({ digest }: ReconciledGroup, page: Page): string[] {
  return digest === undefined ? [] : row('  sha256', [span(digest.replace('sha256:', ''))], page);
}

function fineLines(group: ReconciledGroup, page: Page): string[] {
  const { verdict, calls } = group;
  const tail = span(`: ${count(calls, 'call')}`);
  return hang(
    [span(verdict.padEnd(16), verdictPaint(verdict, page))],
    [...said(group, page), tail],
    page.width,
  );
}
