import { hash } from 'node:crypto';
import type { Finding } from '../trail/model.ts';
import { type CodeEntry, codeEntries, familyOf } from './codes.ts';
import { acknowledgedBy, placeUntold } from './findings.ts';
import { forUpload } from './importance.ts';
import { jsonDocument } from './json.ts';
import type { AcknowledgedFinding, VerifyReport } from './rows.ts';
import { sanitize } from './text.ts';
import { count } from './time.ts';

/**
 * A SARIF 2.1.0 log (OASIS Standard) of one run, with what GitHub's code scanning asks for besides. Rules are all that
 * `verify` knows; what is acknowledged is a suppressed result, and a note, for GitHub reads no suppressions.
 */
export function verifySarif(report: VerifyReport, toolVersion: string): string {
  const { findings, acknowledged, left } = forUpload(report);
  const rules = codeEntries([...findings, ...acknowledged]);
  const context: Context = {
    registry: report.registry ?? '',
    ruleIndex: new Map(rules.map(({ code }, index) => [code, index])),
    seen: new Map(),
  };
  return jsonDocument({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'promptaudit', version: toolVersion, rules: rules.map(descriptor) } },
        invocations: [invocation(report, left)],
        columnKind: 'utf16CodeUnits',
        results: [
          ...findings.map((finding) => openResult(finding, context)),
          ...acknowledged.map((finding) => suppressedResult(finding, context)),
        ],
        properties: runProperties(report),
      },
    ],
  });
}

interface Context {
  readonly registry: string;
  readonly ruleIndex: ReadonlyMap<string, number>;
  /** How often each fingerprint was given. */
  readonly seen: Map<string, number>;
}

function descriptor({ code, severity, title, help }: CodeEntry): object {
  return {
    id: sanitize(code),
    shortDescription: message(title),
    fullDescription: message(`${title}.`),
    help: message(`To do: ${help}.`),
    defaultConfiguration: { level: severity },
    properties: { tags: ['prompt-registry', sanitize(familyOf(code))] },
  };
}

/** The run itself succeeds unless history is cut short: then nothing can be told. */
function invocation({ findings, notProven }: VerifyReport, left: number): object {
  const notes = notProven.map((text) => ({ level: 'note', message: message(`Not proven: ${text}`) }));
  const cut = `${count(left, 'further finding')} left out: see promptaudit verify --json`;
  return {
    executionSuccessful: findings.every(({ code }) => code !== 'repo/shallow'),
    toolExecutionNotifications: [
      ...(left > 0 ? [{ level: 'warning', message: message(cut) }] : []),
      ...notes,
    ],
  };
}

function runProperties(report: VerifyReport): object {
  const { ref, registry, root, head, ok, counts, signers, since, notProven } = report;
  return {
    ref: sanitize(ref),
    registry: registry ?? null,
    root: root ?? null,
    head: head ? { sequence: head.sequence, commit: head.commit, digest: head.digest } : null,
    ok,
    counts,
    signers: signers.map(({ principal, name, events }) => ({
      principal: sanitize(principal),
      name: sanitize(name),
      events,
    })),
    since: since?.sequence ?? null,
    notProven: notProven.map(sanitize),
  };
}

function openResult(finding: Finding, context: Context): object {
  return { ...result(finding, context, `To do: ${finding.hint}`), level: finding.severity };
}

function suppressedResult(finding: AcknowledgedFinding, context: Context): object {
  return {
    ...result(finding, context, `Acknowledged ${acknowledgedBy(finding)}`),
    level: 'note',
    suppressions: [
      {
        kind: 'external',
        status: 'accepted',
        justification: sanitize(finding.reason),
        properties: { by: sanitize(finding.by), acknowledgement: finding.acknowledgement },
      },
    ],
  };
}

function result(finding: Finding, context: Context, more: string): object {
  const place = placeUntold(finding);
  const what = place === '' ? finding.message : `${place}: ${finding.message}`;
  return {
    ruleId: sanitize(finding.code),
    ruleIndex: context.ruleIndex.get(finding.code) ?? -1,
    message: message(`${what}. ${more}`),
    locations: [{ physicalLocation: PLACE, logicalLocations: logicalLocations(finding) }],
    partialFingerprints: { primaryLocationLineHash: fingerprint(finding, context) },
  };
}

/** Code scanning shows no result without a file, and nothing here is in one: so it is the one that every registry has. */
const PLACE = {
  artifactLocation: { uri: '.promptaudit/policy.yml' },
  region: { startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 },
};

function logicalLocations({ sequence, prompt, version, ref, object }: Finding): object[] {
  return [
    ...(sequence === undefined ? [] : [logical('event', `event ${sequence}`, String(sequence))]),
    ...(prompt === undefined ? [] : [promptLocation(prompt, version)]),
    ...(ref === undefined ? [] : [logical('ref', ref, ref)]),
    ...(object === undefined ? [] : [logical('object', object.slice(0, 10), object)]),
  ];
}

function promptLocation(prompt: string, version: number | undefined): object {
  return version === undefined
    ? logical('prompt', prompt, prompt)
    : logical('prompt', `${prompt} v${version}`, `${prompt}@${version}`);
}

function logical(kind: string, name: string, fullyQualifiedName: string): object {
  return { kind, name: sanitize(name), fullyQualifiedName: sanitize(fullyQualifiedName) };
}

/**
 * The same for the same finding in every run, in the form that GitHub gives them; under the one name that it compares,
 * because all results are on one line of one file and only this tells them apart. The message is no part of it.
 */
function fingerprint({ code, sequence, prompt, version, ref, object }: Finding, context: Context): string {
  const identity = JSON.stringify([context.registry, code, sequence, prompt, version, ref, object]);
  const digest = hash('sha256', identity, 'hex').slice(0, 16);
  const nth = (context.seen.get(digest) ?? 0) + 1;
  context.seen.set(digest, nth);
  return `${digest}:${nth}`;
}

/**
 * A message object (section 3.11) in which text from the repository is nothing but text: no link (3.11.6) and no
 * placeholder (3.11.5).
 */
function message(raw: string): { readonly text: string } {
  return { text: sanitize(raw).replaceAll('](', '] (').replace(/[{}]/g, '$&$&') };
}
