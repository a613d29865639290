import type { PromptProblem } from '../prompts/model.ts';
import type { Finding } from '../trail/model.ts';
import { findingRow } from './findings.ts';
import { jsonDocument } from './json.ts';
import { paint, span } from './layout.ts';
import type { Page } from './style.ts';
import { amount } from './time.ts';

/** A hook that was put in its place, or taken out of it. */
interface HookRow {
  readonly hook: string;
  /** Absolute path. */
  readonly file: string;
  readonly state: 'installed' | 'rewritten' | 'unchanged' | 'removed' | 'foreign' | 'absent';
  /** Where the hook is that was there before ours. */
  readonly before: string | undefined;
}

export interface HooksChange {
  readonly action: 'install' | 'uninstall';
  readonly dryRun: boolean;
  readonly hooks: readonly HookRow[];
  /** The root to which a repository that receives pushes holds its ledger. */
  readonly root: string | undefined;
}

/** `{schema: "promptaudit/hooks@1", action, dryRun, root, hooks: [{hook, file, state, before}]}` */
export function hooksJson({ action, dryRun, root, hooks }: HooksChange): string {
  return jsonDocument({
    schema: 'promptaudit/hooks@1',
    action,
    dryRun,
    root: root ?? null,
    hooks: hooks.map(({ hook, file, state, before }) => ({ hook, file, state, before: before ?? null })),
  });
}

/** A line a hook, and one for what was there before; paths are not broken. */
export function hooksText({ action, dryRun, root, hooks }: HooksChange, { style }: Page): string {
  const lines = hooks.flatMap(({ hook, file, state, before }) => [
    paint([span(hook, style.accent), span(` ${(dryRun ? WOULD_BE : STATES)[state]}: ${file}`)]),
    ...(before === undefined ? [] : [paint([span(`  ${beforeWords(action, state, before)}`, style.dim)])]),
  ]);
  if (root !== undefined) lines.push(paint([span(`the ledger here is held to the root ${root}`)]));
  return lines.map((line) => `${line}\n`).join('');
}

const STATES: Readonly<Record<HookRow['state'], string>> = {
  installed: 'is installed',
  rewritten: 'is brought up to date',
  unchanged: 'is installed already',
  removed: 'is taken out',
  foreign: "is somebody else's and was left alone",
  absent: 'is not installed',
};

const WOULD_BE: typeof STATES = {
  ...STATES,
  installed: 'would be installed',
  rewritten: 'would be brought up to date',
  removed: 'would be taken out',
  foreign: "is somebody else's and would be left alone",
};

function beforeWords(action: HooksChange['action'], state: HookRow['state'], before: string): string {
  if (state === 'foreign') return `the hook from before promptaudit is ${before}: put it back by hand`;
  return action === 'install'
    ? `the hook that was there runs first: ${before}`
    : 'the hook that was there is back';
}

/** How many findings fit a screen. */
const SHOWN = 20;

/** `{schema: "promptaudit/hook@1", hook, ok, findings: [as verify's]}` */
export function pushJson(hook: string, findings: readonly Finding[]): string {
  return jsonDocument({
    schema: 'promptaudit/hook@1',
    hook,
    ok: findings.length === 0,
    findings: findings.map(findingRow),
  });
}

/** Why a push is refused: a line a finding, at most a screen of them. It may be read in another's terminal: no line is broken. */
export function refusedPushText(findings: readonly Finding[], page: Page): string {
  const lines = findings.map(({ code, message, hint }) =>
    paint([span(`  ${message} `), span(`(${code})`, page.style.bad), span(`: ${hint}`, page.style.dim)]),
  );
  return screenOf([paint([span('promptaudit refuses this push:', page.style.bad)]), ...shorten(lines)]);
}

export interface StagedRow {
  readonly files: number;
  readonly problems: readonly PromptProblem[];
  /** Prompts whose staged content is no version. */
  readonly unregistered: readonly string[];
}

/** `{schema: "promptaudit/hook@1", hook: "pre-commit", ok, files, problems: [as lint's], unregistered: [prompt]}` */
export function stagedJson({ files, problems, unregistered }: StagedRow): string {
  const ok = problems.every(({ severity }) => severity !== 'error');
  return jsonDocument({
    schema: 'promptaudit/hook@1',
    hook: 'pre-commit',
    ok,
    files,
    problems,
    unregistered,
  });
}

/** Nothing where nothing is wrong; otherwise problems as compilers write them, and what is not registered. */
export function stagedText({ problems, unregistered }: StagedRow, { style }: Page): string {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const found = [...errors, ...problems.filter(({ severity }) => severity !== 'error')].map(
    ({ path, line, column, severity, code, message }) =>
      paint([
        span(`${path}:${line}:${column}: `, style.strong),
        span(`${severity}: `, severity === 'error' ? style.bad : style.caution),
        span(message),
        span(` (${code})`, style.dim),
      ]),
  );
  const left = unregistered.map((prompt) =>
    paint([
      span('warning: ', style.caution),
      span(`what is staged of ${prompt} is no registered version: run promptaudit commit ${prompt} -m "…"`),
    ]),
  );
  const end = errors.length === 0 ? [] : [paint([span('promptaudit refuses this commit', style.bad)])];
  return screenOf([...shorten(found), ...shorten(left), ...end]);
}

function shorten(lines: readonly string[]): readonly string[] {
  if (lines.length <= SHOWN) return lines;
  return [...lines.slice(0, SHOWN), `  and ${amount(lines.length - SHOWN)} more`];
}

function screenOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
