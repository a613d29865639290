import { describe, expect, it } from 'vitest';
import { findingLines } from '../../src/report/findings.ts';
import { refusalText } from '../../src/report/refusal.ts';
import type { VerifyReport } from '../../src/report/rows.ts';
import { visibleWidth } from '../../src/report/text.ts';
import { verifyJson, verifyText } from '../../src/report/verify.ts';
import type { Finding } from '../../src/trail/model.ts';
import {
  ACKNOWLEDGED,
  BROKEN,
  DANGEROUS,
  DIGEST,
  HOSTILE,
  manyFindings,
  markedPage,
  OID,
  plainPage,
  SOUND,
  UNAPPROVED,
  WARNING,
} from './fixtures.ts';

describe('findings', () => {
  it('puts errors first, groups by code, and says where, and once what to do', () => {
    const again = { ...UNAPPROVED, sequence: 60, version: 13 };
    expect(findingLines([WARNING, UNAPPROVED, again], plainPage(80))).toEqual([
      'error  deployment/unapproved  (2)',
      '  event 57, clinical-intake v12: production asks for 2 approvals and it has 1',
      '  event 60, clinical-intake v13: production asks for 2 approvals and it has 1',
      '    have it approved by one more approver',
      '',
      'warning  repo/ref-name',
      '  refs/tags/promptaudit/odd: the name is not one of ours',
      '    delete the tag',
    ]);
  });

  it('does not name a ref twice that the message begins with', () => {
    const foreign = { ...WARNING, message: 'refs/tags/promptaudit/odd is no ref of ours' };
    expect(findingLines([foreign], plainPage(80))[1]).toBe('  refs/tags/promptaudit/odd is no ref of ours');
    const at = { ...foreign, object: OID };
    expect(findingLines([at], plainPage(80))[1]).toBe(
      `  ${OID.slice(0, 10)}: refs/tags/promptaudit/odd is no ref of ours`,
    );
  });

  it('says what to do below each where it differs', () => {
    const other = { ...UNAPPROVED, sequence: 58, hint: 'roll it back' };
    expect(findingLines([UNAPPROVED, other], plainPage(80)).slice(1)).toEqual([
      '  event 57, clinical-intake v12: production asks for 2 approvals and it has 1',
      '    have it approved by one more approver',
      '  event 58, clinical-intake v12: production asks for 2 approvals and it has 1',
      '    roll it back',
    ]);
  });

  it('shows ten of a code, and how many more there are', () => {
    const lines = findingLines(manyFindings(100_000), plainPage(80));
    expect(lines[0]).toBe('error  deployment/unapproved  (100,000)');
    expect(lines.filter((line) => line.startsWith('  event '))).toHaveLength(10);
    expect(lines.slice(-2)).toEqual([
      '    have it approved by one more approver',
      '  and 99,990 more: see --json',
    ]);
  });

  it('marks severities by colour too', () => {
    expect(findingLines([UNAPPROVED, WARNING], markedPage()).join('\n')).toMatch(
      /<bad>deployment\/unapproved<\/bad>[\s\S]*<caution>repo\/ref-name<\/caution>/,
    );
  });
});

describe('verify as text', () => {
  it('says what was checked, who signed it, and what is not proven', () => {
    expect(verifyText(SOUND, plainPage(80))).toBe(`\
Registry 6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11
Root     sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
Head     event 57, 3f2a9c1d5b,
         sha256:ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12ab12
Checked  57 events, 60 signatures, 12 versions, 1 approval, 14 deployments
Signed   43 events by Ann Ng <ann@acme.example>
         14 events by Deploy pipeline <deploy-bot@acme.example>

Not proven
  - Nothing outside this clone vouches for the newest events.

Verified: nothing wrong was found.
`);
  });

  it('names another ledger, and from where on, only where they were asked for', () => {
    const report = { ...SOUND, ref: 'refs/audit/copy', since: { sequence: 40, earlier: 3 } };
    const text = verifyText(report, plainPage(80));
    expect(text).toContain('\nLedger   refs/audit/copy\n');
    expect(text).toContain('\nSince    event 40: only what is wrong from there on is shown\n');
    expect(text).toMatch(
      /\nVerified from event 40 on, and 3 findings before it left out: nothing wrong was\nfound\.\n$/,
    );
    expect(verifyText(SOUND, plainPage(80))).not.toMatch(/Ledger|Since/);
  });

  it('says how what cannot be mended is set apart, where there is such', () => {
    expect(verifyText(BROKEN, plainPage(80))).toContain('promptaudit acknowledge <code> <event or object>');
    const present = { ...BROKEN, findings: [WARNING] };
    expect(verifyText(present, plainPage(80))).not.toContain('promptaudit acknowledge');
    const unread = { ...BROKEN, head: undefined };
    expect(verifyText(unread, plainPage(80))).not.toContain('promptaudit acknowledge');
  });

  it('asks for nothing to be acknowledged before what is missing is put right', () => {
    const findings = [UNAPPROVED, { ...UNAPPROVED, code: 'object/missing' }];
    const text = verifyText({ ...BROKEN, findings }, plainPage(200));
    expect(text).toContain(
      '\nPut object/missing right first, and verify again: what else was found may only',
    );
    expect(text).not.toContain('promptaudit acknowledge');
  });

  it('shows five signers, and how many more there are', () => {
    const signers = Array.from({ length: 1_005 }, (_, index) => ({
      principal: `p${index}@acme.example`,
      name: `P ${index}`,
      events: 2_000 - index,
    }));
    expect(verifyText({ ...SOUND, signers }, plainPage(80))).toContain(`
Signed   2,000 events by P 0 <p0@acme.example>
         1,999 events by P 1 <p1@acme.example>
         1,998 events by P 2 <p2@acme.example>
         1,997 events by P 3 <p3@acme.example>
         1,996 events by P 4 <p4@acme.example>
         and 1,000 more: see --json

`);
  });

  it('ends with the first broken event and the verdict, and lists what was acknowledged apart', () => {
    const text = verifyText(BROKEN, plainPage(140));
    expect(text).toContain(`
Acknowledged
  deployment/unapproved, event 9, clinical-intake v12
    by ann@acme.example in event 58: Reviewed later
`);
    expect(text).toMatch(
      /\nFirst broken: event 57, deployment\/unapproved\nNOT verified: 1 error, 1 warning\.\n$/,
    );
  });

  it('takes the least event that an error is at for the first broken one, wherever it is listed', () => {
    const earlier = { ...UNAPPROVED, code: 'signature/role', sequence: 12 };
    const findings = [{ ...WARNING, sequence: 3 }, UNAPPROVED, earlier, { ...earlier, sequence: 40 }];
    expect(verifyText({ ...BROKEN, findings }, plainPage(80))).toContain('\nFirst broken: event 12,');
    expect(verifyText({ ...BROKEN, findings: [WARNING] }, plainPage(80))).not.toContain('First broken');
  });

  it('shows ten of what was acknowledged, and how many more there are', () => {
    const acknowledged = manyFindings(12).map((finding) => ({ ...ACKNOWLEDGED, ...finding }));
    expect(verifyText({ ...SOUND, acknowledged }, plainPage(80))).toContain(`
  deployment/unapproved, event 10, clinical-intake v12
    by ann@acme.example in event 58: Reviewed later
  and 2 more: see --json
`);
  });

  it.each([40, 80, 140])('keeps to %i columns and is harmless', (width) => {
    const hostile: Finding = {
      code: HOSTILE.repeat(20),
      severity: 'error',
      sequence: 3,
      prompt: HOSTILE,
      ref: HOSTILE.repeat(20),
      message: HOSTILE.repeat(20),
      hint: HOSTILE,
    };
    const report: VerifyReport = {
      ...SOUND,
      ok: false,
      ref: HOSTILE.repeat(20),
      signers: [{ principal: HOSTILE, name: HOSTILE.repeat(20), events: 1 }],
      findings: [hostile],
      acknowledged: [{ ...hostile, by: HOSTILE, acknowledgement: 9, reason: HOSTILE.repeat(20) }],
      notProven: [HOSTILE],
    };
    const text = verifyText(report, plainPage(width));
    expect(text).not.toMatch(DANGEROUS);
    for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
  });
});

it('writes promptaudit/verify@1', () => {
  const report: VerifyReport = {
    ...BROKEN,
    findings: [WARNING],
    since: { sequence: 9, earlier: 4 },
  };
  expect(JSON.parse(verifyJson(report))).toEqual({
    schema: 'promptaudit/verify@1',
    ref: 'refs/notes/promptaudit',
    registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
    root: DIGEST,
    head: { sequence: 57, commit: OID, digest: DIGEST },
    ok: false,
    counts: { events: 57, signatures: 60, versions: 12, approvals: 1, deployments: 14 },
    signers: [
      { principal: 'ann@acme.example', name: 'Ann Ng', events: 43 },
      { principal: 'deploy-bot@acme.example', name: 'Deploy pipeline', events: 14 },
    ],
    since: { sequence: 9, earlier: 4 },
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
        sequence: 9,
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

it('writes null where nothing could be read', () => {
  const unread = { ...SOUND, ok: false, registry: undefined, root: undefined, head: undefined };
  expect(JSON.parse(verifyJson(unread))).toMatchObject({
    registry: null,
    root: null,
    head: null,
    since: null,
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
