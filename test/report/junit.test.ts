import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { verifyJunit } from '../../src/report/junit.ts';
import { reports } from './arbitraries.ts';
import { ACKNOWLEDGED, BROKEN, HOSTILE, manyFindings, SOUND, UNAPPROVED } from './fixtures.ts';

const SCHEMA = readFileSync(join(import.meta.dirname, '../vectors/junit-10.xsd'), 'utf8');

/** What libxml2 has against documents: that they are no XML, or not what Jenkins' schema asks for. */
async function faultsOf(documents: readonly string[]): Promise<readonly string[]> {
  const { errors, valid } = await validateXML({
    xml: documents.map((contents, index) => ({ fileName: `${index}.xml`, contents })),
    schema: SCHEMA,
    maxMemoryPages: 16_384,
  });
  expect(valid).toBe(errors.length === 0);
  return errors.map(({ rawMessage }) => rawMessage);
}

/** The lines of the test cases that did not pass, without the margin. */
function notPassed(xml: string): string[] {
  return Array.from(xml.matchAll(/<testcase [^>]*[^/]>[\s\S]*?<\/testcase>/g), ([testcase]) =>
    testcase.replace(/\n +</g, '\n<'),
  );
}

function namesOf(xml: string): string[] {
  return Array.from(xml.matchAll(/<testcase name="([^"]*)"/g), ([, name = '']) => name);
}

it('is a suite of all codes that passed, where nothing is wrong', () => {
  const xml = verifyJunit(SOUND);
  const tests = namesOf(xml).length;
  expect(xml).toMatch(
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="promptaudit verify" tests="${tests}" failures="0" errors="0" time="0">
  <testsuite name="promptaudit verify" tests="${tests}" failures="0" errors="0" skipped="0" time="0">
    <properties>
      <property name="ref" value="refs/notes/promptaudit"/>
      <property name="registry" value="6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11"/>
`,
  );
  expect(xml).toContain('\n    <testcase name="ledger/fork" classname="promptaudit.ledger" time="0"/>\n');
  expect(xml).toContain('\n    <testcase name="repo/grafts" classname="promptaudit.repo" time="0"/>\n');
  expect(notPassed(xml)).toEqual([]);
  expect(xml).toContain(
    '<system-out>Not proven:\n- Nothing outside this clone vouches for the newest events.</system-out>',
  );
});

it('fails errors, and skips warnings and what was acknowledged', () => {
  const xml = verifyJunit(BROKEN);
  expect(xml).toMatch(/<testsuite name="promptaudit verify" tests="\d+" failures="1" errors="0" skipped="2"/);
  expect(notPassed(xml)).toEqual([
    `<testcase name="deployment/unapproved: event 57, clinical-intake v12" classname="promptaudit.deployment" time="0">
<failure type="deployment/unapproved" message="production asks for 2 approvals and it has 1">deployment/unapproved: event 57, clinical-intake v12
production asks for 2 approvals and it has 1
To do: have it approved by one more approver</failure>
</testcase>`,
    `<testcase name="repo/ref-name: refs/tags/promptaudit/odd" classname="promptaudit.repo" time="0">
<skipped type="repo/ref-name" message="warning: the name is not one of ours">repo/ref-name: refs/tags/promptaudit/odd
warning: the name is not one of ours
To do: delete the tag</skipped>
</testcase>`,
    `<testcase name="deployment/unapproved: event 9, clinical-intake v12" classname="promptaudit.deployment" time="0">
<skipped type="deployment/unapproved" message="acknowledged by ann@acme.example in event 58: Reviewed later">production asks for 2 approvals and it has 1
acknowledged by ann@acme.example in event 58: Reviewed later</skipped>
</testcase>`,
  ]);
  expect(namesOf(xml)).not.toContain('deployment/unapproved');
  expect(namesOf(xml)).toContain('deployment/soak');
});

it('lets nothing pass that was not looked at', () => {
  const missing = { ...UNAPPROVED, code: 'ledger/missing' };
  const shallow = { ...UNAPPROVED, code: 'repo/shallow' };
  for (const xml of [
    verifyJunit({ ...BROKEN, head: undefined, findings: [missing] }),
    verifyJunit({ ...BROKEN, findings: [shallow] }),
  ]) {
    expect(notPassed(xml)).toHaveLength(namesOf(xml).length);
    expect(xml).toContain(' failures="1" ');
    expect(xml).toContain(
      '<skipped type="signature/invalid" message="not checked: the history could not be read">not checked:',
    );
  }
});

it('gives no two test cases one name', () => {
  const xml = verifyJunit({ ...BROKEN, findings: [UNAPPROVED, UNAPPROVED, UNAPPROVED] });
  const names = namesOf(xml);
  expect(names.slice(0, 3)).toEqual([
    'deployment/unapproved: event 57, clinical-intake v12',
    'deployment/unapproved: event 57, clinical-intake v12 (2)',
    'deployment/unapproved: event 57, clinical-intake v12 (3)',
  ]);
  expect(new Set(names).size).toBe(names.length);
});

it('stays below what GitLab takes, and fails with how many more there are', () => {
  const acknowledged = manyFindings(5).map((finding) => ({ ...ACKNOWLEDGED, ...finding }));
  const xml = verifyJunit({ ...BROKEN, findings: manyFindings(100_000), acknowledged });
  expect(xml.length).toBeLessThan(30_000_000);
  expect(notPassed(xml)).toHaveLength(25_001);
  expect(notPassed(xml).at(-1)).toMatch(/<failure type="further" message="75,005 more: see promptaudit/);
});

it('does not fail for more of what was acknowledged than there is room for', () => {
  const acknowledged = manyFindings(25_001).map((finding) => ({ ...ACKNOWLEDGED, ...finding }));
  const xml = verifyJunit({ ...SOUND, acknowledged });
  expect(xml).toContain(' failures="0" ');
  expect(notPassed(xml).at(-1)).toContain('<skipped type="further" message="1 more:');
});

describe('for Jenkins and libxml2', () => {
  it('is told from what is no JUnit', async () => {
    expect(await faultsOf(['<testsuites><testcase/></testsuites>'])).not.toEqual([]);
    expect(await faultsOf([verifyJunit(SOUND).replace('</testsuites>', '')])).not.toEqual([]);
  });

  it('is valid, whatever a repository holds', async () => {
    const some = fc.sample(reports, 200).map(verifyJunit);
    expect(await faultsOf([verifyJunit(SOUND), verifyJunit(BROKEN), ...some])).toEqual([]);
  });

  it('gives back the text that a person is shown', async () => {
    const xml = verifyJunit({
      ...BROKEN,
      findings: [{ ...UNAPPROVED, prompt: `<a b="c">&amp;]]>${HOSTILE}\ufffe\ud800` }],
    });
    const { errors, normalized } = await validateXML({
      xml,
      normalization: 'c14n',
      modifyArguments: (args) => [...args, '--xpath', 'string(//failure/../@name)'],
    });
    expect(errors).toEqual([]);
    expect(normalized).toContain('<a b="c">&amp;]]>\\x1b[2J\\x9b31mVerified');
    expect(normalized).toContain('\\ufffe\\ud800 v12');
  });
});
