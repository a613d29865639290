import type { Finding } from '../trail/model.ts';
import { codeEntries, familyOf } from './codes.ts';
import { acknowledgedBy, placeOf } from './findings.ts';
import { forUpload } from './importance.ts';
import type { AcknowledgedFinding, VerifyReport } from './rows.ts';
import { amount } from './time.ts';
import { element, startTag } from './xml.ts';

interface TestCase {
  readonly name: string;
  readonly classname: string;
  readonly outcome: 'passed' | 'failure' | 'skipped';
  /** One element within the test case; absent where it passed. */
  readonly body?: string;
}

/**
 * JUnit XML as Jenkins' `junit-10.xsd` has it, and as GitLab, Azure and GitHub's reporters read it. A code that nothing
 * was found under is a test case that passed; each error is one that failed; warnings, and what is acknowledged or could
 * not be checked, are skipped ones. The class is the code's family, and no two test cases have one name: GitLab keeps only the first.
 */
export function verifyJunit(report: VerifyReport): string {
  const cases = testCases(report);
  const failures = cases.filter(({ outcome }) => outcome === 'failure').length;
  const skipped = cases.filter(({ outcome }) => outcome === 'skipped').length;
  const totals = { name: 'promptaudit verify', tests: cases.length, failures, errors: 0 };
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    startTag('testsuites', { ...totals, time: 0 }),
    `  ${startTag('testsuite', { ...totals, skipped, time: 0 })}`,
    ...properties(report),
    ...cases.flatMap(caseLines),
    ...(report.notProven.length === 0
      ? []
      : [
          `    ${element('system-out', {}, ['Not proven:', ...report.notProven.map((text) => `- ${text}`)])}`,
        ]),
    '  </testsuite>',
    '</testsuites>',
  ];
  return `${lines.join('\n')}\n`;
}

function properties({ ref, registry, root, head, since }: VerifyReport): string[] {
  const known: [name: string, value: string | number | undefined][] = [
    ['ref', ref],
    ['registry', registry],
    ['root', root],
    ['head.sequence', head?.sequence],
    ['head.commit', head?.commit],
    ['head.digest', head?.digest],
    ['since', since?.sequence],
  ];
  return [
    '    <properties>',
    ...known.flatMap(([name, value]) =>
      value === undefined ? [] : [`      ${element('property', { name, value })}`],
    ),
    '    </properties>',
  ];
}

function testCases(report: VerifyReport): TestCase[] {
  const names = new UniqueNames();
  const { findings, acknowledged, left } = forUpload(report);
  const found = new Set([...report.findings, ...report.acknowledged].map(({ code }) => code));
  return [
    ...findings.map((finding) => findingCase(finding, names)),
    ...acknowledged.map((finding) => acknowledgedCase(finding, names)),
    ...(left > 0 ? [leftOut(left, report.ok)] : []),
    ...codeEntries([])
      .filter(({ code }) => !found.has(code))
      .map(({ code }) => cleanCase(code, wasRead(report))),
  ];
}

/** Whether there was a whole history to look at; what was not looked at did not pass. */
function wasRead({ head, findings }: VerifyReport): boolean {
  return head !== undefined && findings.every(({ code }) => code !== 'repo/shallow');
}

function cleanCase(code: string, read: boolean): TestCase {
  const place = { name: code, classname: classOf(code) };
  if (read) return { ...place, outcome: 'passed' };
  const message = 'not checked: the history could not be read';
  return { ...place, outcome: 'skipped', body: element('skipped', { type: code, message }, [message]) };
}

/** GitLab shows the text within the element, and others the attribute: so both say what happened. */
function findingCase(finding: Finding, names: UniqueNames): TestCase {
  const { code, severity, message, hint } = finding;
  const name = names.take(finding);
  const outcome = severity === 'error' ? 'failure' : 'skipped';
  const said = severity === 'error' ? message : `warning: ${message}`;
  const body = element(outcome, { type: code, message: said }, [name, said, `To do: ${hint}`]);
  return { name, classname: classOf(code), outcome, body };
}

function acknowledgedCase(finding: AcknowledgedFinding, names: UniqueNames): TestCase {
  const { code, message } = finding;
  const known = `acknowledged ${acknowledgedBy(finding)}`;
  return {
    name: names.take(finding),
    classname: classOf(code),
    outcome: 'skipped',
    body: element('skipped', { type: code, message: known }, [message, known]),
  };
}

function leftOut(left: number, ok: boolean): TestCase {
  const message = `${amount(left)} more: see promptaudit verify --json`;
  const outcome = ok ? 'skipped' : 'failure';
  const body = element(outcome, { type: 'further', message }, [message]);
  return { name: 'further findings', classname: classOf('further'), outcome, body };
}

function classOf(code: string): string {
  return `promptaudit.${familyOf(code)}`;
}

/** `deployment/unapproved: event 57, intake v12`, and ` (2)` after the second of one name. */
class UniqueNames {
  readonly #taken = new Map<string, number>();

  take(finding: Finding): string {
    const place = placeOf(finding);
    const name = place === '' ? finding.code : `${finding.code}: ${place}`;
    const nth = (this.#taken.get(name) ?? 0) + 1;
    this.#taken.set(name, nth);
    return nth === 1 ? name : `${name} (${nth})`;
  }
}

function caseLines({ name, classname, body }: TestCase): string[] {
  const attributes = { name, classname, time: 0 };
  if (body === undefined) return [`    ${element('testcase', attributes)}`];
  return [`    ${startTag('testcase', attributes)}`, `      ${body}`, '    </testcase>'];
}
