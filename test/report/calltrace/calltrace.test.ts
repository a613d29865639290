import { describe, expect, test } from 'vitest';
import type { Trace } from '../../../src/calls/trace/model.ts';
import type { ReconciledGroup, Reconciliation } from '../../../src/calls/trace/reconcile.ts';
import { VERDICTS } from '../../../src/calls/trace/verdict.ts';
import { reconcileJson, reconcileText } from '../../../src/report/calltrace/reconcile.ts';
import { traceJson } from '../../../src/report/calltrace/tracejson.ts';
import { traceText } from '../../../src/report/calltrace/tracetext.ts';
import { visibleWidth } from '../../../src/report/text.ts';
import { DIGEST, OID, plainPage } from '../fixtures.ts';
import { CALL, DEPLOYED, FIRST, ID, UNUSED, USED, VERSION } from './traced.ts';

const DEPLOYMENT: Trace = {
  kind: 'deployment',
  deployment: { ...DEPLOYED, until: DEPLOYED.from + 60, endedBy: 58 },
  version: VERSION,
  usage: { used: USED, others: { ...USED, calls: 1, errors: 0, users: 0, newest: [] } },
};
const OF_VERSION: Trace = {
  kind: 'version',
  version: FIRST,
  stays: [{ deployment: { ...DEPLOYED, kind: 'emergency' }, used: USED }],
  environments: [
    { environment: 'production', used: USED },
    { environment: undefined, used: UNUSED },
  ],
  outside: 2,
};

describe('a trace', () => {
  test('of a call says the verdict first, and then what it rests on', () => {
    expect(traceText(CALL, plainPage())).toBe(`call        ${ID}  2026-11-20T10:11:12.345Z
prompt      clinical-intake
version     12
environment production
user        u77

verdict     never-approved
The call used clinical-intake v12, which was active in production then with 1 of
2 approvals.

it used     clinical-intake v12  the newest is v13
author      alice@acme.example, 2026-11-18T10:11:12Z (3 days ago)
event       50  commit 3f2a9c1d5b
sha256      ${'ab12'.repeat(16)}
            Ask first
decisions   approved for production by bob@acme.example, 2026-11-18T10:11:12Z (3
            days ago)
              reviewed for safety
            approved for every environment by carol@acme.example,
            2026-11-18T10:11:12Z (3 days ago), which no longer stood
              fine
compared    with v11

message 1 (user)
  1 1 ~ Ask{+ first+}.

in force    event 57  deployed clinical-intake v12 to production, replacing v11
            by dee@acme.example, 2026-11-18T10:11:12Z (3 days ago)
            it is active now
            reference CAB-7
            After the review.
approvals   1 of 2: bob@acme.example
`);
  });

  test('of a deployment shows its calls, and those of something else', () => {
    const text = traceText(DEPLOYMENT, plainPage());
    expect(text).toContain('            until 2026-11-18T10:12:12Z, event 58\n');
    expect(text).toContain(`calls       1,812 calls (3 failed) by 40 users
            from 2026-11-19T00:00:00.001Z to 2026-11-20T00:00:00.002Z
newest      ${ID}

Of clinical-intake in production meanwhile, but of something else than v12:
others      1 call
`);
  });

  test('of a version shows where it was, and what used it', () => {
    const text = traceText(OF_VERSION, plainPage());
    expect(text).toContain(`decisions   none
compared    with nothing: it is the first version
            v1 cannot be read as a prompt

event  environment             from                  until  calls
   57  production (EMERGENCY)  2026-11-18T10:11:12Z  now    1,812

where       production
calls       1,812 calls (3 failed) by 40 users
`);
    expect(text).toContain('where       the calls do not say\ncalls       no calls\n');
    expect(text).toContain('2 calls used it where or when it was not active: see calls reconcile.\n');
    const unused: Trace = { ...OF_VERSION, stays: [], environments: [], outside: 0 };
    expect(traceText(unused, plainPage()).slice(-52)).toBe(
      ' a prompt\n\nIt was never deployed.\n\nNo call used it.\n',
    );
  });

  test('is a document with null for what is not known', () => {
    const call = JSON.parse(traceJson({ ...CALL, deployment: undefined }));
    expect(call).toMatchObject({
      schema: 'promptaudit/trace@1',
      kind: 'call',
      verdict: 'never-approved',
      call: { id: ID, 'user.id': 'u77' },
      version: {
        version: 12,
        commit: OID,
        time: '2026-11-18T10:11:12Z',
        decisions: [{ stood: true, time: '2026-11-18T10:11:12Z' }, { stood: false }],
        diff: { against: 11, changes: { status: 'changed' }, problem: null },
      },
      deployment: null,
      active: null,
    });
    const deployment = JSON.parse(traceJson(DEPLOYMENT));
    expect(deployment.deployment).toEqual({
      ...DEPLOYED,
      from: '2026-11-18T10:11:12Z',
      until: '2026-11-18T10:12:12Z',
      endedBy: 58,
    });
    expect(deployment.usage.used).toMatchObject({ calls: 1812, first: '2026-11-19T00:00:00.001Z' });
    const version = JSON.parse(traceJson(OF_VERSION));
    expect(version.stays[0].deployment).toMatchObject({ until: null, endedBy: null });
    expect(version.environments[1]).toEqual({
      environment: null,
      used: { ...UNUSED, first: null, last: null },
    });
    expect(version.version.diff).toEqual({
      against: null,
      changes: null,
      problem: 'v1 cannot be read as a prompt',
    });
  });
});

const GROUP: ReconciledGroup = {
  prompt: 'clinical-intake',
  version: '11',
  digest: DIGEST,
  environment: 'production',
  verdict: 'not-deployed',
  fault: true,
  active: { version: 12, sequence: 57 },
  calls: 40,
  first: Date.parse('2026-11-19T00:00:00.001Z'),
  last: Date.parse('2026-11-20T00:00:00.002Z'),
  users: 3,
  skewed: 1,
  examples: [ID],
};
const NONE = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Reconciliation['verdicts'];

function reconciliation(groups: readonly ReconciledGroup[], more = 0): Reconciliation {
  const total = (some: readonly ReconciledGroup[]) => some.reduce((sum, { calls }) => sum + calls, 0);
  const faults = total(groups.filter(({ fault }) => fault));
  const skewed = groups.reduce((sum, group) => sum + group.skewed, 0);
  return {
    ok: faults === 0,
    tolerance: 60_000,
    strict: false,
    calls: total(groups),
    faults,
    skewed,
    verdicts: { ...NONE, 'not-deployed': faults },
    groups,
    more,
  };
}

describe('a reconciliation', () => {
  const fine: ReconciledGroup = {
    ...GROUP,
    verdict: 'ok',
    fault: false,
    active: undefined,
    skewed: 0,
    version: '12',
  };
  const silent: ReconciledGroup = {
    ...fine,
    verdict: 'no-prompt',
    prompt: undefined,
    version: undefined,
    digest: undefined,
    environment: undefined,
    calls: 1,
  };

  test('tells the faults one by one, and the rest in a line each', () => {
    expect(
      reconcileText(reconciliation([GROUP, silent, fine]), plainPage()),
    ).toBe(`40 of 81 calls cannot be reconciled with the ledger.
Deployments count for 60 s more at both ends.
1 call occurred more than five minutes after being recorded: a clock is wrong.

not-deployed
  clinical-intake v11 in production was not active there then: v12 was (event
  57)
  calls     40 calls by 3 users, 1 call with a wrong clock
  from      2026-11-19T00:00:00.001Z to 2026-11-20T00:00:00.002Z
  sha256    ${'ab12'.repeat(16)}
  newest    ${ID}

no-prompt       calls name no prompt: 1 call
ok              clinical-intake v12 in production was active and approved: 40
                calls
`);
  });

  test('tells a content by its digest', () => {
    const strange: ReconciledGroup = {
      ...GROUP,
      verdict: 'unknown-digest',
      version: undefined,
      active: undefined,
    };
    const text = (group: ReconciledGroup) => reconcileText(reconciliation([group]), plainPage());
    expect(text(strange)).toContain(
      '\n  clinical-intake by its digest in production is of no version that the registry\n  has\n',
    );
    expect(text({ ...strange, prompt: undefined })).toContain(
      '\n  a prompt by its digest in production is of no',
    );
    expect(text({ ...strange, verdict: 'no-version', digest: undefined, fault: false })).toContain(
      'no-version      clinical-intake in production was used, the calls do not say\n',
    );
  });

  test('without faults says so, and what it leaves out', () => {
    const many = Array.from({ length: 22 }, () => fine);
    const text = reconcileText(reconciliation(many, 1000), plainPage());
    expect(text.split('\n')[0]).toBe('880 calls: every one is accounted for.');
    expect(text).toContain('And 1,002 groups more: see them with --json.\n');
    expect(reconcileText(reconciliation([]), plainPage())).toContain(
      '0 calls: every one is accounted for.\n',
    );
  });

  test('is a document', () => {
    const document = JSON.parse(reconcileJson(reconciliation([GROUP, silent], 7)));
    expect(document).toEqual({
      schema: 'promptaudit/reconcile@1',
      ok: false,
      toleranceMs: 60_000,
      strict: false,
      calls: 41,
      faults: 40,
      skewed: 1,
      verdicts: { ...NONE, 'not-deployed': 40 },
      groups: [
        { ...GROUP, first: '2026-11-19T00:00:00.001Z', last: '2026-11-20T00:00:00.002Z' },
        expect.objectContaining({
          prompt: null,
          version: null,
          digest: null,
          environment: null,
          active: null,
        }),
      ],
      more: 7,
    });
  });
});

test('whatever stands in records, prompts and the ledger, no line is too wide and nothing reaches the terminal', () => {
  const nasty = `\u001b[2J\u202e${'x'.repeat(200)}\r\n`;
  const nastily = <T>(value: T): T =>
    JSON.parse(JSON.stringify(value), (key, item) =>
      typeof item === 'string' &&
      !['kind', 'verdict', 'decision', 'status', 'section', 'role'].includes(key) &&
      item !== '*'
        ? nasty
        : item,
    );
  const texts = [
    ...[CALL, DEPLOYMENT, OF_VERSION].map((one) => traceText(nastily(one), plainPage())),
    reconcileText(reconciliation(VERDICTS.map((verdict) => nastily({ ...GROUP, verdict }))), plainPage()),
  ];
  for (const text of texts) {
    expect(text).toContain('\\x1b[2J');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    expect(Math.max(...text.split('\n').map(visibleWidth))).toBeLessThanOrEqual(80);
  }
});
