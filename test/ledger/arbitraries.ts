import fc from 'fast-check';
import type { Oid } from '../../src/git/object.ts';
import { decisionTagRef } from '../../src/ledger/decisiontag.ts';
import {
  DECISIONS,
  DEPLOYMENT_KINDS,
  type DecisionKind,
  type EnvironmentSet,
  ERASURE_SELECTORS,
  type EventDetail,
  type LedgerEvent,
  RETENTION_CLASSES,
  type RegistryId,
  type Sha256,
} from '../../src/ledger/event.ts';
import { RECORD_CLASSES, type SegmentName } from '../../src/ledger/segment.ts';
import { lineProblem, reasonProblem, tidyReason } from '../../src/ledger/text.ts';
import { codePoint } from '../helpers/codepoints.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });

export const oid = hex(40) as fc.Arbitrary<Oid>;
export const digest = hex(64).map((digits) => `sha256:${digits}` as Sha256);
export const registry = hex(32).map(
  (d) =>
    `${d.slice(0, 8)}-${d.slice(8, 12)}-${d.slice(12, 16)}-${d.slice(16, 20)}-${d.slice(20)}` as RegistryId,
);
export const number = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);

const segment = fc.oneof(
  fc.constantFrom('v3', 'approved', 'rejected', 'a', '0', 'clinical-intake', 'x.y_z'),
  fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,8}$/),
);
export const prompt = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => segments.join('/'))
  .filter((name) => name !== 'policy');
export const principal = fc
  .tuple(
    fc.stringMatching(/^[a-z][a-z0-9+_-]{0,9}$/),
    fc.constantFrom('acme.example', 'x', 'müller.example', 'h.v3'),
  )
  .map(([user, host]) => `${user}@${host}`);

const environment = fc
  .stringMatching(/^[a-z][a-z0-9-]{0,31}$/)
  .filter((name) => !/^[0-9a-f]+$/.test(name) && name !== 'latest' && name !== 'draft');
export const environments: fc.Arbitrary<EnvironmentSet> = fc.oneof(
  fc.constant('*' as const),
  fc.uniqueArray(environment, { minLength: 1, maxLength: 4 }).map((names) => names.sort()),
);

/** Text from all of Unicode. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: codePoint, maxLength: 60 }),
  fc.lorem({ maxCount: 8 }),
);
const line = anyText.map((text) => tidyReason(text).trim()).filter((text) => lineProblem(text) === undefined);
export const reason = fc
  .array(anyText, { minLength: 1, maxLength: 4 })
  .map((lines) => tidyReason(lines.join('\n')))
  .filter((text) => reasonProblem(text) === undefined);

const onVersion = { commit: oid, prompt, version: number };
const none = fc.constant(undefined);

const decision = fc
  .record({
    event: fc.constantFrom<DecisionKind>(...DECISIONS),
    ...onVersion,
    contentDigest: digest,
    environments,
    tagObject: oid,
    by: principal,
    ordinal: fc.integer({ min: 1, max: 12 }),
    onPolicy: fc.boolean(),
  })
  .map(({ by, ordinal, onPolicy, ...detail }): EventDetail => {
    const scope = onPolicy ? { ...detail, prompt: 'policy', environments: '*' as const } : detail;
    return { ...scope, tag: decisionTagRef(scope.prompt, scope.version, scope.event, by, ordinal) };
  });

/** Of the years 0 to 9999: the latest millisecond of all is 9999-12-31T23:59:59.999Z. */
const time = fc
  .oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }),
    fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }),
  )
  .map((milliseconds) => new Date(milliseconds).toISOString());
const segmentOfRecords = fc
  .tuple(
    fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,12}[a-z0-9])?$/),
    fc.constantFrom(...RECORD_CLASSES),
    time,
    hex(6),
  )
  .map(
    ([recorder, kind, opened, random]) =>
      `${recorder}-${kind}-${opened
        .replace(/\.\d{3}/, '')
        .replace(/[-:]/g, '')
        .toLowerCase()}${random}` as SegmentName,
  );
const hold = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,63}$/);

const onCalls: fc.Arbitrary<EventDetail> = fc.oneof(
  fc
    .record({
      event: fc.constant('seal' as const),
      segment: segmentOfRecords,
      records: number,
      times: fc.tuple(time, time).map((times) => times.sort()),
      merkleRoot: digest,
      fileDigest: digest,
      fileSize: number,
      previousSegment: fc.oneof(none, segmentOfRecords),
    })
    .map(({ times: [first, last], ...rest }) => ({ ...rest, first, last })),
  fc.record({ event: fc.constant('hold' as const), hold, queryDigest: digest }),
  fc.record({ event: fc.constant('release' as const), hold }),
  fc.record({
    event: fc.constant('purge' as const),
    class: fc.constantFrom(...RETENTION_CLASSES),
    before: time,
    segments: number,
    certificate: digest,
  }),
  fc.record({
    event: fc.constant('erasure' as const),
    erasure: registry,
    selector: fc.constantFrom(...ERASURE_SELECTORS),
    records: number,
    parts: fc.oneof(fc.constant(0), number),
    certificate: digest,
  }),
);

const detail: fc.Arbitrary<EventDetail> = fc.oneof(
  onCalls,
  fc.record({ event: fc.constant('genesis' as const), name: line }),
  fc.record({ event: fc.constant('policy' as const), version: number, commit: oid, contentDigest: digest }),
  fc
    .record({
      event: fc.constant('version' as const),
      ...onVersion,
      contentDigest: digest,
      folder: fc.constantFrom('prompts', 'a/b', '質問'),
      suffix: fc.constantFrom('.prompt.yml', '.prompt.yaml'),
    })
    .map(({ folder, suffix, ...rest }) => ({ ...rest, path: `${folder}/${rest.prompt}${suffix}` })),
  decision,
  fc.record({
    event: fc.constant('deployment' as const),
    ...onVersion,
    contentDigest: digest,
    environment,
    replaces: fc.oneof(none, number),
    kind: fc.constantFrom(...DEPLOYMENT_KINDS),
    reference: fc.oneof(none, line),
  }),
  fc.record({
    event: fc.constant('withdrawal' as const),
    ...onVersion,
    environment,
    reference: fc.oneof(none, line),
  }),
  fc.record({ event: fc.constant('retirement' as const), commit: oid, prompt }),
  fc.record({
    event: fc.constant('acknowledgement' as const),
    finding: fc.constantFrom('ledger/tree', 'deployment/unreviewed-emergency'),
    target: fc.oneof(number, oid),
  }),
);

const MUST_SPEAK = [...DECISIONS, 'acknowledgement', 'hold', 'release', 'erasure'];

/** Every kind of event, each well-formed. */
export const ledgerEvent: fc.Arbitrary<LedgerEvent> = fc
  .record({
    detail,
    reason,
    silent: fc.boolean(),
    sequence: number,
    previous: digest,
    registry,
    policy: number,
  })
  .map(({ silent, ...event }): LedgerEvent => {
    const said = silent && !MUST_SPEAK.includes(event.detail.event) ? '' : event.reason;
    if (event.detail.event === 'genesis')
      return { ...event, reason: said, sequence: 1, previous: undefined, policy: 0 };
    const sequence = Math.max(event.sequence, 2);
    return { ...event, reason: said, sequence, policy: sequence === 2 ? 0 : event.policy };
  });
