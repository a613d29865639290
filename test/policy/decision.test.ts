import { describe, expect, test } from 'vitest';
import {
  type DecisionFacts,
  evaluateDecision,
  evaluatePolicyChange,
  roleReasons,
  thresholdReached,
} from '../../src/policy/evaluate.ts';
import { EXAMPLE, exampleWith, id, policyOf } from './fixture.ts';

const policy = policyOf(EXAMPLE);
const GOOD: DecisionFacts = {
  prompt: 'clinical-intake',
  version: 12,
  decision: 'approval',
  principal: id('bob'),
  of: id('bob'),
  author: id('alice'),
};

test.each<readonly [what: string, facts: Partial<DecisionFacts>, rules: readonly string[]]>([
  ['an approver approves', {}, []],
  [
    'an author approves, who is no approver',
    { principal: id('alice'), of: id('alice') },
    ['approval/role', 'approval/self'],
  ],
  ['an approver approves their own', { author: id('bob') }, ['approval/self']],
  ['an approver rejects their own', { author: id('bob'), decision: 'rejection' }, []],
  ['an approver rejects', { decision: 'rejection' }, []],
  [
    'a deployer rejects',
    { decision: 'rejection', principal: id('deploy-bot'), of: id('deploy-bot') },
    ['approval/role'],
  ],
  ['a stranger approves', { principal: id('mallory'), of: id('mallory') }, ['approval/role']],
  ["an approval under another's name", { of: id('carol') }, ['approval/tag-mismatch']],
  [
    "a rejection under another's name, even an admin's",
    { decision: 'rejection', principal: id('carol') },
    ['approval/tag-mismatch'],
  ],
  ['an approver takes back their own', { decision: 'revocation' }, []],
  ["an approver takes back another's", { decision: 'revocation', of: id('dave') }, ['approval/role']],
  ["an admin takes back another's", { decision: 'revocation', principal: id('carol') }, []],
  [
    'somebody who is no approver any more takes back their own',
    { decision: 'revocation', principal: id('alice'), of: id('alice') },
    ['approval/role'],
  ],
  ['an approver approves a policy', { prompt: 'policy' }, ['approval/role']],
  ['an admin approves a policy', { prompt: 'policy', principal: id('carol'), of: id('carol') }, []],
  [
    'an admin approves their own policy',
    { prompt: 'policy', principal: id('carol'), of: id('carol'), author: id('carol') },
    ['approval/self'],
  ],
  [
    'an approver takes back their own decision on a policy',
    { prompt: 'policy', decision: 'revocation' },
    ['approval/role'],
  ],
])('%s', (_, facts, rules) => {
  expect(evaluateDecision(policy, { ...GOOD, ...facts }).map((reason) => reason.rule)).toEqual(rules);
});

test('what the reasons say', () => {
  expect(evaluateDecision(policy, { ...GOOD, author: id('bob') })).toEqual([
    {
      rule: 'approval/self',
      message: 'bob@acme.example wrote clinical-intake v12, and nobody approves their own',
      remedy:
        'ask carol@acme.example or dave@acme.example to run: promptaudit approve clinical-intake@12 -m "…"',
    },
  ]);
  const alone = policyOf(EXAMPLE.replaceAll('[approver', '[author').replace(/ *approvers: .*/, ''));
  expect(evaluateDecision(alone, { ...GOOD, author: id('bob') }).at(-1)?.remedy).toBe(
    'ask an admin to give the role approver to somebody else: promptaudit policy add <email> --role approver',
  );
  expect(roleReasons(policy, id('mallory'), 'recorder', 'seal call logs')).toEqual([
    {
      rule: 'signature/role',
      message: 'mallory@acme.example is not in the policy, and cannot seal call logs',
      remedy: 'ask an admin to run: promptaudit policy add mallory@acme.example --role recorder',
    },
  ]);
});

test('one of several roles is enough', () => {
  expect(roleReasons(policy, id('alice'), ['admin', 'author'], 'retire it')).toEqual([]);
  expect(roleReasons(policy, id('bob'), ['admin', 'author'], 'retire it')[0]?.message).toBe(
    'bob@acme.example does not hold the role admin or author, which is needed to retire it',
  );
});

describe('a change of the policy', () => {
  const next = policyOf(exampleWith('    roles: [author]', '    roles: [author, admin]'));

  test('is for an admin of the policy in force, not for one that it would make', () => {
    expect(evaluatePolicyChange(policy, next, id('carol'))).toEqual([]);
    expect(evaluatePolicyChange(policy, next, id('alice')).map((reason) => reason.rule)).toEqual([
      'signature/role',
    ]);
  });

  test('the first policy is for one of its own admins', () => {
    expect(evaluatePolicyChange(undefined, next, id('alice'))).toEqual([]);
    expect(evaluatePolicyChange(undefined, policy, id('alice'))).toHaveLength(1);
  });

  test('takes as many different admins as the policy in force says', () => {
    const two = policyOf(
      exampleWith(
        'adminThreshold: 1',
        'adminThreshold: 2',
        exampleWith('    roles: [author]', '    roles: [author, admin]'),
      ),
    );
    expect(thresholdReached(policy, [])).toBe(false);
    expect(thresholdReached(policy, [id('carol')])).toBe(true);
    expect(thresholdReached(policy, [id('bob')])).toBe(false);
    expect(thresholdReached(two, [id('carol'), id('carol')])).toBe(false);
    expect(thresholdReached(two, [id('carol'), id('bob')])).toBe(false);
    expect(thresholdReached(two, [id('carol'), id('alice')])).toBe(true);
  });
});
