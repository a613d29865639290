import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../src/report/rows.ts';
import { verifySarif } from '../../src/report/sarif.ts';
import type { Finding } from '../../src/trail/model.ts';
import { reports } from './arbitraries.ts';
import { BROKEN, DANGEROUS, DIGEST, HOSTILE, manyFindings, OID, SOUND, UNAPPROVED } from './fixtures.ts';

interface Message {
  readonly text: string;
}

interface Result {
  readonly ruleId: string;
  readonly ruleIndex: number;
  readonly level: string;
  readonly message: Message;
  readonly locations: readonly {
    readonly physicalLocation: object;
    readonly logicalLocations: readonly object[];
  }[];
  readonly partialFingerprints: { readonly primaryLocationLineHash: string };
  readonly suppressions?: readonly object[];
}

interface Run {
  readonly tool: {
    readonly driver: {
      readonly version: string;
      readonly rules: readonly {
        readonly id: string;
        readonly shortDescription: Message;
        readonly fullDescription: Message;
        readonly help: Message;
      }[];
    };
  };
  readonly invocations: readonly {
    readonly executionSuccessful: boolean;
    readonly toolExecutionNotifications: readonly { readonly level: string; readonly message: Message }[];
  }[];
  readonly results: readonly Result[];
  readonly properties: object;
}

const {
  $schema: _draft,
  id: _id,
  ...SCHEMA
} = JSON.parse(readFileSync(join(import.meta.dirname, '../vectors/sarif-schema-2.1.0.json'), 'utf8'));
const validate = new Ajv({
  strict: false,
  // One of its patterns has a bracket too many.
  unicodeRegExp: false,
  formats: {
    uri: (uri: string) => URL.canParse(uri),
    'uri-reference': (uri: string) => URL.canParse(uri, 'https://example.org/') && !/[\s\\]/.test(uri),
    'date-time': (time: string) => !Number.isNaN(Date.parse(time)),
  },
}).compile(SCHEMA);

function runOf(report: VerifyReport): Run {
  const log = JSON.parse(verifySarif(report, '1.2.3'));
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  expect(log.runs).toHaveLength(1);
  return log.runs[0];
}

function resultsOf(findings: readonly Finding[], more: Partial<VerifyReport> = {}): readonly Result[] {
  return runOf({ ...BROKEN, acknowledged: [], findings, ...more }).results;
}

function fingerprintsOf(findings: readonly Finding[], more: Partial<VerifyReport> = {}): string[] {
  return resultsOf(findings, more).map((result) => result.partialFingerprints.primaryLocationLineHash);
}

it('is told from what is no SARIF', () => {
  expect(validate({ version: '2.1.0', runs: [{ tool: { driver: {} } }] })).toBe(false);
});

it('says what a run found, where, and what to do', () => {
  const { tool, results, invocations, properties } = runOf(BROKEN);
  expect(tool.driver).toMatchObject({ name: 'promptaudit', version: '1.2.3' });
  expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
    ['deployment/unapproved', 'error'],
    ['repo/ref-name', 'warning'],
    ['deployment/unapproved', 'note'],
  ]);
  expect(results[0]).toEqual({
    ruleId: 'deployment/unapproved',
    ruleIndex: expect.any(Number),
    level: 'error',
    message: {
      text: 'event 57, clinical-intake v12: production asks for 2 approvals and it has 1. To do: have it approved by one more approver',
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: '.promptaudit/policy.yml' },
          region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
        },
        logicalLocations: [
          { kind: 'event', name: 'event 57', fullyQualifiedName: '57' },
          { kind: 'prompt', name: 'clinical-intake v12', fullyQualifiedName: 'clinical-intake@12' },
          { kind: 'object', name: '3f2a9c1d5b', fullyQualifiedName: OID },
        ],
      },
    ],
    partialFingerprints: { primaryLocationLineHash: expect.stringMatching(/^[0-9a-f]{16}:1$/) },
  });
  expect(results[1]?.locations[0]?.logicalLocations).toEqual([
    { kind: 'ref', name: 'refs/tags/promptaudit/odd', fullyQualifiedName: 'refs/tags/promptaudit/odd' },
  ]);
  expect(invocations).toEqual([
    {
      executionSuccessful: true,
      toolExecutionNotifications: [
        {
          level: 'note',
          message: { text: 'Not proven: Nothing outside this clone vouches for the newest events.' },
        },
      ],
    },
  ]);
  expect(properties).toMatchObject({
    ref: 'refs/notes/promptaudit',
    registry: '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11',
    root: DIGEST,
    head: { sequence: 57, commit: OID, digest: DIGEST },
    ok: false,
    counts: { events: 57, signatures: 60, versions: 12, approvals: 1, deployments: 14 },
    notProven: ['Nothing outside this clone vouches for the newest events.'],
  });
});

it('suppresses what was acknowledged, with who did and why', () => {
  const acknowledged = runOf(BROKEN).results[2];
  expect(acknowledged?.suppressions).toEqual([
    {
      kind: 'external',
      status: 'accepted',
      justification: 'Reviewed later',
      properties: { by: 'ann@acme.example', acknowledgement: 58 },
    },
  ]);
  expect(acknowledged?.message.text).toContain(
    'Acknowledged by ann@acme.example in event 58: Reviewed later',
  );
});

describe('the rules', () => {
  it('are the same whatever was found, and have all texts that code scanning requires', () => {
    const { rules } = runOf(SOUND).tool.driver;
    expect(runOf(BROKEN).tool.driver.rules).toEqual(rules);
    expect(rules.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['ledger/rollback', 'signature/revoked', 'repo/unknown-ref']),
    );
    for (const { shortDescription, fullDescription, help } of rules) {
      for (const { text } of [shortDescription, fullDescription, help]) {
        expect(text).not.toBe('');
        expect(text.length).toBeLessThanOrEqual(1024);
      }
    }
  });

  it('have one for each result, whatever its code', () => {
    fc.assert(
      fc.property(reports, (report) => {
        const { tool, results } = runOf(report);
        expect(results).toHaveLength(report.findings.length + report.acknowledged.length);
        for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
      }),
      { numRuns: 200 },
    );
  });
});

describe('fingerprints', () => {
  it('do not depend on what is said of a finding', () => {
    const reworded = { ...UNAPPROVED, message: 'Two approvals are missing', hint: 'get them' };
    expect(fingerprintsOf([reworded])).toEqual(fingerprintsOf([UNAPPROVED]));
  });

  it.each<[string, Partial<Finding>, Partial<VerifyReport>]>([
    ['the code', { code: 'deployment/soak' }, {}],
    ['the event', { sequence: 58 }, {}],
    ['the prompt', { prompt: 'other' }, {}],
    ['the version', { version: 13 }, {}],
    ['the ref', { ref: 'refs/heads/main' }, {}],
    ['the object', { object: OID.replace('3', '4') }, {}],
    ['the registry', {}, { registry: '00000000-0000-4000-8000-000000000000' }],
  ])('depend on %s', (_what, change, more) => {
    expect(fingerprintsOf([{ ...UNAPPROVED, ...change }], more)).not.toEqual(fingerprintsOf([UNAPPROVED]));
  });

  it('are different for two findings of one code in one place', () => {
    const prints = fingerprintsOf([UNAPPROVED, { ...UNAPPROVED, message: 'another' }]);
    expect(prints[1]).toBe(prints[0]?.replace(/:1$/, ':2'));
  });
});

it('says that it could not tell where history is cut short', () => {
  const shallow: Finding = { ...UNAPPROVED, code: 'repo/shallow' };
  expect(runOf({ ...BROKEN, findings: [shallow] }).invocations[0]?.executionSuccessful).toBe(false);
});

it('holds as many results as GitHub takes, errors first, and says how many more there are', () => {
  const warnings = manyFindings(2).map((finding) => ({ ...finding, severity: 'warning' as const }));
  const report = { ...BROKEN, findings: [...warnings, ...manyFindings(24_999).reverse()] };
  const { results, invocations } = runOf(report);
  expect(results).toHaveLength(25_000);
  expect(results[0]?.message.text).toMatch(/^event 1,/);
  expect(results.filter(({ level }) => level === 'error')).toHaveLength(24_999);
  expect(invocations[0]?.toolExecutionNotifications[0]).toEqual({
    level: 'warning',
    message: { text: '2 further findings left out: see promptaudit verify --json' },
  });
});

it('is harmless in a terminal and as a message: no link, no placeholder', () => {
  const hostile = { ...UNAPPROVED, message: `${HOSTILE} [open](https://evil.example) {0}`, prompt: HOSTILE };
  const report = { ...BROKEN, findings: [hostile], ref: HOSTILE, notProven: [HOSTILE] };
  expect(verifySarif(report, '1.2.3')).not.toMatch(DANGEROUS);
  const text = runOf(report).results[0]?.message.text;
  expect(text).not.toMatch(DANGEROUS);
  expect(text).toContain('[open] (https://evil.example) {{0}}');
});
