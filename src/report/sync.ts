import type { Reason } from '../failure.ts';
import type { Finding, LedgerHead, RegistryRoot } from '../trail/model.ts';
import { findingLines, findingRow } from './findings.ts';
import { jsonDocument } from './json.ts';
import { hang, type Span, span, wrapAdvice, wrapText } from './layout.ts';
import { type Said, sentence } from './sentence.ts';
import type { Page } from './style.ts';
import { count } from './time.ts';

/** An event that was made again under another number. */
export interface ReplayedRow {
  readonly detail: Said;
  readonly from: number;
  readonly to: number;
  /** Of a version: its number before, and now. */
  readonly version: { readonly from: number; readonly to: number } | undefined;
}

/** An event that the state it met refused. */
export interface AsideRow {
  readonly sequence: number;
  readonly detail: Said | undefined;
  /** Where its ledger commit is kept. */
  readonly ref: string;
  readonly message: string;
  readonly reasons: readonly Reason[];
}

/** How the branch that is worked on stands to the remote's, after the sync. */
export type BranchState =
  | 'even'
  /** It was sent. */
  | 'sent'
  /** It was taken on to where the remote's is. */
  | 'forwarded'
  /** Its commits were made again on top of the remote's. */
  | 'rebuilt'
  | 'ahead'
  | 'behind'
  | 'diverged'
  | 'new';

export interface SyncReport {
  readonly remote: string;
  readonly root: RegistryRoot | undefined;
  readonly head: LedgerHead | undefined;
  readonly received: { readonly events: number; readonly tags: number };
  readonly replayed: readonly ReplayedRow[];
  readonly aside: readonly AsideRow[];
  readonly sent: { readonly events: number; readonly tags: number; readonly branch: boolean };
  readonly branch:
    | { readonly name: string; readonly state: BranchState; readonly why: string | undefined }
    | undefined;
  readonly findings: readonly Finding[];
  /** The findings are on what the remote serves, which was not taken. */
  readonly blocked: boolean;
  /** Why the remote did not take what was sent. */
  readonly refused: string | undefined;
  /** Events that only this clone has, and that only the remote has. */
  readonly ahead: number;
  readonly behind: number;
  readonly dryRun: boolean;
}

/**
 * `{schema: "promptaudit/sync@1", remote, registry, head, received: {events, tags}, replayed: [{event, prompt, from, to, version}],
 * aside: [{sequence, event, prompt, ref, message, reasons}], sent: {events, tags, branch}, branch: {name, state}, findings, refused,
 * ahead, behind, dryRun}`
 */
export function syncJson(report: SyncReport): string {
  const { remote, root, head, received, sent, branch, refused, ahead, behind, dryRun } = report;
  return jsonDocument({
    schema: 'promptaudit/sync@1',
    remote,
    registry: root?.registry ?? null,
    head: head === undefined ? null : { sequence: head.sequence, commit: head.commit, digest: head.digest },
    received,
    replayed: report.replayed.map(({ detail, from, to, version }) => ({
      event: detail.event,
      prompt: 'prompt' in detail ? detail.prompt : null,
      from,
      to,
      version: version ?? null,
    })),
    aside: report.aside.map(({ sequence, detail, ref, message, reasons }) => ({
      sequence,
      event: detail?.event ?? null,
      prompt: detail !== undefined && 'prompt' in detail ? detail.prompt : null,
      ref,
      message,
      reasons,
    })),
    sent,
    branch: branch === undefined ? null : { name: branch.name, state: branch.state },
    findings: report.findings.map(findingRow),
    refused: refused ?? null,
    ahead,
    behind,
    dryRun,
  });
}

/** What came, what was made again, what went, and how both sides stand now. */
export function syncText(report: SyncReport, page: Page): string {
  const lines = [
    ...receivedLines(report, page),
    ...replayedLines(report, page),
    ...asideLines(report, page),
    ...branchLines(report, page),
    ...sentLines(report, page),
    ...findingLines(report.findings, page),
    ...endLines(report, page),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function receivedLines(
  { received: { events, tags }, remote, blocked, dryRun }: SyncReport,
  page: Page,
): string[] {
  if (events === 0 && tags === 0) return [];
  const what = listed([counted(events, 'event'), counted(tags, 'tag')]);
  if (blocked) return wrapText(`${remote} has ${what} more, which were not taken`, page.width);
  return wrapText(`${dryRun ? 'would receive' : 'received'} ${what} from ${remote}`, page.width);
}

function replayedLines({ replayed, dryRun }: SyncReport, page: Page): string[] {
  if (replayed.length === 0) return [];
  const what = `${counted(replayed.length, 'event')} of this clone on top`;
  const renumbered = replayed.flatMap(({ detail, version }) =>
    version === undefined || version.from === version.to || !('prompt' in detail)
      ? []
      : hang(
          [span('  ')],
          [span(`${detail.prompt} v${version.from} is v${version.to} now`, page.style.strong)],
          page.width,
        ),
  );
  return [...wrapText(`${dryRun ? 'would make' : 'made'} ${what}, signed again`, page.width), ...renumbered];
}

function asideLines({ aside, dryRun }: SyncReport, page: Page): string[] {
  if (aside.length === 0) return [];
  const { style, width } = page;
  const kept = dryRun ? 'would keep aside: ' : 'kept aside: ';
  const each = aside.flatMap(({ sequence, detail, ref, message, reasons }) => {
    const what = detail === undefined ? '' : `, ${sentence(detail)}`;
    const why =
      reasons.length === 0 ? [message] : reasons.map((reason) => `${reason.message}: ${reason.remedy}`);
    return [
      ...hang([span(kept, style.caution)], [span(`event ${sequence}${what}`)], width),
      ...why.flatMap((reason) => hang([span('  - ')], [span(reason)], width)),
      ...hang([span('    ')], [span(ref, style.dim)], width),
    ];
  });
  const then = 'see each with git show <ref>, and delete its ref once it is dealt with';
  return [...each, ...(dryRun ? [] : wrapText(then, width))];
}

function branchLines({ branch, remote, dryRun }: SyncReport, { width }: Page): string[] {
  if (branch === undefined) return [];
  const { name, state, why } = branch;
  const told = (done: string, planned: string, rest: string) =>
    wrapText(`${dryRun ? `would ${planned}` : done} ${rest}`, width);
  switch (state) {
    case 'forwarded':
      return told('took', 'take', `${name} on to where ${remote} has it`);
    case 'rebuilt':
      return told('made', 'make', `the commits of ${name} again on top of ${remote}'s`);
    case 'behind':
      return why === undefined
        ? wrapText(`${name} is behind ${remote}'s`, width)
        : wrapAdvice(
            `${name} stays behind ${remote}'s because of changes here (${why}): finish, commit or stash them, then run: promptaudit sync`,
            width,
          );
    case 'diverged':
      return wrapText(
        `${name} and ${remote}'s have gone apart and it was left alone: merge or rebase it with git, then run promptaudit sync again`,
        width,
      );
    default:
      return [];
  }
}

function sentLines({ sent, remote, branch, dryRun }: SyncReport, page: Page): string[] {
  const what = listed([
    counted(sent.events, 'event'),
    counted(sent.tags, 'tag'),
    sent.branch && branch !== undefined ? branch.name : '',
  ]);
  return what === '' ? [] : wrapText(`${dryRun ? 'would send' : 'sent'} ${what} to ${remote}`, page.width);
}

function endLines({ head, remote, refused, ahead, behind, dryRun }: SyncReport, page: Page): string[] {
  const { style, width } = page;
  if (refused !== undefined) return hang([span('not sent: ', style.bad)], [span(refused)], width);
  if (head === undefined || dryRun) return [];
  const even = ahead === 0 && behind === 0;
  const how: Span = even ? span('in step', style.good) : span(standing(ahead, behind), style.caution);
  const end = even ? ` with ${remote} at event ${head.sequence}` : ` ${remote}, at event ${head.sequence}`;
  return hang([], [how, span(end)], width);
}

/** `3 events ahead of and 2 behind`: completed by what it is compared with. */
export function standing(ahead: number, behind: number): string {
  if (behind === 0) return `${count(ahead, 'event')} ahead of`;
  if (ahead === 0) return `${count(behind, 'event')} behind`;
  return `${count(ahead, 'event')} ahead of and ${behind} behind`;
}

function counted(number: number, what: string): string {
  return number === 0 ? '' : count(number, what);
}

function listed(parts: readonly string[]): string {
  const said = parts.filter((part) => part !== '');
  return said.length < 2 ? said.join('') : `${said.slice(0, -1).join(', ')} and ${said.at(-1)}`;
}
