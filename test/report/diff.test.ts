import { describe, expect, it } from 'vitest';
import type { DiffLine, PromptDiff } from '../../src/prompts/model.ts';
import { diffJson, diffText } from '../../src/report/diff.ts';
import { reviewJson, reviewText } from '../../src/report/review.ts';
import type { PolicyReviewRow, ReviewRow } from '../../src/report/rows.ts';
import { visibleWidth } from '../../src/report/text.ts';
import { DANGEROUS, HOSTILE, markedPage, OID, plainPage, THREE_DAYS_AGO } from './fixtures.ts';

function same(number: number, text: string): DiffLine {
  return { kind: 'same', before: number, after: number, runs: [{ kind: 'same', text }] };
}

const DIFF: PromptDiff = {
  status: 'changed',
  fields: [
    { section: 'general', path: 'model', before: 'gpt-4.1', after: 'gpt-5' },
    { section: 'parameters', path: 'modelParameters.temperature', before: 0.2, after: undefined },
    { section: 'inputs', path: 'inputs.note', before: undefined, after: { kind: 'string', required: true } },
    { section: 'general', path: 'tags', before: 'true', after: '' },
  ],
  messages: [
    {
      status: 'same',
      before: { index: 0, role: 'system', finalNewline: true },
      after: { index: 0, role: 'system', finalNewline: true },
      lines: [same(1, 'unseen')],
    },
    {
      status: 'changed',
      before: { index: 1, role: 'user', finalNewline: true },
      after: { index: 1, role: 'developer', finalNewline: false },
      lines: [
        same(1, 'one'),
        same(2, 'two'),
        same(3, 'three'),
        same(4, 'four'),
        same(5, 'five'),
        {
          kind: 'changed',
          before: 6,
          after: 6,
          runs: [
            { kind: 'same', text: 'You are a ' },
            { kind: 'removed', text: 'nurse' },
            { kind: 'added', text: 'doctor' },
            { kind: 'same', text: ' on call.' },
          ],
        },
        { kind: 'removed', before: 7, after: undefined, runs: [{ kind: 'removed', text: 'Be brief.' }] },
        { kind: 'added', before: undefined, after: 7, runs: [{ kind: 'added', text: 'Be kind.' }] },
        { kind: 'added', before: undefined, after: 8, runs: [] },
      ],
    },
    {
      status: 'removed',
      before: { index: 2, role: 'assistant', finalNewline: false },
      after: undefined,
      lines: [{ kind: 'removed', before: 1, after: undefined, runs: [{ kind: 'removed', text: 'Hello' }] }],
    },
  ],
};

describe('a prompt diff as text', () => {
  it('marks words without colour', () => {
    expect(diffText(DIFF, plainPage(80))).toBe(`\
field                        before   after
model                        gpt-4.1  gpt-5
modelParameters.temperature  0.2      (none)
inputs.note                  (none)   {"kind":"string","required":true}
tags                         "true"   ""

message 2 (user -> developer)
  … 2 unchanged lines
  3 3   three
  4 4   four
  5 5   five
  6 6 ~ You are a [-nurse-]{+doctor+} on call.
  7   - Be brief.
    7 + Be kind.
    8 +
  no longer ends with a newline

message 3 (assistant), removed
  1   - Hello
`);
  });

  it('lays out below the table what is too long for it', () => {
    const evaluator = {
      name: 'Does not diagnose',
      llm: { prompt: 'Does this reply\nname an illness?\n', systemPrompt: 'You check\nreplies.' },
      choices: [{ choice: 'no', score: 1 }, []],
      uses: ['similarity'],
    };
    const fields: PromptDiff['fields'] = [
      { section: 'general', path: 'model', before: 'gpt-4.1', after: 'gpt-5' },
      { section: 'tests', path: 'evaluators[1]', before: undefined, after: evaluator },
      {
        section: 'general',
        path: 'description',
        before: `${'long '.repeat(12)}\nends here\n`,
        after: 'short',
      },
    ];
    expect(diffText({ status: 'changed', fields, messages: [] }, plainPage(50))).toBe(`\
field  before   after
model  gpt-4.1  gpt-5

evaluators[1], added
  + name: Does not diagnose
  + llm:
  +   prompt: |
  +     Does this reply
  +     name an illness?
  +   systemPrompt: |-
  +     You check
  +     replies.
  + choices:
  +   - choice: no
  +     score: 1
  +   - []
  + uses:
  +   - similarity

description
  - |
  -   long long long long long long long long long
      long long long
  -   ends here
  + short
`);
  });

  it('colours words where there is colour', () => {
    const text = diffText(DIFF, markedPage(140));
    expect(text).toContain('You are a <bad>[-nurse-]</bad><good>{+doctor+}</good> on call.');
    expect(text).toContain('<bad>gpt-4.1</bad>');
  });

  it('shows blanks that came or went', () => {
    const blanks: DiffLine = {
      kind: 'changed',
      before: 1,
      after: 1,
      runs: [
        { kind: 'same', text: 'a' },
        { kind: 'added', text: '  ' },
      ],
    };
    const place = { index: 0, role: 'user', finalNewline: true } as const;
    const diff: PromptDiff = {
      status: 'changed',
      fields: [],
      messages: [{ status: 'changed', before: place, after: place, lines: [blanks] }],
    };
    expect(diffText(diff, markedPage())).toContain('a<good>{+  +}</good>');
    expect(diffText(diff, plainPage())).toContain('a{+  +}');
  });

  it('is empty when nothing changed', () => {
    expect(diffText({ status: 'same', fields: [], messages: [DIFF.messages[0]!] }, plainPage())).toBe('');
  });

  it('says when a message only moved', () => {
    const moved = { ...DIFF.messages[0]!, after: { index: 2, role: 'system', finalNewline: true } as const };
    expect(diffText({ status: 'changed', fields: [], messages: [moved] }, plainPage())).toBe(
      'message 3 (system), was message 1\n  … 1 unchanged line\n',
    );
  });

  it.each([80, 140])('keeps to %i columns and is harmless', (width) => {
    const place = { index: 0, role: 'user', finalNewline: true } as const;
    const long = HOSTILE.repeat(12);
    const diff: PromptDiff = {
      status: 'changed',
      fields: [{ section: 'other', path: long, before: long, after: { [long]: long } }],
      messages: [
        {
          status: 'changed',
          before: place,
          after: place,
          lines: [
            { kind: 'changed', before: 1, after: 1, runs: [{ kind: 'added', text: long }] },
            { kind: 'removed', before: 2, after: undefined, runs: [{ kind: 'removed', text: long }] },
          ],
        },
      ],
    };
    const text = diffText(diff, plainPage(width));
    expect(text).not.toMatch(DANGEROUS);
    for (const line of text.split('\n')) expect(visibleWidth(line)).toBeLessThanOrEqual(width);
  });

  it('is a document', () => {
    expect(JSON.parse(diffJson('intake@11', 'intake@12', DIFF))).toMatchObject({
      schema: 'promptaudit/diff@1',
      from: 'intake@11',
      to: 'intake@12',
      status: 'changed',
      messages: [{ status: 'same' }, { status: 'changed' }, { status: 'removed' }],
    });
  });
});

describe('review', () => {
  const row: ReviewRow = {
    prompt: 'clinical-intake',
    version: 12,
    commit: OID,
    author: 'alice@acme.example',
    time: THREE_DAYS_AGO,
    reason: 'Ask about allergies first',
    approvals: [{ environment: 'production', have: 1, need: 2, rejectedBy: [] }],
    emergencies: new Set(),
    against: 11,
    diff: { ...DIFF, fields: [], messages: [DIFF.messages[2]!] },
  };

  it('shows what waits, why it was made, what it needs, and its diff', () => {
    expect(reviewText([row], [], plainPage(80))).toBe(`\
clinical-intake v12  compared with v11
  alice@acme.example  2026-11-18T10:11:12Z  3 days ago  3f2a9c1d5b
  Ask about allergies first
  needs production 1/2

message 3 (assistant), removed
  1   - Hello
`);
  });

  it('marks what went live in an emergency', () => {
    const urgent = { ...row, emergencies: new Set(['production']) };
    expect(reviewText([urgent], [], plainPage(80))).toContain('\n  needs production 1/2 (EMERGENCY)\n');
    expect(JSON.parse(reviewJson([urgent], []))).toMatchObject({
      waiting: [{ emergencies: ['production'] }],
    });
  });

  const policy: PolicyReviewRow = {
    version: 4,
    sequence: 8,
    commit: OID,
    author: 'ada@acme.example',
    approvals: { have: 1, need: 2 },
    against: 3,
    changes: [
      { path: 'rules[0].approvals', before: '2', after: '1' },
      { path: 'ledgerBranch', before: undefined, after: 'mirror' },
      {
        path: `principals.bob@acme.example.keys.ssh-ed25519 ${'A'.repeat(60)}`,
        before: 'trusted',
        after: undefined,
      },
    ],
  };

  it('shows a policy that waits with what it changes, within 80 columns, before the versions', () => {
    const text = reviewText([row], [policy], plainPage(80));
    expect(text.slice(0, text.indexOf('\nclinical-intake'))).toBe(`\
policy v4  compared with v3
  ada@acme.example  event 8
  needs admins 1/2

  rules[0].approvals  [-2-]{+1+}
  ledgerBranch  {+mirror+}
  principals.bob@acme.example.keys.ssh-ed25519
  ${'A'.repeat(60)}  [-trusted-]
`);
  });

  it('says when nothing waits', () => {
    expect(reviewText([], [], plainPage())).toBe('Nothing waits for your review.\n');
  });

  it('is a document', () => {
    expect(JSON.parse(reviewJson([{ ...row, against: undefined }], [policy]))).toMatchObject({
      schema: 'promptaudit/review@1',
      policies: [{ version: 4, changes: [{ before: '2', after: '1' }, { before: null }, { after: null }] }],
      waiting: [{ prompt: 'clinical-intake', version: 12, time: '2026-11-18T10:11:12Z', against: null }],
    });
  });
});
