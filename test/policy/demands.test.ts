import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { eachProgress } from '../../src/policy/demands.ts';
import { approvalProgress, demandsOn, evaluateDeployment } from '../../src/policy/evaluate.ts';
import { deploymentFacts, policyFile, ruleEntry } from './arbitrary.ts';
import { EXAMPLE, env, exampleWith, id, policyOf } from './fixture.ts';

const production = env('production');

describe('the strictest of all rules that apply', () => {
  const more = (rule: string) => policyOf(exampleWith('adminThreshold: 1', `${rule}\nadminThreshold: 1`));

  test('of the environment alone', () => {
    expect(demandsOn(policyOf(EXAMPLE), 'billing', production)).toEqual({
      approvals: 1,
      approvalDemands: [{ need: 1, from: new Set([id('bob'), id('carol'), id('dave')]), listed: false }],
      promoteFrom: 'staging',
      separateDeployer: false,
      soak: 86_400,
    });
  });

  test('a demand that another one meets is left out', () => {
    expect(demandsOn(policyOf(EXAMPLE), 'clinical-intake', production).approvalDemands).toEqual([
      { need: 2, from: new Set([id('bob'), id('carol')]), listed: true },
    ]);
  });

  test('soak and separation come from any rule', () => {
    const policy = more('  - { prompts: ["**"], separateDeployer: true }\n  - { prompts: ["b*"], soak: 7d }');
    expect(demandsOn(policy, 'billing', production)).toMatchObject({ separateDeployer: true, soak: 604_800 });
    expect(demandsOn(policy, 'other', production)).toMatchObject({ separateDeployer: true, soak: 86_400 });
    expect(demandsOn(policy, 'billing', env('staging'))).toMatchObject({
      separateDeployer: true,
      approvals: 0,
    });
  });

  test('rules that list different approvers have to be met each on its own', () => {
    const policy = more('  - { prompts: ["clinical-*"], approvals: 1, approvers: [dave@acme.example] }');
    const demands = demandsOn(policy, 'clinical-intake', production);
    const progress = (...names: string[]) => {
      const { have, need, counted, candidates } = approvalProgress(demands, names.map(id), id('alice'));
      return { have, need, counted, candidates };
    };
    expect(demands.approvals).toBe(2);
    expect(progress()).toEqual({ have: 0, need: 2, counted: [], candidates: [id('bob'), id('carol')] });
    expect(progress('bob', 'dave')).toEqual({
      have: 1,
      need: 2,
      counted: [id('bob')],
      candidates: [id('carol')],
    });
    expect(progress('bob', 'carol')).toEqual({ have: 0, need: 1, counted: [], candidates: [id('dave')] });
    expect(progress('bob', 'carol', 'dave')).toMatchObject({ have: 2, need: 2 });
  });

  test('an approver without the role does not count, and neither does the author', () => {
    const demands = demandsOn(policyOf(EXAMPLE), 'billing', production);
    expect(approvalProgress(demands, [id('alice'), id('dave')], id('dave'))).toMatchObject({
      have: 0,
      need: 1,
      candidates: [id('bob'), id('carol')],
    });
  });

  test('where there is no such environment, nothing is enough', () => {
    const demands = demandsOn(policyOf(EXAMPLE), 'billing', env('moon'));
    const progress = approvalProgress(demands, [id('bob'), id('carol'), id('dave')], id('alice'));
    expect(progress.have).toBeLessThan(progress.need);
  });
});

describe('for all policies', () => {
  const policies = policyFile.map((file) => ({ file, policy: policyOf(stringify(file)) }));

  test('one rule more never makes anything lawful that was not', () => {
    fc.assert(
      fc.property(policies, ruleEntry, fc.nat(4), deploymentFacts, ({ file, policy }, rule, at, facts) => {
        const stricter = policyOf(stringify({ ...file, rules: file.rules.toSpliced(at, 0, rule) }));
        if (evaluateDeployment(policy, facts).length > 0) {
          expect(evaluateDeployment(stricter, facts)).not.toEqual([]);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("one approval more never hurts, but where deployers stand apart; and the author's never helps", () => {
    fc.assert(
      fc.property(policies, deploymentFacts, ({ policy }, facts) => {
        const demands = demandsOn(policy, facts.prompt, facts.environment);
        const missing = (approvals: typeof facts.approvals) =>
          eachProgress(demands, approvals, facts.author).filter(({ have, need }) => have < need).length;
        expect(missing([...facts.approvals, id('erin')])).toBeLessThanOrEqual(missing(facts.approvals));
        expect(missing([...facts.approvals, facts.author])).toBe(missing(facts.approvals));
      }),
    );
  });

  test('the one figure says that all is met exactly when all is met, and no twice counted approval helps', () => {
    fc.assert(
      fc.property(policies, deploymentFacts, ({ policy }, { prompt, environment, approvals, author }) => {
        const demands = demandsOn(policy, prompt, environment);
        const all = eachProgress(demands, approvals, author);
        const one = approvalProgress(demands, approvals, author);
        expect(one.have >= one.need).toBe(all.every(({ have, need }) => have >= need));
        expect(approvalProgress(demands, [...approvals, ...approvals], author)).toEqual(one);
        // By the rules as they are written, nothing left out.
        const own = policy.environments.get(environment);
        const met = (need: number, listed: readonly string[] | undefined) =>
          approvals.filter(
            (who) =>
              who !== author &&
              policy.principals.get(who)?.roles.has('approver') &&
              (listed?.includes(who) ?? true),
          ).length >= need;
        const globs = new Map<string, RegExp>([
          ['**', /^/],
          ['clinical-*', /^clinical-[^/]*$/],
          ['clinical-intake', /^clinical-intake$/],
          ['billing/**', /^billing\//],
          ['x?', /^x[^/]$/],
        ]);
        const applying = policy.rules.filter(
          (rule) =>
            (rule.environments?.includes(environment) ?? true) &&
            rule.prompts.some((glob) => globs.get(glob)?.test(prompt)),
        );
        const expected =
          own !== undefined &&
          met(own.approvals, undefined) &&
          applying.every((rule) => met(rule.approvals, rule.approvers));
        expect(one.have >= one.need).toBe(expected);
      }),
      { numRuns: 400 },
    );
  });
});
