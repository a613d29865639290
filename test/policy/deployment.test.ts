import { describe, expect, test } from 'vitest';
import { type DeploymentFacts, evaluateDeployment } from '../../src/policy/evaluate.ts';
import { EXAMPLE, env, exampleWith, id, KEYS, policyOf } from './fixture.ts';

const A_DAY = 86_400;
const policy = policyOf(EXAMPLE);
const separate = policyOf(exampleWith('separateDeployer: false', 'separateDeployer: true'));

/** A rollout to production to which nothing is to be said. */
const GOOD: DeploymentFacts = {
  prompt: 'clinical-intake',
  version: 12,
  environment: env('production'),
  kind: 'rollout',
  author: id('alice'),
  deployer: id('deploy-bot'),
  approvals: [id('bob'), id('carol')],
  approvers: [id('bob'), id('carol')],
  rejections: [],
  stays: new Map([[env('staging'), A_DAY]]),
  active: 11,
  wasActive: false,
  reason: '',
};

const rulesOf = (facts: Partial<DeploymentFacts>, under = policy) =>
  evaluateDeployment(under, { ...GOOD, ...facts }).map((reason) => reason.rule);

describe('a rollout', () => {
  test.each<readonly [what: string, facts: Partial<DeploymentFacts>, rules: readonly string[]]>([
    ['as it should be', {}, []],
    [
      'to staging, which demands nothing',
      { environment: env('staging'), approvals: [], stays: new Map(), active: undefined },
      [],
    ],
    ['by nobody that the policy knows', { deployer: id('mallory') }, ['signature/role']],
    ['by somebody who is no deployer', { deployer: id('carol') }, ['signature/role']],
    ['to nowhere', { environment: env('moon') }, ['deployment/unapproved']],
    ['of what is active', { active: 12 }, ['deployment/replaces']],
    ['where nothing is active', { active: undefined }, []],
    ['with a rejection', { rejections: [id('dave')] }, ['deployment/unapproved']],
    ["with the author's own rejection", { rejections: [id('alice')] }, ['deployment/unapproved']],
    ['with one approval of two', { approvals: [id('bob')] }, ['deployment/unapproved']],
    [
      'with an approval that the rule does not count',
      { approvals: [id('bob'), id('dave')] },
      ['deployment/unapproved'],
    ],
    [
      'with an approval by no approver',
      { approvals: [id('bob'), id('deploy-bot')] },
      ['deployment/unapproved'],
    ],
    ['with an approval by its author', { author: id('carol') }, ['deployment/unapproved']],
    ['of another prompt, with its one approval', { prompt: 'billing', approvals: [id('dave')] }, []],
    ['of another prompt, without', { prompt: 'billing', approvals: [] }, ['deployment/unapproved']],
    ['of a version that was never in staging', { stays: new Map() }, ['deployment/promotion']],
    ['of one that was elsewhere', { stays: new Map([[env('production'), A_DAY]]) }, ['deployment/promotion']],
    ['a second too early', { stays: new Map([[env('staging'), A_DAY - 1]]) }, ['deployment/soak']],
    [
      'by an approver, where that is allowed',
      { prompt: 'billing', approvals: [id('dave')], deployer: id('dave') },
      [],
    ],
    [
      'with everything wrong',
      { deployer: id('alice'), active: 12, rejections: [id('dave')], approvals: [], stays: new Map() },
      [
        'signature/role',
        'deployment/replaces',
        'deployment/unapproved',
        'deployment/unapproved',
        'deployment/promotion',
      ],
    ],
  ])('%s', (_, facts, rules) => {
    expect(rulesOf(facts)).toEqual(rules);
  });

  test.each<readonly [what: string, facts: Partial<DeploymentFacts>, rules: readonly string[]]>([
    ['by somebody else', {}, []],
    ['by its author', { author: id('deploy-bot') }, ['deployment/separation']],
    [
      'by an approver',
      { prompt: 'billing', approvals: [id('dave')], approvers: [id('dave')], deployer: id('dave') },
      ['deployment/separation'],
    ],
    [
      'by somebody who approved it for another environment',
      { approvers: [id('bob'), id('carol'), id('dave')], deployer: id('dave') },
      ['deployment/separation'],
    ],
    [
      'as a rollback, by its author',
      { kind: 'rollback', wasActive: true, author: id('deploy-bot') },
      ['deployment/separation'],
    ],
  ])('where deployers stand apart: %s', (_, facts, rules) => {
    expect(rulesOf(facts, separate)).toEqual(rules);
  });
});

describe('a rollback', () => {
  const back: Partial<DeploymentFacts> = { kind: 'rollback', wasActive: true, stays: new Map() };

  test.each<readonly [what: string, facts: Partial<DeploymentFacts>, rules: readonly string[]]>([
    ['needs no promotion and no soak', {}, []],
    ['to what was never there', { wasActive: false }, ['deployment/promotion']],
    ['to what is active', { active: 12 }, ['deployment/replaces']],
    ['after an approval was taken back', { approvals: [id('carol')] }, ['deployment/unapproved']],
    ['to what has been rejected since', { rejections: [id('bob')] }, ['deployment/unapproved']],
    ['by no deployer', { deployer: id('carol') }, ['signature/role']],
  ])('%s', (_, facts, rules) => {
    expect(rulesOf({ ...back, ...facts })).toEqual(rules);
  });
});

describe('an emergency', () => {
  const bare: Partial<DeploymentFacts> = {
    kind: 'emergency',
    deployer: id('carol'),
    author: id('carol'),
    approvals: [],
    rejections: [id('bob')],
    stays: new Map(),
    reason: 'the old version tells patients to stop treatment',
  };

  test.each<readonly [what: string, facts: Partial<DeploymentFacts>, rules: readonly string[]]>([
    ['waives approvals, rejections, promotion, soak and separation', {}, []],
    ['needs a reason', { reason: ' \n' }, ['deployment/unapproved']],
    ['needs one that can be read', { reason: '\u200b\u3164\u2800' }, ['deployment/unapproved']],
    ['takes one in a script that is not encoded yet', { reason: '\u0378' }, []],
    ['by a role that the policy does not name', { deployer: id('deploy-bot') }, ['signature/role']],
    ['of what is active', { active: 12 }, ['deployment/replaces']],
    ['to nowhere', { environment: env('moon') }, ['deployment/unapproved']],
  ])('%s', (_, facts, rules) => {
    expect(rulesOf({ ...bare, ...facts }, separate)).toEqual(rules);
  });

  test('is for nobody where the policy does not speak of it', () => {
    const without = policyOf(exampleWith('emergency: { roles: [admin], reviewWithin: 24h }\n', ''));
    expect(evaluateDeployment(without, { ...GOOD, ...bare } as DeploymentFacts)).toEqual([
      {
        rule: 'signature/role',
        message: 'the policy lets nobody make an emergency deployment of clinical-intake v12 to production',
        remedy: "ask an admin to name the roles that may, in the policy's emergency section",
      },
    ]);
  });
});

describe('what a reason says', () => {
  const said = (facts: Partial<DeploymentFacts>, under = policy) =>
    evaluateDeployment(under, { ...GOOD, ...facts }).map(({ message, remedy }) => [message, remedy]);

  test('approvals: who has approved, who could, and with which command', () => {
    expect(said({ prompt: 'billing', approvals: [] })).toEqual([
      [
        'billing v12 has 0 of 1 approval for production',
        'ask one of bob@acme.example, carol@acme.example and dave@acme.example to run: promptaudit approve billing@12 -e production -m "…"',
      ],
    ]);
    expect(said({ approvals: [id('bob'), id('dave')] })).toEqual([
      [
        'clinical-intake v12 has 1 of 2 approvals for production (only those of bob@acme.example and carol@acme.example count): bob@acme.example',
        'ask carol@acme.example to run: promptaudit approve clinical-intake@12 -e production -m "…"',
      ],
    ]);
  });

  test('approvals that cannot come together any more', () => {
    expect(said({ author: id('bob'), approvals: [] })[0]?.[1]).toBe(
      'only carol@acme.example can still approve it: ask an admin to let more people approve, and then them to run: promptaudit approve clinical-intake@12 -e production -m "…"',
    );
  });

  test('who could let somebody else approve, and with which command', () => {
    const lone = policyOf(EXAMPLE.replaceAll('[approver', '[author').replace(/ *approvers: .*/, ''));
    expect(said({ prompt: 'billing', approvals: [] }, lone)[0]?.[1]).toMatch(
      /^nobody else can approve it: ask an admin to let more people approve \(promptaudit policy add <email> --role approver\), and then them to run: /,
    );
  });

  test('nobody is sent to whom no key is left', () => {
    const dave = `keys: ["${KEYS.dave}"]`;
    const gone = policyOf(exampleWith(dave, `keys: [{ key: "${KEYS.dave}", revokedFrom: 40 }]`));
    expect(said({ prompt: 'billing', approvals: [] }, gone)[0]?.[1]).toBe(
      'ask one of bob@acme.example and carol@acme.example to run: promptaudit approve billing@12 -e production -m "…"',
    );
    expect(said({ deployer: id('alice') }, gone)[0]?.[1]).toBe(
      'ask deploy-bot@acme.example to do it, or an admin to run: promptaudit policy add alice@acme.example --role deployer',
    );
  });

  test('the others', () => {
    expect(said({ stays: new Map() })).toEqual([
      [
        'clinical-intake v12 was never deployed to staging, from where production takes its versions',
        'deploy it there first: promptaudit deploy clinical-intake@12 -e staging',
      ],
    ]);
    expect(said({ stays: new Map([[env('staging'), 11_520]]) })).toEqual([
      [
        'clinical-intake v12 was in staging for 3h 12m of the 1d that production asks for',
        'let it stay active in staging for 1d without a break, and deploy again',
      ],
    ]);
    expect(said({ rejections: [id('dave')] })).toEqual([
      [
        'clinical-intake v12 is rejected for production by dave@acme.example',
        'commit a better version, or ask dave@acme.example to run: promptaudit revoke clinical-intake@12 -m "…"',
      ],
    ]);
    expect(said({ author: id('deploy-bot') }, separate)).toEqual([
      [
        'deploy-bot@acme.example wrote clinical-intake v12 and so must not deploy it to production',
        'ask dave@acme.example to deploy it',
      ],
    ]);
    expect(said({ deployer: id('alice') })).toEqual([
      [
        'alice@acme.example does not hold the role deployer, which is needed to deploy clinical-intake v12 to production',
        'ask dave@acme.example or deploy-bot@acme.example to do it, or an admin to run: promptaudit policy add alice@acme.example --role deployer',
      ],
    ]);
  });
});
