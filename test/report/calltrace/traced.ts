import type { CallTrace, TracedDeployment, TracedVersion, Usage } from '../../../src/calls/trace/model.ts';
import type { PrincipalId } from '../../../src/policy/model.ts';
import { diffPrompts } from '../../../src/prompts/diff.ts';
import type { Prompt } from '../../../src/prompts/model.ts';
import { parsePrompt } from '../../../src/prompts/parse.ts';
import { DIGEST, OID, THREE_DAYS_AGO } from '../fixtures.ts';

export const ID = '019aa5f2-3c1a-7def-8123-456789abcdef';

function prompt(text: string): Prompt {
  const { prompt: parsed } = parsePrompt(
    Buffer.from(`name: a\nmessages:\n  - role: user\n    content: ${text}\n`),
    'a',
  );
  if (parsed === undefined) throw new Error('no prompt');
  return parsed;
}

export const VERSION: TracedVersion = {
  prompt: 'clinical-intake',
  version: 12,
  sequence: 50,
  commit: OID,
  path: 'prompts/clinical-intake.prompt.yml',
  contentDigest: DIGEST,
  author: 'alice@acme.example',
  time: THREE_DAYS_AGO,
  reason: 'Ask first',
  newest: 13,
  decisions: [
    {
      sequence: 51,
      decision: 'approval',
      principal: 'bob@acme.example' as PrincipalId,
      of: 'bob@acme.example' as PrincipalId,
      time: THREE_DAYS_AGO,
      meaning: 'reviewed for safety',
      environments: ['production'],
      stood: true,
    },
    {
      sequence: 52,
      decision: 'approval',
      principal: 'carol@acme.example' as PrincipalId,
      of: 'carol@acme.example' as PrincipalId,
      time: THREE_DAYS_AGO,
      meaning: 'fine',
      environments: '*',
      stood: false,
    },
  ],
  diff: { against: 11, changes: diffPrompts(prompt('Ask.'), prompt('Ask first.')), problem: undefined },
};

export const FIRST: TracedVersion = {
  ...VERSION,
  version: 1,
  newest: 1,
  decisions: [],
  diff: { against: undefined, changes: undefined, problem: 'v1 cannot be read as a prompt' },
};

export const DEPLOYED: TracedDeployment = {
  sequence: 57,
  prompt: 'clinical-intake',
  version: 12,
  environment: 'production',
  kind: 'rollout',
  by: 'dee@acme.example',
  from: THREE_DAYS_AGO,
  until: undefined,
  endedBy: undefined,
  replaces: 11,
  reference: 'CAB-7',
  reason: 'After the review.',
  approvals: { have: 1, need: 2, by: ['bob@acme.example'] },
};

export const CALL: CallTrace = {
  kind: 'call',
  call: {
    schema: 'promptaudit/record@1',
    kind: 'call',
    id: ID,
    occurredAt: '2026-11-20T10:11:12.345Z',
    recordedAt: '2026-11-20T10:11:12.350Z',
    'gen_ai.prompt.name': 'clinical-intake',
    'gen_ai.prompt.version': '12',
    'promptaudit.environment': 'production',
    'user.id': 'u77',
  },
  verdict: 'never-approved',
  said: 'the call used clinical-intake v12, which was active in production then with 1 of 2 approvals',
  version: VERSION,
  deployment: DEPLOYED,
  active: undefined,
};

export const USED: Usage = {
  calls: 1812,
  errors: 3,
  first: Date.parse('2026-11-19T00:00:00.001Z'),
  last: Date.parse('2026-11-20T00:00:00.002Z'),
  users: 40,
  newest: [ID],
};

export const UNUSED: Usage = { calls: 0, errors: 0, first: undefined, last: undefined, users: 0, newest: [] };
