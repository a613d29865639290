import { describe, expect, it } from 'vitest';
import { activeJson, activeText } from '../../src/report/active.ts';
import { blameJson, blameText } from '../../src/report/blame.ts';
import { listJson, listText } from '../../src/report/list.ts';
import type { ActiveRow, BlameRow, ListRow, SearchRow, StatusRow } from '../../src/report/rows.ts';
import { searchJson, searchText } from '../../src/report/search.ts';
import { statusJson, statusText } from '../../src/report/status.ts';
import { visibleWidth } from '../../src/report/text.ts';
import { writtenJson, writtenText } from '../../src/report/written.ts';
import {
  DANGEROUS,
  DEPLOYMENT,
  DIGEST,
  HOSTILE,
  markedPage,
  NOW,
  OID,
  plainPage,
  THREE_DAYS_AGO,
} from './fixtures.ts';

const ACTIVE: ActiveRow = {
  prompt: 'clinical-intake',
  environment: 'production',
  version: 12,
  commit: OID,
  contentDigest: DIGEST,
  since: THREE_DAYS_AGO,
  sequence: 57,
  deployedBy: 'deploy-bot@acme.example',
  kind: 'rollout',
  approvedBy: ['bob@acme.example', 'carol@acme.example'],
};

describe('active', () => {
  it('is a table that fits 80 columns', () => {
    expect(
      activeText(undefined, [ACTIVE, { ...ACTIVE, prompt: 'triage', approvedBy: [] }], plainPage(80)),
    ).toBe(`\
prompt           environment  version  since       deployed by
clinical-intake  production       v12  3 days ago  deploy-bot@acme.example,
                                                   approved by bob@acme.example,
                                                   carol@acme.example
triage           production       v12  3 days ago  deploy-bot@acme.example,
                                                   approved by nobody
`);
  });

  it('marks an emergency', () => {
    const emergency: ActiveRow = { ...ACTIVE, kind: 'emergency', approvedBy: [] };
    expect(activeText(undefined, [emergency], markedPage(140))).toContain(
      'deploy-bot@acme.example <bad>as an EMERGENCY</bad>',
    );
    expect(activeText(undefined, [emergency], plainPage(80)).replace(/\s+/g, ' ')).toContain(
      'as an EMERGENCY, approved by nobody',
    );
  });

  it('gives whole times at 140', () => {
    expect(activeText(undefined, [ACTIVE], plainPage(140))).toContain('2026-11-18T10:11:12Z');
    expect(activeText(THREE_DAYS_AGO + 3600, [ACTIVE], plainPage(80))).toMatch(
      /^As it was at 2026-11-18T11:11:12Z:\n(?:.*\n)*.*1 hour ago/,
    );
  });

  it('says that nothing is, or was, active', () => {
    expect(activeText(undefined, [], plainPage(80))).toBe('Nothing is active.\n');
    expect(activeText(THREE_DAYS_AGO, [], plainPage(80))).toBe(
      'As it was at 2026-11-18T10:11:12Z:\nNothing was active.\n',
    );
  });

  it('does not tell the future', () => {
    expect(activeText(NOW.getTime() / 1000 + 60, [ACTIVE], plainPage(80))).toMatch(
      /^2026-11-21T10:12:12Z is still to come\. As it is now:\n(?:.*\n)*.*3 days ago/,
    );
  });

  it('writes promptaudit/active@1', () => {
    expect(JSON.parse(activeJson(NOW.getTime() / 1000, [ACTIVE]))).toEqual({
      schema: 'promptaudit/active@1',
      at: '2026-11-21T10:11:12Z',
      active: [
        {
          prompt: 'clinical-intake',
          environment: 'production',
          version: 12,
          commit: OID,
          contentDigest: DIGEST,
          since: '2026-11-18T10:11:12Z',
          sequence: 57,
          deployedBy: 'deploy-bot@acme.example',
          kind: 'rollout',
          approvedBy: ['bob@acme.example', 'carol@acme.example'],
        },
      ],
    });
  });
});

const STATUS: readonly StatusRow[] = [
  {
    prompt: 'clinical-intake',
    latest: 12,
    draft: 'modified',
    approvals: [
      { environment: 'staging', have: 0, need: 0, rejectedBy: [] },
      { environment: 'production', have: 1, need: 2, rejectedBy: [] },
    ],
    active: new Map([
      ['staging', 12],
      ['production', 11],
    ]),
    emergencies: new Set(),
  },
  {
    prompt: 'triage',
    latest: undefined,
    draft: 'new',
    approvals: [],
    active: new Map(),
    emergencies: new Set(),
  },
];

describe('status', () => {
  it('is a table that fits 80 columns', () => {
    expect(statusText(STATUS, plainPage(80))).toBe(`\
prompt           latest  draft     approvals              active
clinical-intake     v12  modified  staging 0/0,           staging v12,
                                   production 1/2         production v11
triage                -  new       -                      -
`);
  });

  it('colours what is met and what is not', () => {
    const text = statusText(STATUS, markedPage(140));
    expect(text).toContain('staging <good>0/0</good>, production <caution>1/2</caution>');
  });

  it('marks what was rejected', () => {
    const [row] = STATUS;
    const approvals = [{ environment: 'production', have: 1, need: 2, rejectedBy: ['bob@acme.example'] }];
    expect(statusText([{ ...(row as StatusRow), approvals }], markedPage(140))).toContain(
      'production <caution>1/2</caution> <bad>(rejected)</bad>',
    );
  });

  it('marks an emergency', () => {
    const [row] = STATUS;
    const text = statusText(
      [{ ...(row as StatusRow), emergencies: new Set(['production']) }],
      markedPage(140),
    );
    expect(text).toContain('staging v12, production v11 <bad>(EMERGENCY)</bad>');
  });

  it('writes promptaudit/status@1', () => {
    const clone = { remote: { remote: 'origin', events: { ahead: 2, behind: 0 } }, aside: [] };
    const policy = { inForce: 3, newest: 4, draft: 'modified' as const };
    expect(JSON.parse(statusJson(STATUS, policy, clone))).toEqual({
      schema: 'promptaudit/status@1',
      policy,
      remote: { name: 'origin', ahead: 2, behind: 0 },
      aside: [],
      prompts: [
        {
          prompt: 'clinical-intake',
          latest: 12,
          draft: 'modified',
          approvals: [
            { environment: 'staging', have: 0, need: 0, rejectedBy: [] },
            { environment: 'production', have: 1, need: 2, rejectedBy: [] },
          ],
          active: { staging: 12, production: 11 },
          emergencies: [],
        },
        { prompt: 'triage', latest: null, draft: 'new', approvals: [], active: {}, emergencies: [] },
      ],
    });
  });

  it('says what to do when there is nothing', () => {
    expect(statusText([], plainPage())).toContain('promptaudit new');
  });
});

const LIST: ListRow = {
  prompt: 'clinical-intake',
  latest: 12,
  author: 'alice@acme.example',
  time: THREE_DAYS_AGO,
  active: new Map([['production', 11]]),
  emergencies: new Set(['production']),
  retired: false,
};

it('lists prompts, retired ones marked', () => {
  expect(
    listText(
      [LIST, { ...LIST, prompt: 'old', retired: true, active: new Map(), emergencies: new Set() }],
      plainPage(80),
    ),
  ).toBe(`\
prompt           latest  when        author              active
clinical-intake     v12  3 days ago  alice@acme.example  production v11
                                                         (EMERGENCY)
old (retired)       v12  3 days ago  alice@acme.example  -
`);
  expect(JSON.parse(listJson([LIST]))).toEqual({
    schema: 'promptaudit/list@1',
    prompts: [
      {
        prompt: 'clinical-intake',
        latest: 12,
        author: 'alice@acme.example',
        time: '2026-11-18T10:11:12Z',
        active: { production: 11 },
        emergencies: ['production'],
        retired: false,
      },
    ],
  });
});

const BLAME: BlameRow = {
  line: 1,
  text: 'messages:',
  version: 1,
  sequence: 3,
  author: 'alice@acme.example',
  time: THREE_DAYS_AGO,
  approvedBy: ['bob@acme.example', 'carol@acme.example'],
};

it('shows where each line came from, once for lines that came together', () => {
  const rows = [
    BLAME,
    { ...BLAME, line: 2, text: '  - role: system' },
    { ...BLAME, line: 3, version: 12, approvedBy: [] },
  ];
  expect(blameText(rows, plainPage(80))).toBe(`\
v1   1  messages:
     2    - role: system
v12  3  messages:

v1   2026-11-18  alice@acme.example, approved by bob@acme.example,
     carol@acme.example
v12  2026-11-18  alice@acme.example, approved by nobody
`);
  expect(JSON.parse(blameJson('intake', 12, [BLAME]))).toEqual({
    schema: 'promptaudit/blame@1',
    prompt: 'intake',
    version: 12,
    lines: [{ ...BLAME, time: '2026-11-18T10:11:12Z' }],
  });
});

const MATCH: SearchRow = {
  prompt: 'intake',
  since: 9,
  version: 12,
  line: 7,
  text: 'Ask about allergies first',
  ranges: [[10, 19]],
};

it('goes on below the beginning of a line that it breaks, and breaks none for a pipe', () => {
  const text = '    description: Ask about allergies first, and about medicines';
  const found = { ...MATCH, text, ranges: [[17, 20] as const] };
  expect(searchText([found], plainPage(40))).toBe(`\
intake v9–v12
7:     description: Ask about allergies
       first, and about medicines
`);
  expect(
    blameText([{ ...BLAME, text }], plainPage(40))
      .split('\n')
      .slice(0, 2),
  ).toEqual(['v1  1      description: Ask about', '           allergies first, and about']);
  const piped = { ...plainPage(40), fileWidth: Number.POSITIVE_INFINITY };
  expect(searchText([found], piped)).toContain(`\n7: ${text}\n`);
  expect(blameText([{ ...BLAME, text }], piped)).toContain(`v1  1  ${text}\n`);
});

it('shows matches below their prompt, what matched marked', () => {
  const rows = [MATCH, { ...MATCH, line: 9 }, { ...MATCH, prompt: 'triage', since: 3, version: 3 }];
  expect(searchText(rows, plainPage(80))).toBe(`\
intake v9–v12
7: Ask about allergies first
9: Ask about allergies first

triage v3
7: Ask about allergies first
`);
  expect(searchText([MATCH], markedPage())).toContain('Ask about <caution>allergies</caution> first');
  expect(JSON.parse(searchJson([MATCH]))).toEqual({ schema: 'promptaudit/search@1', matches: [MATCH] });
});

describe('what a command wrote', () => {
  const event = { sequence: 57, commit: OID, detail: DEPLOYMENT };

  it('is one line an event', () => {
    expect(writtenText([event], false, plainPage(80))).toBe(
      '57 3f2a9c1d5b deployed clinical-intake v12 to production, replacing v11\n',
    );
  });

  it('says so when it was a dry run', () => {
    expect(writtenText([{ ...event, commit: undefined }], true, plainPage(140))).toBe(
      'would write event 57: deployed clinical-intake v12 to production, replacing v11\n',
    );
  });

  it('has the root of a registry that was founded', () => {
    expect(JSON.parse(writtenJson([], false, 'sha256:00'))).toMatchObject({ events: [], root: 'sha256:00' });
  });

  it('is a document', () => {
    expect(JSON.parse(writtenJson([event], false))).toEqual({
      schema: 'promptaudit/written@1',
      dryRun: false,
      events: [
        {
          sequence: 57,
          commit: OID,
          event: 'deployment',
          prompt: 'clinical-intake',
          version: 12,
          environment: 'production',
          summary: 'deployed clinical-intake v12 to production, replacing v11',
        },
      ],
    });
  });
});

it.each([80, 140])('shows hostile names harmless, within %i columns', (width) => {
  const page = plainPage(width);
  const long = HOSTILE.repeat(10);
  const texts = [
    activeText(undefined, [{ ...ACTIVE, prompt: long, deployedBy: long, approvedBy: [long] }], page),
    statusText(
      [
        {
          prompt: long,
          latest: 1,
          draft: 'clean',
          approvals: [],
          active: new Map([[long, 1]]),
          emergencies: new Set([long]),
        },
      ],
      page,
    ),
    listText([{ ...LIST, prompt: long, author: long }], page),
    blameText([{ ...BLAME, text: long, author: HOSTILE.slice(0, 12) }], page),
    searchText([{ ...MATCH, text: long, prompt: HOSTILE }], page),
    writtenText([{ sequence: 1, commit: OID, detail: { ...DEPLOYMENT, prompt: long } }], false, page),
  ];
  for (const text of texts) {
    expect(text).not.toMatch(DANGEROUS);
    for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
  }
});
