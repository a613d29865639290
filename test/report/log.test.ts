import { describe, expect, it } from 'vitest';
import type { Detail, EventDetail } from '../../src/ledger/event.ts';
import type { SegmentName } from '../../src/ledger/segment.ts';
import { logCsv, logJson, logJsonLines, logRow } from '../../src/report/log.ts';
import { eventText, logText } from '../../src/report/logtext.ts';
import { sentence } from '../../src/report/sentence.ts';
import { visibleWidth } from '../../src/report/text.ts';
import {
  DANGEROUS,
  DEPLOYMENT,
  DIGEST,
  gather,
  HOSTILE,
  markedPage,
  OID,
  plainPage,
  trailEvent,
} from './fixtures.ts';

const APPROVAL: Detail<'approval'> = {
  event: 'approval',
  commit: OID,
  prompt: 'clinical-intake',
  version: 12,
  contentDigest: DIGEST,
  environments: ['staging', 'production'],
  tag: 'refs/tags/promptaudit/clinical-intake/v12/approved/bob@acme.example',
  tagObject: OID,
};

const UNAPPROVED = {
  code: 'deployment/unapproved',
  severity: 'error',
  sequence: 57,
  message: 'production asks for 2 approvals and clinical-intake v12 has 1',
  hint: 'have it approved, then deploy again',
} as const;

describe('sentence', () => {
  const at = { commit: OID, prompt: 'intake', version: 3, contentDigest: DIGEST };
  const decision = { ...at, tag: 'refs/tags/t', tagObject: OID };
  const deployed = { ...at, event: 'deployment', environment: 'production', reference: undefined } as const;
  it.each<[EventDetail, string]>([
    [{ event: 'genesis', name: 'acme' }, 'founded the registry acme'],
    [{ event: 'policy', version: 2, commit: OID, contentDigest: DIGEST }, 'put policy v2 forward'],
    [{ ...at, event: 'version', path: 'prompts/intake.prompt.yml' }, 'registered intake v3'],
    [{ ...decision, event: 'approval', environments: '*' }, 'approved intake v3 for every environment'],
    [{ ...decision, event: 'rejection', environments: ['production'] }, 'rejected intake v3 for production'],
    [
      { ...decision, event: 'revocation', environments: ['a', 'b'] },
      'revoked a decision on intake v3 for a, b',
    ],
    [{ ...deployed, replaces: undefined, kind: 'rollout' }, 'deployed intake v3 to production'],
    [{ ...deployed, replaces: 4, kind: 'rollback' }, 'rolled production back to intake v3, replacing v4'],
    [
      { ...deployed, replaces: 2, kind: 'emergency' },
      'deployed intake v3 to production as an EMERGENCY, replacing v2',
    ],
    [
      {
        event: 'withdrawal',
        commit: OID,
        prompt: 'intake',
        version: 3,
        environment: 'qa',
        reference: undefined,
      },
      'withdrew intake v3 from qa',
    ],
    [{ event: 'retirement', commit: OID, prompt: 'intake' }, 'retired intake'],
    [{ event: 'acknowledgement', finding: 'ledger/time', target: 9 }, 'acknowledged ledger/time of event 9'],
    [
      { event: 'acknowledgement', finding: 'approval/unrecorded', target: OID },
      'acknowledged approval/unrecorded of object 3f2a9c1d5b',
    ],
  ])('tells %j', (detail, text) => {
    expect(sentence(detail)).toBe(text);
  });
});

describe('log as text', () => {
  it('tells what, who, when and why in 80 columns', () => {
    expect(eventText(trailEvent(DEPLOYMENT), plainPage(80))).toEqual([
      '57  deployed clinical-intake v12 to production, replacing v11',
      '    Deploy pipeline <deploy-bot@acme.example>  2026-11-18T10:11:12Z  3 days ago',
      '    3f2a9c1d5b',
      '    Evening rollout after the safety review.',
      '    Reference: CAB-1432',
    ]);
  });

  it('puts who and when beside what where there is room', () => {
    const [first] = eventText(trailEvent(DEPLOYMENT), plainPage(160));
    expect(first).toHaveLength(160);
    expect(first).toMatch(
      /^57 {2}deployed clinical-intake v12 to production, replacing v11 {3,}Deploy pipeline <deploy-bot@acme\.example> {2}2026-11-18T10:11:12Z {2}3 days ago {2}3f2a9c1d5b$/,
    );
  });

  it('flags findings, events without effect, and a signer who is only claimed', () => {
    const event = trailEvent(DEPLOYMENT, {
      actor: undefined,
      effective: false,
      reason: '',
      findings: [UNAPPROVED],
    });
    expect(eventText(event, plainPage(80))).toEqual([
      '57  deployed clinical-intake v12 to production, replacing v11 (no effect)',
      '    claims to be by <deploy-bot@acme.example>  2026-11-18T10:11:12Z  3 days ago',
      '    3f2a9c1d5b',
      '    Reference: CAB-1432',
      '    error deployment/unapproved  production asks for 2 approvals and',
      '                                 clinical-intake v12 has 1',
    ]);
  });

  it('colours what matters', () => {
    const emergency = trailEvent({ ...DEPLOYMENT, kind: 'emergency' }, { findings: [UNAPPROVED] });
    const text = eventText(emergency, markedPage(140)).join('\n');
    expect(text).toContain('<accent>57</accent>');
    expect(text).toContain(
      '<caution>deployed clinical-intake v12 to production as an EMERGENCY, replacing v11</caution>',
    );
    expect(text).toContain('<bad>deployment/unapproved</bad>');
  });

  it('shows what is no event', async () => {
    expect(await gather(logText([trailEvent(undefined, { effective: false })], plainPage()))).toMatch(
      /^57 {2}not an event \(no effect\)|^57 {2}not an event/,
    );
  });

  it.each([80, 140])('keeps to %i columns and is harmless, whatever an event says', async (width) => {
    const hostile = trailEvent(
      { ...DEPLOYMENT, prompt: HOSTILE, environment: HOSTILE.repeat(9), reference: HOSTILE },
      {
        actor: undefined,
        claimedBy: HOSTILE,
        reason: `${HOSTILE}\n  Verified\n${'x'.repeat(500)}`,
        findings: [{ code: HOSTILE, severity: 'error', message: HOSTILE, hint: HOSTILE }],
      },
    );
    const text = await gather(logText([hostile, hostile], { ...plainPage(), width }));
    expect(text).not.toMatch(DANGEROUS);
    for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
  });
});

describe('promptaudit/log@1', () => {
  const head = { sequence: 57, commit: OID, digest: DIGEST };

  // The fields of design section 4, in its order.
  const FIELDS = [
    'sequence',
    'event',
    'time',
    'actor',
    'prompt',
    'version',
    'environment',
    'environments',
    'kind',
    'replaces',
    'commit',
    'contentDigest',
    'tag',
    'policy',
    'reference',
    'reason',
    'verified',
    'findings',
    'calls',
  ];

  it('has exactly the fields of the schema, whatever the kind', () => {
    for (const detail of [DEPLOYMENT, APPROVAL, { event: 'genesis', name: 'acme' }, undefined] as const) {
      expect(Object.keys(logRow(trailEvent(detail)))).toEqual(FIELDS);
    }
  });

  it('is one document', async () => {
    const events = [trailEvent(DEPLOYMENT, { findings: [UNAPPROVED] }), trailEvent(APPROVAL)];
    expect(JSON.parse(await gather(logJson('6f0c1b0e', head, events)))).toEqual({
      schema: 'promptaudit/log@1',
      registry: '6f0c1b0e',
      head,
      events: [
        {
          sequence: 57,
          event: 'deployment',
          time: '2026-11-18T10:11:12Z',
          actor: {
            principal: 'deploy-bot@acme.example',
            name: 'Deploy pipeline',
            key: 'ssh-ed25519 AAAAC3Nza',
          },
          prompt: 'clinical-intake',
          version: 12,
          environment: 'production',
          environments: null,
          kind: 'rollout',
          replaces: 11,
          commit: OID,
          contentDigest: DIGEST,
          tag: null,
          policy: 3,
          reference: 'CAB-1432',
          reason: 'Evening rollout after the safety review.',
          verified: true,
          findings: ['deployment/unapproved'],
          calls: null,
        },
        expect.objectContaining({
          event: 'approval',
          environments: ['staging', 'production'],
          tag: 'refs/tags/promptaudit/clinical-intake/v12/approved/bob@acme.example',
          environment: null,
          replaces: null,
        }),
      ],
    });
  });

  it('says what a seal and a hold are about, to programs and to spreadsheets', async () => {
    const segment = 'api-calls-20261121t101112z9f2c1a' as SegmentName;
    const said = { records: 3, first: 'a', last: 'b', merkleRoot: DIGEST, fileDigest: DIGEST, fileSize: 9 };
    const seal = { event: 'seal', segment, ...said, previousSegment: undefined } as const;
    const hold = { event: 'hold', hold: 'case', queryDigest: DIGEST } as const;
    expect(logRow(trailEvent(seal)).calls).toEqual({ segment, ...said, previousSegment: null });
    expect(logRow(trailEvent(hold)).calls).toEqual({ hold: 'case', queryDigest: DIGEST });
    const [, ...rows] = (await gather(logCsv([trailEvent(seal), trailEvent(hold)]))).trim().split('\r\n');
    expect(rows.map((row) => row.split(',').at(-1))).toEqual([segment, 'case']);
  });

  it('is a document when there are no events', async () => {
    expect(JSON.parse(await gather(logJson('r', head, []))).events).toEqual([]);
  });

  it('keeps a hostile text as it is for programs, and harmless for terminals', async () => {
    const lines = await gather(logJsonLines([trailEvent(DEPLOYMENT, { reason: HOSTILE })]));
    expect(lines).not.toMatch(DANGEROUS);
    expect(lines.split('\n')).toHaveLength(2);
    expect(JSON.parse(lines).reason).toBe(HOSTILE);
  });
});

describe('log as CSV', () => {
  it('writes RFC 4180 with a header', async () => {
    const event = trailEvent(APPROVAL, {
      reason: 'Checked "dose", route\nand allergies',
      findings: [UNAPPROVED, { ...UNAPPROVED, code: 'approval/self' }],
    });
    expect(await gather(logCsv([event]))).toBe(
      [
        'sequence,event,time,principal,name,key,prompt,version,environment,environments,kind,replaces,commit,',
        'contentDigest,tag,policy,reference,reason,verified,findings,calls\r\n',
        '57,approval,2026-11-18T10:11:12Z,deploy-bot@acme.example,Deploy pipeline,ssh-ed25519 AAAAC3Nza,',
        `clinical-intake,12,,staging production,,,${OID},${DIGEST},`,
        'refs/tags/promptaudit/clinical-intake/v12/approved/bob@acme.example,3,,',
        '"Checked ""dose"", route\nand allergies",true,deployment/unapproved approval/self,\r\n',
      ].join(''),
    );
  });
});
