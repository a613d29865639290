import type { CallTrace, DeploymentTrace, Trace, VersionTrace } from '../../calls/trace/model.ts';
import { span } from '../layout.ts';
import type { Page, Paint } from '../style.ts';
import { table } from '../table.ts';
import { amount, count, formatTime } from '../time.ts';
import { deploymentLines, row, sentenceLines, usageLines, versionLines } from './blocks.ts';

/** A trace for reading: the answer first, then what it rests on. */
export function traceText(trace: Trace, page: Page): string {
  return sectionsOf(trace, page)
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => `${line.trimEnd()}\n`).join(''))
    .join('\n');
}

function sectionsOf(trace: Trace, page: Page): readonly string[][] {
  switch (trace.kind) {
    case 'call':
      return callSections(trace, page);
    case 'deployment':
      return deploymentSections(trace, page);
    case 'version':
      return versionSections(trace, page);
  }
}

function callSections(
  { call, verdict, said, version, deployment, active }: CallTrace,
  page: Page,
): string[][] {
  return [
    [
      ...row('call', [span(call.id, page.style.strong), span(`  ${call.occurredAt}`)], page),
      ...FACTS.flatMap(([label, name]) => {
        const value = call[name];
        return value === undefined ? [] : row(label, [span(String(value))], page);
      }),
    ],
    [
      ...row('verdict', [span(verdict, verdictPaint(verdict, page))], page),
      ...sentenceLines(`${upper(said)}.`, page),
    ],
    version === undefined ? [] : versionLines('it used', version, page),
    deployment === undefined ? [] : deploymentLines('in force', deployment, page),
    active === undefined ? [] : versionLines('active', active, page),
  ];
}

/** Of a call, what helps to know it again. */
const FACTS = [
  ['prompt', 'gen_ai.prompt.name'],
  ['version', 'gen_ai.prompt.version'],
  ['digest', 'promptaudit.prompt.digest'],
  ['environment', 'promptaudit.environment'],
  ['model', 'gen_ai.request.model'],
  ['service', 'service.name'],
  ['workflow', 'promptaudit.workflow'],
  ['user', 'user.id'],
  ['error', 'error.type'],
] as const;

/** The colour of a verdict: good, neither, or bad. */
export function verdictPaint(verdict: CallTrace['verdict'], { style }: Page): Paint {
  if (verdict === 'ok') return style.good;
  return verdict === 'emergency' || verdict.startsWith('no-') ? style.caution : style.bad;
}

function upper(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function deploymentSections({ deployment, version, usage }: DeploymentTrace, page: Page): string[][] {
  const { prompt, environment } = deployment;
  const others =
    usage.others.calls === 0
      ? []
      : [
          ...sentenceLines(
            `Of ${prompt} in ${environment} meanwhile, but of something else than v${version.version}:`,
            page,
          ),
          ...usageLines('others', usage.others, page),
        ];
  return [
    deploymentLines('deployment', deployment, page),
    usageLines('calls', usage.used, page),
    others,
    versionLines('version', version, page),
  ];
}

function versionSections(trace: VersionTrace, page: Page): string[][] {
  const { version, stays, environments, outside } = trace;
  const note =
    outside === 0
      ? []
      : sentenceLines(
          `${upper(count(outside, 'call'))} used it where or when it was not active: see calls reconcile.`,
          page,
        );
  return [
    versionLines('version', version, page),
    stays.length === 0 ? ['It was never deployed.'] : staysTable(stays, page),
    environments.length === 0 ? ['No call used it.'] : [],
    ...environments.map(({ environment, used }) => [
      ...row('where', [span(environment ?? 'the calls do not say', page.style.strong)], page),
      ...usageLines('calls', used, page),
    ]),
    note,
  ];
}

function staysTable(stays: VersionTrace['stays'], page: Page): string[] {
  return table(
    [
      { title: 'event', align: 'right' },
      { title: 'environment', fit: 'wrap' },
      { title: 'from' },
      { title: 'until' },
      { title: 'calls', align: 'right' },
    ],
    stays.map(({ deployment, used }) => [
      [span(`${deployment.sequence}`, page.style.accent)],
      deployment.kind === 'emergency'
        ? [span(`${deployment.environment} `), span('(EMERGENCY)', page.style.bad)]
        : [span(deployment.environment)],
      [span(formatTime(deployment.from))],
      [span(deployment.until === undefined ? 'now' : formatTime(deployment.until))],
      [span(amount(used.calls))],
    ]),
    page,
  );
}
