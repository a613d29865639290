import { expect, it } from 'vitest';
import { again } from '../../src/cli/again.ts';
import { Failure, Refusal } from '../../src/failure.ts';

/** One turn for each, ended after the last; what was told. */
async function turns(outcomes: readonly (Error | undefined)[]): Promise<readonly string[]> {
  const end = new AbortController();
  const told: string[] = [];
  const rest = outcomes.values();
  let left = outcomes.length;
  await again(end.signal, {
    every: 0,
    work: async () => {
      left -= 1;
      if (left === 0) end.abort();
      const { value } = rest.next();
      if (value !== undefined) throw value;
    },
    tell: async (trouble) => {
      told.push(trouble);
    },
  });
  return told;
}

it('tells of a trouble once until it is over, and of another one', async () => {
  const [full, gone] = [new Failure('the disk is full'), new Failure('the folder is gone')];
  expect(await turns([full, full, gone, gone])).toEqual(['the disk is full', 'the folder is gone']);
  expect(await turns([full, undefined, full])).toEqual(['the disk is full', 'the disk is full']);
});

it('says why something was refused, and what to do', async () => {
  const reasons = [{ rule: 'signature/role', message: 'Eve is no recorder', remedy: 'ask Ada' }] as const;
  expect(await turns([new Refusal('cannot seal calls', reasons)])).toEqual([
    'cannot seal calls: Eve is no recorder: ask Ada',
  ]);
});

it('does nothing once it was ended', async () => {
  let worked = 0;
  const work = async () => {
    worked += 1;
  };
  await again(AbortSignal.abort(), { every: 0, work, tell: async () => {} });
  expect(worked).toBe(0);
});
