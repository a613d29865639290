import fc from 'fast-check';
import type { DeploymentFacts } from '../../src/policy/evaluate.ts';
import { ROLES } from '../../src/policy/model.ts';
import { env, id, sshKey } from './fixture.ts';

const NAMES = ['alice', 'bob', 'carol', 'dave', 'erin'];
const RING = new Map(NAMES.map((name) => [name, sshKey(name)]));
const STAGES = ['staging', 'test', 'production'];
const GLOBS = ['**', 'clinical-*', 'clinical-intake', 'billing/**', 'x?'];
const duration = fc.constantFrom('0s', '90s', '2h', '3d');

const optional = <T>(key: string, value: fc.Arbitrary<T>) =>
  fc.option(value).map((one): Record<string, T> => (one === null ? {} : { [key]: one }));

const merged = (...parts: fc.Arbitrary<object>[]) =>
  fc.tuple(...parts).map((all) => Object.assign({}, ...all) as object);

/** A principal, always an approver too, so that any rule may list it. */
const principal = (name: string, first: boolean) =>
  merged(
    fc
      .string({ unit: fc.constantFrom(...'aé\'":# ,[{&*'), minLength: 1, maxLength: 8 })
      .map((text) => ({ name: `n${text}n`.normalize('NFC') })),
    optional('kind', fc.constantFrom('person', 'service')),
    fc
      .subarray([...ROLES])
      .map((roles) => ({ roles: [...new Set([...roles, 'approver', ...(first ? ['admin'] : [])])] })),
    first
      ? fc.constant({ keys: [RING.get(name)] })
      : fc.nat({ max: 200 }).map((revokedFrom) => ({
          keys: [revokedFrom === 0 ? RING.get(name) : { key: RING.get(name), revokedFrom }],
        })),
  );

/** One entry of `rules` that is valid beside any environments and principals of `policyFile`. */
export const ruleEntry = merged(
  fc.subarray(GLOBS, { minLength: 1 }).map((prompts) => ({ prompts })),
  optional('environments', fc.subarray(STAGES.slice(1), { minLength: 1 })),
  fc.oneof(
    fc.integer({ min: 1, max: 5 }).map((approvals) => ({ approvals })),
    fc
      .subarray(NAMES, { minLength: 1 })
      .chain((names) =>
        fc
          .integer({ min: 1, max: names.length })
          .map((approvals) => ({ approvals, approvers: names.map(id) })),
      ),
  ),
  optional('separateDeployer', fc.boolean()),
  optional('soak', duration),
);

const environment = (promoteFrom: string) =>
  merged(
    optional('approvals', fc.nat({ max: 4 })),
    fc.constant({ promoteFrom }),
    optional('separateDeployer', fc.boolean()),
    optional('soak', duration),
  );

const retention = merged(
  optional('calls', fc.constantFrom('183d', '27w', '99999h')),
  optional('content', duration),
  optional('access', duration),
);

/** A valid policy file as plain data, with five principals and three environments. */
export const policyFile = fc.record({
  schema: fc.constant('promptaudit/policy@1'),
  registry: fc.constantFrom('acme', 'a: b', '"quoted"', 'é'),
  protectedBranches: fc.subarray(['main', 'release/1']),
  principals: fc
    .tuple(...NAMES.map((name, index) => principal(name, index === 0)))
    .map((all) => Object.fromEntries(all.map((one, index) => [id(NAMES[index] ?? ''), one]))),
  environments: fc
    .tuple(environment('staging'), environment('test'))
    .map(([test, production]) => ({ staging: {}, test, production })),
  rules: fc.array(ruleEntry, { maxLength: 4 }),
  emergency: fc.record({ roles: fc.subarray([...ROLES], { minLength: 1 }), reviewWithin: duration }),
  retention,
});

const people = fc.constantFrom(...NAMES, 'mallory').map(id);
const peopleSet = fc.subarray([...NAMES, 'mallory']).map((names) => names.map(id));

export const deploymentFacts: fc.Arbitrary<DeploymentFacts> = fc.record({
  prompt: fc.constantFrom('clinical-intake', 'clinical-x', 'billing/a/b', 'xy', 'other'),
  version: fc.constant(3),
  environment: fc.constantFrom(...STAGES, 'moon').map(env),
  kind: fc.constantFrom('rollout', 'rollback', 'emergency'),
  author: people,
  deployer: people,
  approvals: peopleSet,
  approvers: peopleSet,
  rejections: fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: peopleSet }),
  stays: fc.subarray(STAGES).map((names) => new Map(names.map((name) => [env(name), 100_000]))),
  active: fc.constantFrom(undefined, 2, 3),
  wasActive: fc.boolean(),
  reason: fc.constantFrom('', 'why'),
});
