import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploymentOf, forgeEvent, forget, LEDGER } from '../helpers/forge.ts';
import { copyOf, type Hospital, policyOf, setPolicy } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { codesByBoth, foundBase, looseObject, spoil, verify } from './registry.ts';

const MIRROR = 'refs/heads/promptaudit-ledger';
const THERE = 'refs/remotes/origin/promptaudit-ledger';
const TRACKED = 'refs/promptaudit/remotes/origin/ledger';

describe('the branch that mirrors the ledger', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  /** Event 7 is the policy that names the branch; 8 and 9 deploy discharge and clinical-intake to staging. */
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
    const policy = { ...policyOf(base), ledgerBranch: 'promptaudit-ledger' };
    await setPolicy(base, policy);
    await base.team.ok(base.dee, ['deploy', 'discharge@1', '-e', 'staging']);
    await base.team.ok(base.dee, ['deploy', 'clinical-intake@2', '-e', 'staging']);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h.team;
  };
  const put = (ref: string, revision: string) => h.team.git('update-ref', ref, revision);
  const told = async () => (await verify(h)).found.map(({ code, message }) => [code, message]);
  const doubts = async () =>
    (await verify(h)).report.notProven.filter((text) => text.includes('promptaudit-ledger'));

  test('agrees when it ends where the ledger ends', async () => {
    await start();
    await put(MIRROR, LEDGER);
    await put(THERE, LEDGER);
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual([]);
  });

  test('may be behind, which is said', async () => {
    await start();
    await put(MIRROR, `${LEDGER}~2`);
    await put(THERE, `${LEDGER}~1`);
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual([
      `that ${MIRROR} guards events 8 to 9: as it is here it mirrors the ledger up to event 7; run promptaudit sync and verify again`,
      `that ${THERE} guards event 9: as it is here it mirrors the ledger up to event 8; run promptaudit sync and verify again`,
    ]);
  });

  test('that is nowhere here is said', async () => {
    await start();
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual([
      'that the branch promptaudit-ledger, which mirrors the ledger, agrees with it: no such branch is here; fetch it and verify again',
    ]);
  });

  test('is nothing to a ledger whose policy names none', async () => {
    await start();
    await forget(h);
    await put(LEDGER, `${LEDGER}~3`);
    await put(MIRROR, 'main');
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual([]);
    await put(MIRROR, `${LEDGER}~1`);
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual([]);
  });

  test('tells of a ledger that was cut back, or rewritten, from before its policy named it', async () => {
    const team = await start();
    await forget(h);
    await put(MIRROR, LEDGER);
    await put(LEDGER, `${LEDGER}~3`);
    expect(await codesByBoth(h)).toEqual(['ledger/rollback@6']);
    await team.ok(h.dee, ['deploy', 'discharge@1', '-e', 'staging', '-m', 'Another history']);
    expect(await codesByBoth(h)).toEqual(['ledger/fork@7']);
    const elsewhere = { ...policyOf(h), ledgerBranch: 'other' };
    await setPolicy(h, elsewhere);
    expect(await codesByBoth(h)).toEqual(['ledger/fork@7']);
  });

  test.each([MIRROR, THERE])(
    'shows that the ledger was rolled back, at %s, where nobody saw the end before',
    async (ref) => {
      await start();
      await forget(h);
      await put(ref, LEDGER);
      await put(LEDGER, `${LEDGER}~2`);
      expect(await codesByBoth(h)).toEqual(['ledger/rollback@7']);
      const [found] = (await verify(h)).found;
      expect(found?.message).toBe(
        `${LEDGER} ends at event 7, but ${ref}, which mirrors it, goes on for 2 events`,
      );
      expect(found?.hint).toContain(`git log --first-parent --left-right ${LEDGER}...${ref}`);
      expect(found?.ref).toBe(ref);
    },
  );

  test('shows that the ledger was forked', async () => {
    const team = await start();
    await forget(h);
    await put(MIRROR, LEDGER);
    await put(LEDGER, `${LEDGER}~2`);
    await team.ok(h.dee, ['deploy', 'discharge@1', '-e', 'staging', '-m', 'Another history']);
    expect(await codesByBoth(h)).toEqual(['ledger/fork@8']);
    expect(await told()).toEqual([
      ['ledger/fork', `${MIRROR}, which mirrors ${LEDGER}, departs from it after event 7`],
    ]);
  });

  test('cannot be another registry’s, or no ledger at all', async () => {
    const team = await start();
    await put(MIRROR, 'main');
    expect(await told()).toEqual([
      ['ledger/fork', `${MIRROR}, which mirrors ${LEDGER}, has no event in common with it`],
    ]);
    await team.git('update-ref', THERE, 'main^{tree}');
    expect(await codesByBoth(h)).toEqual(['ledger/fork', 'ledger/fork@1']);
    await put(MIRROR, LEDGER);
    expect((await told())[0]?.[1]).toContain(`${THERE}, which mirrors ${LEDGER}, cannot be followed: object`);
  });

  test('that lacks an object is told as such', async () => {
    await start();
    await forget(h);
    const team = h.team;
    await put(MIRROR, LEDGER);
    const middle = await looseObject(h, `${LEDGER}~1`);
    await put(LEDGER, `${LEDGER}~2`);
    await spoil(middle, 'spoilt');
    expect(await codesByBoth(h)).toEqual(['object/corrupt']);
    await team.sandbox.ok('rm', [middle]);
    expect(await codesByBoth(h)).toEqual(['object/missing']);
  });

  test('of a remote may be ahead of what this clone has taken in, or have what a colleague did meanwhile', async () => {
    const team = await start();
    await forget(h);
    const end = await team.git('rev-parse', LEDGER);
    await put(THERE, end);
    await put(TRACKED, end);
    await put(LEDGER, `${LEDGER}~2`);
    const untaken = [
      `that this clone has every event: ${THERE} and ${TRACKED} have some that it has not taken in; run promptaudit sync and verify again`,
    ];
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual(untaken);
    await team.ok(h.dee, ['deploy', 'clinical-intake@2', '-e', 'staging', '-m', 'Meanwhile']);
    expect(await codesByBoth(h)).toEqual([]);
    expect(await doubts()).toEqual(untaken);
    await put(TRACKED, `${end}~1`);
    expect(await codesByBoth(h)).toEqual(['ledger/fork@8']);
  });

  test('of a server that was cloned as it is tells on what was cut back there, whatever else was pushed', async () => {
    await start();
    await forget(h);
    await put(MIRROR, LEDGER);
    await put(TRACKED, LEDGER);
    await put(LEDGER, `${LEDGER}~2`);
    expect(await codesByBoth(h)).toEqual(['ledger/rollback@7']);
  });

  test('is held to the ledger that was asked for', async () => {
    const team = await start();
    await put(TRACKED, `${LEDGER}~1`);
    await put(THERE, LEDGER);
    await put(MIRROR, 'main');
    const { found } = await verify(h, ['--ref', TRACKED]);
    expect(found.map(({ code, message }) => [code, message])).toEqual([
      [
        'ledger/rollback',
        expect.stringContaining('ends at event 8, but this clone verified it up to event 9'),
      ],
      ['ledger/rollback', `${TRACKED} ends at event 8, but ${THERE}, which mirrors it, goes on for 1 event`],
    ]);
    await team.git('update-ref', '-d', MIRROR);
    expect((await verify(h)).found).toEqual([]);
  });

  test('may hold events that break a rule: they are told once, by the ledger', async () => {
    await start();
    await forgeEvent(h, h.dee, await deploymentOf(h, 5), { policy: 3 });
    await put(MIRROR, LEDGER);
    expect(await codesByBoth(h)).toEqual(['deployment/unapproved@10']);
  });
});
