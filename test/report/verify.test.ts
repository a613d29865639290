import { describe, expect, it } from 'vitest';
import { findingLines } from '../../src/report/findings.ts';
import { refusalText } from '../../src/report/refusal.ts';
import type { VerifyReport } from '../../src/report/rows.ts';
import { visibleWidth } from '../../src/report/text.ts';
import { verifyJson, verifyText } from '../../src/report/verify.ts';
import type { Finding } from '../../src/trail/model.ts';
import { DANGEROUS, DIGEST, HOSTILE, markedPage, OID, plainPage } from './fixtures.ts';

const UNAPPROVED: Finding = {
  code: 'deployment/unapproved',
  severity: 'error',
  sequence: 57,
  prompt: 'clinical-intake',
  version: 12,
  object: OID,
  message: 'production asks for 2 approvals and it has 1',
  hint: 'have it approved by one more approver',
};
const WARNING: Finding = {
  code: 'repo/ref-name',
  severity: 'warning',
  ref: 'refs/tags/promptaudit/odd',
  message: 'the name is not one of ours',
  hint: 'delete the tag',
};

const SOUND: VerifyReport = {
  ref: 'refs/notes/promptaudit',
  registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
  root: DIGEST,
  head: { sequence: 57, commit: OID, digest: DIGEST },
  ok: true,
  counts: { events: 57, signatures: 60, versions: 12, approvals: 1, deployments: 14 },
  signers: [],
  findings: [],
  acknowledged: [],
  since: undefined,
  notProven: ['Nothing outside this clone vouches for the newest events.'],
};

describe('findings', () => {
  it('puts errors first, groups by code, and says where and what to do', () => {
    const again = { ...UNAPPROVED, sequence: 60, version: 13 };
    expect(findingLines([WARNING, UNAPPROVED, again], plainPage(80))).toEqual([
      'error  deployment/unapproved  (2)',
      '  event 57, clinical-intake v12: production asks for 2 approvals and it has 1',
      '    have it approved by one more approver',
      '  event 60, clinical-intake v13: production asks for 2 approvals and it has 1',
      '    have it approved by one more approver',
      '',
      'warning  repo/ref-name',
      '  refs/tags/promptaudit/odd: the name is not one of ours',
      '    delete the tag',
    ]);
  });

  it('marks severities by colour too', () => {
    expect(findingLines([UNAPPROVED, WARNING], markedPage()).join('\n')).toMatch(
      /<bad>deployment\/unapproved<\/bad>[\s\S]*<caution>repo\/ref-name<\/caution>/,
    );
  });
});

describe('verify as text', () => {
  it('says what was checked, and what is not proven', () => {
    expect(verifyText(SOUND, plainPage(80))).toBe(`\
Registry 6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11
Root     sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
Head     event 57, 3f2a9c1d5b,
         sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
Checked  57 events, 60 signatures, 12 versions, 1 approval, 14 deployments

Not proven
  - Nothing outside this clone vouches for the newest events.

Verified: nothing wrong was found.
`);
  });

  it('ends with the verdict, and lists what was acknowledged apart', () => {
    const report: VerifyReport = {
      ...SOUND,
      ok: false,
      findings: [UNAPPROVED, WARNING],
      acknowledged: [
        { ...UNAPPROVED, sequence: 9, by: 'ann@acme.example', acknowledgement: 58, reason: 'Reviewed later' },
      ],
    };
    const text = verifyText(report, plainPage(140));
    expect(text).toContain(`
Acknowledged
  deployment/unapproved, event 9, clinical-intake v12
    by ann@acme.example in event 58: Reviewed later
`);
    expect(text).toMatch(/\nNOT verified: 1 error, 1 warning\.\n$/);
  });

  it.each([80, 140])('keeps to %i columns and is harmless', (width) => {
    const hostile: Finding = {
      code: HOSTILE,
      severity: 'error',
      prompt: HOSTILE,
      ref: HOSTILE.repeat(20),
      message: HOSTILE.repeat(20),
      hint: HOSTILE,
    };
    const text = verifyText({ ...SOUND, findings: [hostile], notProven: [HOSTILE] }, plainPage(width));
    expect(text).not.toMatch(DANGEROUS);
    for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
  });
});

it('writes promptaudit/verify@1', () => {
  const report: VerifyReport = {
    ...SOUND,
    ok: false,
    findings: [WARNING],
    acknowledged: [{ ...UNAPPROVED, by: 'ann@acme.example', acknowledgement: 58, reason: 'Reviewed later' }],
  };
  expect(JSON.parse(verifyJson(report))).toEqual({
    schema: 'promptaudit/verify@1',
    registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
    root: DIGEST,
    head: { sequence: 57, commit: OID, digest: DIGEST },
    ok: false,
    counts: { events: 57, signatures: 60, versions: 12, approvals: 1, deployments: 14 },
    findings: [
      {
        code: 'repo/ref-name',
        severity: 'warning',
        sequence: null,
        prompt: null,
        version: null,
        ref: 'refs/tags/promptaudit/odd',
        object: null,
        message: 'the name is not one of ours',
        hint: 'delete the tag',
      },
    ],
    acknowledged: [
      {
        code: 'deployment/unapproved',
        severity: 'error',
        sequence: 57,
        prompt: 'clinical-intake',
        version: 12,
        ref: null,
        object: OID,
        message: 'production asks for 2 approvals and it has 1',
        hint: 'have it approved by one more approver',
        by: 'ann@acme.example',
        acknowledgement: 58,
        reason: 'Reviewed later',
      },
    ],
    notProven: ['Nothing outside this clone vouches for the newest events.'],
  });
});

it('lists every unmet rule of a refusal with what would meet it', () => {
  const reasons = [
    {
      rule: 'deployment/unapproved',
      message: 'production asks for 2 approvals and clinical-intake v12 has 1 (bob@acme.example)',
      remedy: 'promptaudit approve clinical-intake@12 -e production -m <meaning>',
    },
    {
      rule: 'deployment/promotion',
      message: 'v12 was never in staging',
      remedy: 'deploy it to staging first',
    },
  ];
  expect(refusalText('clinical-intake v12 may not be deployed to production', reasons, plainPage(80))).toBe(`\
refused: clinical-intake v12 may not be deployed to production
  - production asks for 2 approvals and clinical-intake v12 has 1
    (bob@acme.example)
    promptaudit approve clinical-intake@12 -e production -m <meaning>
    deployment/unapproved
  - v12 was never in staging
    deploy it to staging first
    deployment/promotion
`);
});
