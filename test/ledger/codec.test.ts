import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Oid } from '../../src/git/object.ts';
import { decodeEvent, encodeEvent } from '../../src/ledger/codec.ts';
import type { Detail, LedgerEvent, RegistryId, Sha256 } from '../../src/ledger/event.ts';
import type { SegmentName } from '../../src/ledger/segment.ts';
import { codePoint } from '../helpers/codepoints.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { ledgerEvent } from './arbitraries.ts';

const COMMIT = '3f2a9c1d00112233445566778899aabbccddeeff' as Oid;
const TAG_OBJECT = '00000000000000000000000000000000000000a1' as Oid;
const CONTENT = `sha256:${'ab12'.repeat(16)}` as Sha256;
const PREVIOUS = `sha256:${'9f2c'.repeat(16)}` as Sha256;
const REGISTRY = '6f0c1b0e-5a57-4c7e-9d07-0c7d3b0f4a11' as RegistryId;

/** Design section 1.1, with the digits that it leaves out. */
const DEPLOYMENT_TEXT = `deploy clinical-intake v12 to production

Evening rollout after the safety review.

Event: deployment
Sequence: 57
Previous: ${PREVIOUS}
Registry: ${REGISTRY}
Policy: 3
Commit: ${COMMIT}
Prompt: clinical-intake
Version: 12
Content-Digest: ${CONTENT}
Environment: production
Replaces: 11
Kind: rollout
Reference: CAB-1432
`;

const DEPLOYMENT: Detail<'deployment'> = {
  event: 'deployment',
  commit: COMMIT,
  prompt: 'clinical-intake',
  version: 12,
  contentDigest: CONTENT,
  environment: 'production',
  replaces: 11,
  kind: 'rollout',
  reference: 'CAB-1432',
};

const eventOf = (detail: LedgerEvent['detail'], reason = ''): LedgerEvent => ({
  sequence: 57,
  previous: PREVIOUS,
  registry: REGISTRY,
  policy: 3,
  detail,
  reason,
});

const header = (event: string) => `Event: ${event}
Sequence: 57
Previous: ${PREVIOUS}
Registry: ${REGISTRY}
Policy: 3
`;

const decisionText = (event: string, word: string, subject: string, environments: string) => `${subject}

reviewed for clinical safety

${header(event)}Commit: ${COMMIT}
Prompt: clinical-intake
Version: 12
Content-Digest: ${CONTENT}
Environments: ${environments}
Tag: refs/tags/promptaudit/clinical-intake/v12/${word}
Tag-Object: ${TAG_OBJECT}
`;

const decision = (
  event: 'approval' | 'rejection' | 'revocation',
  word: string,
  environments: '*' | string[],
) =>
  eventOf(
    {
      event,
      commit: COMMIT,
      prompt: 'clinical-intake',
      version: 12,
      contentDigest: CONTENT,
      environments,
      tag: `refs/tags/promptaudit/clinical-intake/v12/${word}`,
      tagObject: TAG_OBJECT,
    },
    'reviewed for clinical safety',
  );

const EXAMPLES: readonly (readonly [name: string, text: string, event: LedgerEvent])[] = [
  ['rollout', DEPLOYMENT_TEXT, eventOf(DEPLOYMENT, 'Evening rollout after the safety review.')],
  [
    'genesis',
    `found registry acme-clinical\n\nEvent: genesis\nSequence: 1\nRegistry: ${REGISTRY}\nPolicy: 0\nName: acme-clinical\n`,
    {
      sequence: 1,
      previous: undefined,
      registry: REGISTRY,
      policy: 0,
      detail: { event: 'genesis', name: 'acme-clinical' },
      reason: '',
    },
  ],
  [
    'policy',
    `set policy v4\n\n${header('policy')}Version: 4\nCommit: ${COMMIT}\nContent-Digest: ${CONTENT}\n`,
    eventOf({ event: 'policy', version: 4, commit: COMMIT, contentDigest: CONTENT }),
  ],
  [
    'version',
    `commit triage/v3 v2\n\nAsk for allergies first.\n\nThen for medication.\n\n${header('version')}Commit: ${COMMIT}\nPrompt: triage/v3\nVersion: 2\nPath: prompts/triage/v3.prompt.yaml\nContent-Digest: ${CONTENT}\n`,
    eventOf(
      {
        event: 'version',
        commit: COMMIT,
        prompt: 'triage/v3',
        version: 2,
        path: 'prompts/triage/v3.prompt.yaml',
        contentDigest: CONTENT,
      },
      'Ask for allergies first.\n\nThen for medication.',
    ),
  ],
  [
    'approval',
    decisionText(
      'approval',
      'approved/bob@acme.example',
      'approve clinical-intake v12 for production, staging',
      'production, staging',
    ),
    decision('approval', 'approved/bob@acme.example', ['production', 'staging']),
  ],
  [
    'rejection',
    decisionText(
      'rejection',
      'rejected/bob@acme.example.2',
      'reject clinical-intake v12 for every environment',
      '*',
    ),
    decision('rejection', 'rejected/bob@acme.example.2', '*'),
  ],
  [
    'revocation',
    decisionText(
      'revocation',
      'revoked/bob@acme.example.3',
      'revoke the decision of bob@acme.example on clinical-intake v12 for production',
      'production',
    ),
    decision('revocation', 'revoked/bob@acme.example.3', ['production']),
  ],
  [
    'rollback',
    `roll back clinical-intake to v11 in production\n\n${header('deployment')}Commit: ${COMMIT}\nPrompt: clinical-intake\nVersion: 11\nContent-Digest: ${CONTENT}\nEnvironment: production\nReplaces: 12\nKind: rollback\n`,
    eventOf({ ...DEPLOYMENT, version: 11, replaces: 12, kind: 'rollback', reference: undefined }),
  ],
  [
    'emergency',
    `deploy clinical-intake v12 to production in an emergency\n\nWrong dose in v11.\n\n${header('deployment')}Commit: ${COMMIT}\nPrompt: clinical-intake\nVersion: 12\nContent-Digest: ${CONTENT}\nEnvironment: production\nReplaces: none\nKind: emergency\n`,
    eventOf(
      { ...DEPLOYMENT, replaces: undefined, kind: 'emergency', reference: undefined },
      'Wrong dose in v11.',
    ),
  ],
  [
    'withdrawal',
    `withdraw clinical-intake v12 from production\n\n${header('withdrawal')}Commit: ${COMMIT}\nPrompt: clinical-intake\nVersion: 12\nEnvironment: production\n`,
    eventOf({
      event: 'withdrawal',
      commit: COMMIT,
      prompt: 'clinical-intake',
      version: 12,
      environment: 'production',
      reference: undefined,
    }),
  ],
  [
    'retirement',
    `retire clinical-intake\n\n${header('retirement')}Commit: ${COMMIT}\nPrompt: clinical-intake\n`,
    eventOf({ event: 'retirement', commit: COMMIT, prompt: 'clinical-intake' }),
  ],
  [
    'acknowledgement of an event',
    `acknowledge deployment/unreviewed-emergency at 41\n\nThe clinic was down.\n\n${header('acknowledgement')}Finding: deployment/unreviewed-emergency\nTarget: 41\n`,
    eventOf(
      { event: 'acknowledgement', finding: 'deployment/unreviewed-emergency', target: 41 },
      'The clinic was down.',
    ),
  ],
  [
    'acknowledgement of an object',
    `acknowledge version/unregistered at ${COMMIT}\n\nA merge by hand.\n\n${header('acknowledgement')}Finding: version/unregistered\nTarget: ${COMMIT}\n`,
    eventOf(
      { event: 'acknowledgement', finding: 'version/unregistered', target: COMMIT },
      'A merge by hand.',
    ),
  ],
  [
    'seal',
    `seal intake-api-calls-20261121t101112z9f2c1a

${header('seal')}Segment: intake-api-calls-20261121t101112z9f2c1a
Records: 1000000
First: 2026-11-21T10:11:12.345Z
Last: 2026-11-21T11:11:12.000Z
Merkle-Root: ${CONTENT}
File-Digest: ${PREVIOUS}
File-Size: 114000000
Previous-Segment: intake-api-calls-20261121t091112z000001
`,
    eventOf({
      event: 'seal',
      segment: 'intake-api-calls-20261121t101112z9f2c1a' as SegmentName,
      records: 1_000_000,
      first: '2026-11-21T10:11:12.345Z',
      last: '2026-11-21T11:11:12.000Z',
      merkleRoot: CONTENT,
      fileDigest: PREVIOUS,
      fileSize: 114_000_000,
      previousSegment: 'intake-api-calls-20261121t091112z000001' as SegmentName,
    }),
  ],
  [
    'first seal, of one record',
    `seal a-access-00000101t000000z000000

${header('seal')}Segment: a-access-00000101t000000z000000
Records: 1
First: 0000-01-01T00:00:00.000Z
Last: 0000-01-01T00:00:00.000Z
Merkle-Root: ${CONTENT}
File-Digest: ${PREVIOUS}
File-Size: 1
Previous-Segment: none
`,
    eventOf({
      event: 'seal',
      segment: 'a-access-00000101t000000z000000' as SegmentName,
      records: 1,
      first: '0000-01-01T00:00:00.000Z',
      last: '0000-01-01T00:00:00.000Z',
      merkleRoot: CONTENT,
      fileDigest: PREVIOUS,
      fileSize: 1,
      previousSegment: undefined,
    }),
  ],
  [
    'hold',
    `hold case-4711\n\nAsked for by the court.\n\n${header('hold')}Hold: case-4711\nQuery-Digest: ${CONTENT}\n`,
    eventOf({ event: 'hold', hold: 'case-4711', queryDigest: CONTENT }, 'Asked for by the court.'),
  ],
  [
    'release',
    `release hold case-4711\n\nThe case is closed.\n\n${header('release')}Hold: case-4711\n`,
    eventOf({ event: 'release', hold: 'case-4711' }, 'The case is closed.'),
  ],
  [
    'purge',
    `purge content before 2026-05-01T00:00:00.000Z

${header('purge')}Class: content
Before: 2026-05-01T00:00:00.000Z
Segments: 12
Certificate: ${CONTENT}
`,
    eventOf({
      event: 'purge',
      class: 'content',
      before: '2026-05-01T00:00:00.000Z',
      segments: 12,
      certificate: CONTENT,
    }),
  ],
  [
    'erasure',
    `erase the content of 3 calls by user

Asked for by the patient.

${header('erasure')}Erasure: ${REGISTRY}
Selector: user
Records: 3
Parts: 0
Certificate: ${CONTENT}
`,
    eventOf(
      {
        event: 'erasure',
        erasure: REGISTRY,
        selector: 'user',
        records: 3,
        parts: 0,
        certificate: CONTENT,
      },
      'Asked for by the patient.',
    ),
  ],
];

describe('messages written by hand', () => {
  it.each(EXAMPLES)('%s', (_name, text, event) => {
    expect(encodeEvent(event)).toBe(text);
    expect(decodeEvent(text)).toEqual({ ok: true, event, text });
    expect(decodeEvent(Buffer.from(text))).toEqual({ ok: true, event, text });
  });

  it('have trailers that git reads as we do', async () => {
    const { git } = await sandbox();
    const read = await git(['interpret-trailers', '--parse', '--no-divider'], { input: DEPLOYMENT_TEXT });
    expect(read).toBe(DEPLOYMENT_TEXT.split('\n\n')[2]);
  });
});

const swap = (from: string | RegExp, to: string) => DEPLOYMENT_TEXT.replace(from, to);
const genesis = EXAMPLES[1]![1];
const approval = EXAMPLES[4]![1];
const version = EXAMPLES[3]![1];
const textOf = (name: string) => EXAMPLES.find(([known]) => known === name)![1];
const [seal, hold, purge, erasure] = ['seal', 'hold', 'purge', 'erasure'].map(textOf) as [
  string,
  string,
  string,
  string,
];
/** A seal of a segment that is called otherwise, in the subject too. */
const sealOf = (name: string) => seal.replaceAll('intake-api-calls-20261121t101112z9f2c1a', name);

const REFUSED: readonly (readonly [why: string, text: string, problem: string])[] = [
  ['nothing', '', 'does not end in one line feed'],
  ['no trailers', 'deploy clinical-intake v12 to production\n', 'no blank line'],
  ['no last line feed', DEPLOYMENT_TEXT.slice(0, -1), 'one line feed'],
  ['a line too many at the end', `${DEPLOYMENT_TEXT}\n`, 'one line feed'],
  ['carriage returns', DEPLOYMENT_TEXT.replaceAll('\n', '\r\n'), 'U+000D'],
  ['another subject', swap('v12 to production', 'v12 to staging'), 'subject'],
  ['a subject of two lines', swap('production\n\nEvening', 'production\nEvening'), 'subject is not one line'],
  ['an unknown kind', swap('Event: deployment', 'Event: merge'), 'known kind'],
  ['a property of every object as kind', swap('Event: deployment', 'Event: constructor'), 'known kind'],
  ['an unknown trailer', swap('Kind:', 'Cost-Centre: x\nKind:'), 'does not belong here'],
  ['a trailer of another kind', swap('Kind:', 'Path: a/b.prompt.yml\nKind:'), 'does not belong here'],
  ['a trailer twice', swap('Policy: 3\n', 'Policy: 3\nPolicy: 3\n'), 'stands there twice'],
  ['a missing trailer', swap('Policy: 3\n', ''), 'Policy is missing'],
  ['another order', swap('Version: 12\n', '').replace('Prompt:', 'Version: 12\nPrompt:'), 'out of order'],
  ['a trailer that is none', swap('Policy: 3', 'Policy:3'), 'not a trailer'],
  ['a leading zero', swap('Policy: 3', 'Policy: 03'), 'Policy is "03"'],
  ['a sign', swap('Policy: 3', 'Policy: +3'), 'Policy is'],
  ['a fraction', swap('Policy: 3', 'Policy: 3.0'), 'Policy is'],
  ['a number that is not safe', swap('Sequence: 57', 'Sequence: 9007199254740992'), 'Sequence is'],
  ['version nought', swap('Replaces: 11', 'Replaces: 0'), 'Replaces is'],
  ['a digest in upper case', swap(CONTENT, CONTENT.toUpperCase().replace('SHA', 'sha')), 'Content-Digest is'],
  ['a short object id', swap(COMMIT, COMMIT.slice(0, 12)), 'Commit is'],
  ['a registry in upper case', swap(REGISTRY, REGISTRY.toUpperCase()), 'Registry is'],
  ['an environment called latest', DEPLOYMENT_TEXT.replaceAll('production', 'latest'), 'Environment is'],
  ['an environment of hex digits', DEPLOYMENT_TEXT.replaceAll('production', 'dead'), 'Environment is'],
  ['a prompt called policy', DEPLOYMENT_TEXT.replaceAll('clinical-intake', 'policy'), 'Prompt is'],
  ['an unknown kind of deployment', swap('Kind: rollout', 'Kind: hotfix'), 'Kind is'],
  ['a trailing space', swap('Reference: CAB-1432', 'Reference: CAB-1432 '), 'Reference is'],
  ['an empty value', swap('Reference: CAB-1432', 'Reference: '), 'Reference is'],
  ['a value that turns its direction', swap('CAB-1432', 'CAB\u202e2341'), 'U+202E'],
  ['text that is not NFC', swap('CAB-1432', 'Cafe\u0301'), 'NFC'],
  [
    'a fact in the reason',
    swap('Evening rollout', 'Replaces: 10\nEvening rollout'),
    'reason has line 1 begin',
  ],
  ['a blank line too many', swap('review.\n\n', 'review.\n\n\n'), 'reason begins or ends'],
  ['an empty reason', swap('Evening rollout after the safety review.\n', '\n'), 'reason'],
  [
    'a previous event before genesis',
    genesis.replace('Registry:', `Previous: ${PREVIOUS}\nRegistry:`),
    'no Previous',
  ],
  ['a second genesis', genesis.replace('Sequence: 1', 'Sequence: 2'), 'genesis, and nothing else'],
  ['genesis under a policy', genesis.replace('Policy: 0', 'Policy: 1'), 'Policy 0'],
  ['policy 0 later on', swap('Policy: 3', 'Policy: 0'), 'Policy 0'],
  ['no previous event', swap(`Previous: ${PREVIOUS}\n`, ''), 'no Previous'],
  [
    'a decision without its meaning',
    approval.replace('reviewed for clinical safety\n\n', ''),
    'reason is missing',
  ],
  [
    'environments out of order',
    approval.replaceAll('production, staging', 'staging, production'),
    'Environments is',
  ],
  ['an environment twice', approval.replaceAll('production, staging', 'staging, staging'), 'Environments is'],
  ["another version's tag", approval.replace('/v12/', '/v11/'), 'another version'],
  ["another prompt's tag", approval.replace('promptaudit/clin', 'promptaudit/a/clin'), 'another prompt'],
  ['a tag for the contrary', approval.replace('/approved/', '/rejected/'), 'another decision'],
  ['a branch for a tag', approval.replace('refs/tags/', 'refs/heads/'), 'Tag is'],
  ['object ids of two lengths', approval.replace(TAG_OBJECT, `${TAG_OBJECT}${'0'.repeat(24)}`), 'one length'],
  ['a path that leads out', version.replace('Path: prompts/', 'Path: prompts/../'), 'Path is'],
  ['a path into the repository', version.replace('Path: prompts/', 'Path: .GIT/'), 'Path is'],
  [
    "another prompt's path",
    version.replace('Path: prompts/triage', 'Path: prompts/other'),
    'Path is not where',
  ],
  [
    'a seal whose last record is before its first',
    seal.replace('T11:11:12.000Z', 'T10:11:12.344Z'),
    'Last is before First',
  ],
  ['a seal of nothing', seal.replace('Records: 1000000', 'Records: 0'), 'Records is "0"'],
  ['a seal of an empty file', seal.replace('File-Size: 114000000', 'File-Size: 0'), 'File-Size is'],
  ['a seal without a root', seal.replace(/Merkle-Root: .*\n/, ''), 'Merkle-Root is missing'],
  [
    'a seal that names nothing before it',
    seal.replace(/Previous-Segment: .*\n/, ''),
    'Previous-Segment is missing',
  ],
  [
    'a seal before which there is half a name',
    seal.replace(/^Previous-Segment: .*$/m, 'Previous-Segment: nine'),
    'Previous-Segment is',
  ],
  [
    'the file before the root',
    seal.replace(/(Merkle-Root: .*\n)(File-Digest: .*\n)/, '$2$1'),
    'out of order',
  ],
  [
    'a digest of another kind',
    seal.replace(`File-Digest: sha256:`, 'File-Digest: sha512:'),
    'File-Digest is',
  ],
  ['a time without milliseconds', seal.replace('10:11:12.345Z', '10:11:12Z'), 'First is'],
  ['a time of another zone', seal.replace('10:11:12.345Z', '10:11:12.345+00:00'), 'First is'],
  ['a day that there is not', seal.replaceAll('2026-11-21T1', '2026-02-30T1'), 'First is'],
  ['an hour that there is not', seal.replace('T10:11:12.345Z', 'T24:00:00.000Z'), 'First is'],
  ['a segment of no class', sealOf('intake-api-20261121t101112z9f2c1a'), 'Segment is'],
  ['a segment of an unknown class', sealOf('intake-api-content-20261121t101112z9f2c1a'), 'Segment is'],
  ['a segment of nobody', sealOf('-calls-20261121t101112z9f2c1a'), 'Segment is'],
  ['a recorder in upper case', sealOf('Intake-calls-20261121t101112z9f2c1a'), 'Segment is'],
  ['a recorder of 41 characters', sealOf(`${'a'.repeat(41)}-calls-20261121t101112z9f2c1a`), 'Segment is'],
  ['a segment that leads out', sealOf('../a-calls-20261121t101112z9f2c1a'), 'Segment is'],
  ['a segment with a short end', sealOf('a-calls-20261121t101112z9f2c1'), 'Segment is'],
  ['a segment opened on a day that there is not', sealOf('a-calls-20261321t101112z9f2c1a'), 'Segment is'],
  ['another segment in the subject', seal.replace('seal intake', 'seal outtake'), 'subject'],
  ['a seal about a commit', seal.replace('Segment:', `Commit: ${COMMIT}\nSegment:`), 'does not belong here'],
  ['a hold without its reason', hold.replace('Asked for by the court.\n\n', ''), 'reason is missing'],
  ['a hold that leads out', hold.replaceAll('case-4711', '../4711'), 'Hold is'],
  ['a hold in upper case', hold.replaceAll('case-4711', 'CASE'), 'Hold is'],
  ['a hold of 65 characters', hold.replaceAll('case-4711', 'a'.repeat(65)), 'Hold is'],
  ['a hold without its query', hold.replace(/Query-Digest: .*\n/, ''), 'Query-Digest is missing'],
  [
    'a release without its reason',
    textOf('release').replace('The case is closed.\n\n', ''),
    'reason is missing',
  ],
  [
    'a release of a query',
    textOf('release').replace(/$/, `Query-Digest: ${CONTENT}\n`),
    'does not belong here',
  ],
  ['a purge of an unknown class', purge.replaceAll('content', 'calls, content'), 'Class is'],
  ['a purge before a day', purge.replaceAll('2026-05-01T00:00:00.000Z', '2026-05-01'), 'Before is'],
  ['a purge of nothing', purge.replace('Segments: 12', 'Segments: 0'), 'Segments is'],
  ['a purge without its certificate', purge.replace(/Certificate: .*\n/, ''), 'Certificate is missing'],
  [
    'an erasure without its reason',
    erasure.replace('Asked for by the patient.\n\n', ''),
    'reason is missing',
  ],
  [
    'an erasure by name',
    erasure.replace('by user', 'by name').replace('Selector: user', 'Selector: name'),
    'Selector is',
  ],
  [
    'an erasure of nothing',
    erasure.replace('of 3 calls', 'of 0 calls').replace('Records: 3', 'Records: 0'),
    'Records is',
  ],
  ['an erasure of less than nothing', erasure.replace('Parts: 0', 'Parts: -1'), 'Parts is'],
  ['an erasure whose name is none', erasure.replace(`Erasure: ${REGISTRY}`, 'Erasure: 1'), 'Erasure is'],
];

describe('what is refused', () => {
  it.each(REFUSED)('%s', (_why, text, problem) => {
    const decoded = decodeEvent(text);
    expect(decoded.ok ? 'accepted' : decoded.problems.join('\n')).toContain(problem);
  });

  it('tells all that is wrong at once', () => {
    const decoded = decodeEvent(swap('Policy: 3', 'Policy: x').replace('Version: 12', 'Version: 012'));
    expect(decoded.ok ? [] : decoded.problems).toHaveLength(2);
  });

  it('refuses object ids of the other format where the format is known', () => {
    expect(decodeEvent(DEPLOYMENT_TEXT, 'sha1').ok).toBe(true);
    expect(decodeEvent(DEPLOYMENT_TEXT, 'sha256').ok).toBe(false);
  });

  it('refuses a decision on a policy for some environments', () => {
    const text = decisionText(
      'approval',
      'approved/bob@acme.example',
      'approve policy v12 for production',
      'production',
    );
    const onPolicy = text
      .replace('Prompt: clinical-intake', 'Prompt: policy')
      .replace('/clinical-intake/', '/policy/');
    expect(decodeEvent(onPolicy)).toEqual({
      ok: false,
      problems: ["a decision on a policy has Environments '*'"],
    });
  });

  it('refuses bytes that are not UTF-8, and overlong messages', () => {
    expect(decodeEvent(Buffer.from(DEPLOYMENT_TEXT.replace('CAB', '\u00e9'), 'latin1')).ok).toBe(false);
    const byteOrderMark = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(DEPLOYMENT_TEXT)]);
    expect(decodeEvent(byteOrderMark).ok).toBe(false);
    expect(decodeEvent(`${'x'.repeat(200_000)}\n`)).toEqual({
      ok: false,
      problems: ['the message is longer than 131072 bytes'],
    });
  });

  it('names hostile text without repeating it', () => {
    const decoded = decodeEvent(swap('Policy: 3', `Policy: 3\u200d${'9'.repeat(500)}`));
    expect(decoded.ok ? '' : decoded.problems.join()).toMatch(
      /^Policy is "3U\+200D9{78}…", not a whole number/,
    );
  });

  it('is not written either', () => {
    const smuggled = { ...DEPLOYMENT, environment: 'production\nReplaces: none', replaces: 11 };
    expect(() => encodeEvent(eventOf(smuggled))).toThrow(/line feed/);
    const hidden = { ...DEPLOYMENT, environment: 'production', kind: 'rollout', reference: 'a\nb' } as const;
    expect(() => encodeEvent(eventOf(hidden))).toThrow(/line feed/);
    expect(() => encodeEvent({ ...eventOf(DEPLOYMENT), reason: 'x\n\nVersion: 1' })).toThrow(Failure);
    expect(() => encodeEvent({ ...eventOf(DEPLOYMENT), policy: -1 })).toThrow(/Policy is "-1"/);
  });
});

describe('a message with something wrong in every line', () => {
  it.each([
    ['no trailer', 'x\n\n', 'a\n', 65_000],
    ['a trailer of no event', 'x\n\nEvent: approval\n', 'Q: a\n', 26_000],
    ['the same trailer again', 'x\n\nEvent: approval\n', 'Event: a\n', 14_000],
  ])('is told of by the first ones, and how many more there are: %s', (_, start, line, times) => {
    const decoded = decodeEvent(start + line.repeat(times));
    const problems = decoded.ok ? [] : decoded.problems;
    expect(problems).toHaveLength(11);
    expect(problems.at(-1)).toMatch(/^and \d{5} more$/);
  });
});

describe('properties', () => {
  it('every event comes back from its own message', () => {
    fc.assert(
      fc.property(ledgerEvent, (event) => {
        const text = encodeEvent(event);
        expect(decodeEvent(text)).toEqual({ ok: true, event, text });
        expect(decodeEvent(Buffer.from(text))).toEqual({ ok: true, event, text });
      }),
      { numRuns: 1000 },
    );
  });

  it('no bytes make it throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeEvent(bytes).ok).toBe(false);
      }),
    );
    fc.assert(
      fc.property(
        ledgerEvent,
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        (event, at, noise) => {
          const bytes = Buffer.from(encodeEvent(event));
          bytes.set(
            noise.subarray(0, bytes.length),
            at % (bytes.length - Math.min(noise.length, bytes.length) + 1),
          );
          expect(typeof decodeEvent(bytes).ok).toBe('boolean');
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a text that differs in one character is no event, or another event with that very text', () => {
    const character = fc.oneof(
      fc.constantFrom(...'\n :,.-/0123456789abcvxyzAENRS*', '\u0301', '\u00e9', '\r', '\0'),
      fc.string({ unit: codePoint, minLength: 1, maxLength: 1 }),
    );
    const edit = fc.record({
      at: fc.nat(),
      take: fc.constantFrom(0, 1),
      put: fc.oneof(fc.constant(''), character),
    });
    fc.assert(
      fc.property(ledgerEvent, edit, (event, { at, take, put }) => {
        const text = encodeEvent(event);
        const place = at % text.length;
        const changed = text.slice(0, place) + put + text.slice(place + take);
        fc.pre(changed !== text);
        const decoded = decodeEvent(changed);
        if (!decoded.ok) return;
        expect(decoded.event).not.toEqual(event);
        expect(encodeEvent(decoded.event)).toBe(changed);
      }),
      { numRuns: 3000 },
    );
  });
});
