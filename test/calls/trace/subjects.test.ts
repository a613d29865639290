import { expect, test } from 'vitest';
import type { CallRecord } from '../../../src/calls/record/model.ts';
import type { TraceFacts } from '../../../src/calls/trace/facts.ts';
import { END_OF_TIME } from '../../../src/calls/trace/stays.ts';
import { looseContentKey, subjectsOf, versionKey } from '../../../src/calls/trace/subjects.ts';
import { traceCall } from '../../../src/calls/trace/tracecall.ts';
import type { Activation, PromptHistory, PromptVersion } from '../../../src/trail/model.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A prompt whose versions all have the same text; each activation is `environment version seconds`, 0 a withdrawal. */
function promptOf(name: string, versions: number, ...activations: string[]): PromptHistory {
  const made = Array.from({ length: versions }, (_, index) => {
    const number = index + 1;
    return {
      number,
      sequence: number,
      contentDigest: DIGEST,
      author: 'a',
      decisions: [],
      path: 'p',
      time: 0,
    };
  });
  const told = activations.map((text, index) => {
    const [environment, version, time] = text.split(' ');
    const number = Number(version) || undefined;
    return {
      sequence: 10 + index,
      environment,
      version: number,
      time: Number(time),
      kind: 'rollout',
      by: 'd',
    };
  });
  return {
    name,
    versions: made as unknown as PromptVersion[],
    activations: told as unknown as Activation[],
    retired: undefined,
  } as unknown as PromptHistory;
}

function factsOf(...prompts: PromptHistory[]): TraceFacts {
  const rules = { approvals: 0, promoteFrom: undefined, separateDeployer: false, soak: 0 };
  const policy = {
    environments: new Map(['x', 'y'].map((name) => [name, rules])),
    principals: new Map(),
    rules: [],
    emergency: { roles: new Set(), reviewWithin: 0 },
  };
  return {
    prompts: new Map(prompts.map((one) => [one.name, one])),
    policies: [{ number: 1, inForceFrom: 1, policy }] as unknown as TraceFacts['policies'],
  };
}

function piecesOf(facts: TraceFacts, tolerance: number, key: string, environment: string) {
  return subjectsOf(facts, tolerance)
    .get(key)
    ?.pieces.get(environment)
    ?.map(({ from, to }) => [from, to]);
}

test('a stay ends with the next event of its environment, in the order of the ledger', () => {
  // Event 12 is dated before event 11: so 11 had no time at all.
  const facts = factsOf(promptOf('p', 3, 'x 1 100', 'x 2 200', 'x 3 150', 'y 1 300', 'x 0 400', 'x 1 500'));
  expect(piecesOf(facts, 0, versionKey('p', 1), 'x')).toEqual([
    [100_000, 200_000],
    [500_000, END_OF_TIME],
  ]);
  expect(piecesOf(facts, 0, versionKey('p', 2), 'x')).toEqual([]);
  expect(piecesOf(facts, 1000, versionKey('p', 2), 'x')).toEqual([[199_000, 201_000]]);
  expect(piecesOf(facts, 0, versionKey('p', 3), 'x')).toEqual([[150_000, 400_000]]);
  expect(piecesOf(facts, 0, versionKey('p', 1), 'y')).toEqual([[300_000, END_OF_TIME]]);
});

test('stays that the tolerance makes meet are one, and contents are those of all their versions', () => {
  const facts = factsOf(
    promptOf('p', 2, 'x 1 100', 'x 0 200', 'x 1 250', 'x 0 300'),
    promptOf('q', 1, 'x 1 280', 'x 0 350'),
  );
  expect(piecesOf(facts, 24_999, versionKey('p', 1), 'x')).toHaveLength(2);
  expect(piecesOf(facts, 25_000, versionKey('p', 1), 'x')).toEqual([[75_000, 325_000]]);
  expect(piecesOf(facts, 0, looseContentKey(DIGEST), 'x')).toEqual([
    [100_000, 200_000],
    [250_000, 350_000],
  ]);
  const subjects = subjectsOf(facts, 0);
  expect(subjects.get(versionKey('p', 2))?.prompt).toBe('p');
  expect(subjects.get(looseContentKey(DIGEST))?.prompt).toBeUndefined();
});

test('a content of several prompts is traced to the one that was active', async () => {
  const facts = factsOf(promptOf('p', 1, 'x 1 100', 'x 0 200'), promptOf('q', 1, 'x 1 300'));
  const contents = async (all: readonly PromptVersion[]) => all.map(() => Buffer.from('no prompt'));
  const traced = (seconds: number) => {
    const occurredAt = new Date(seconds * 1000).toISOString();
    const call = { occurredAt, 'promptaudit.environment': 'x', 'promptaudit.prompt.digest': DIGEST };
    return traceCall(call as unknown as CallRecord, { facts, contents }, 0);
  };
  const [first, second, neither] = [await traced(150), await traced(400), await traced(250)];
  expect([first.said, first.version?.prompt, first.deployment?.sequence]).toEqual([
    'the call used p v1, which was active in x then',
    'p',
    10,
  ]);
  expect([second.version?.prompt, second.version?.diff.problem]).toEqual([
    'q',
    'v1 cannot be read as a prompt',
  ]);
  expect([neither.verdict, neither.said, neither.version]).toEqual([
    'not-deployed',
    'the call used a content that several prompts have, which was not active in x then: nothing of theirs was',
    undefined,
  ]);
});
