import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploymentOf, forgeEvent, LEDGER } from '../helpers/forge.ts';
import { copyOf, DISCHARGE, type Hospital, promptText } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { codes, foundBase, plainCommit, verify } from './registry.ts';

describe('what has happened is acknowledged', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  /** Event 7: Dee deploys what was not approved; 8: Bob approves discharge v1. */
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
    await forgeEvent(base, base.dee, await deploymentOf(base, 5));
    await base.team.ok(base.bob, ['approve', 'discharge@1', '-m', 'Read it']);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h.team;
  };
  const acknowledge = (code: string, target: string) =>
    h.team.told(h.ada, ['acknowledge', code, target, '-m', 'Known, see INC-311']);
  const TAG = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';

  test('by event and by object; the event is given no effect', async () => {
    const team = await start();
    await plainCommit(h, { [DISCHARGE]: promptText('discharge', 'By plain git.') });
    const blob = await team.git('rev-parse', `HEAD:${DISCHARGE}`);
    await team.git('tag', 'promptaudit/discharge/v1/approved/carol@acme.example', 'HEAD~1');
    const tag = await team.git('rev-parse', 'HEAD~1');
    const before = [
      'approval/unrecorded',
      'deployment/promotion@7',
      'deployment/unapproved@7',
      'version/unregistered',
    ];
    expect(await codes(h)).toEqual(before);
    expect((await acknowledge('deployment/unapproved', '7'))[0]).toBe(0);
    expect((await acknowledge('deployment/promotion', '7'))[0]).toBe(0);
    expect((await acknowledge('approval/unrecorded', tag))[0]).toBe(0);
    // An id may be cut short, as verify itself shows it.
    expect((await acknowledge('version/unregistered', blob.slice(0, 10)))[0]).toBe(0);
    const target = await team.git('log', '-1', '--format=%(trailers:key=Target,valueonly)', LEDGER);
    expect(target.trim()).toBe(blob);
    const { code, report } = await verify(h);
    expect([code, report.findings]).toEqual([0, []]);
    expect(report.acknowledged.map((one) => one.code).sort()).toEqual(
      before.map((one) => one.replace(/@.*/, '')),
    );
    expect((await team.json<{ active: unknown[] }>(undefined, ['active'])).active).toEqual([]);
    for (const [code, target, event] of [
      ['deployment/unapproved', '7', 9],
      ['version/unregistered', blob.slice(0, 10), 12],
    ] as const)
      expect(await acknowledge(code, target)).toEqual([
        1,
        expect.stringContaining(
          `${code} at ${target} is acknowledged already, by ada@acme.example in event ${event}`,
        ),
      ]);
  });

  test('by an id that is cut short to digits alone', async () => {
    const team = await start();
    const texts = Array.from({ length: 2000 }, (_, number) => promptText('discharge', `Draft ${number}.`));
    const oid = (text: string) => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');
    const text = texts.find((one) => /^[1-9]\d{6}/.test(oid(one))) ?? '';
    await plainCommit(h, { [DISCHARGE]: text });
    expect((await acknowledge('version/unregistered', oid(text).slice(0, 7)))[0]).toBe(0);
    const target = await team.git('log', '-1', '--format=%(trailers:key=Target,valueonly)', LEDGER);
    expect(target.trim()).toBe(oid(text));
  });

  test('but of content on a protected branch the one time that it came', async () => {
    const team = await start();
    await plainCommit(h, { [DISCHARGE]: promptText('discharge', 'By plain git.') });
    const blob = await team.git('rev-parse', `HEAD:${DISCHARGE}`);
    const revert = () => team.git('revert', '--no-edit', 'HEAD');
    expect((await acknowledge('version/unregistered', blob))[0]).toBe(0);
    await revert();
    await revert();
    expect(await codes(h)).toContain('version/unregistered');
    const [code, said] = await acknowledge('version/unregistered', blob);
    expect([code, said]).toEqual([
      1,
      expect.stringContaining(
        `version/unregistered at ${blob} concerns what is wrong now and can only be put right: find out who`,
      ),
    ]);
    await revert();
    expect(await codes(h)).not.toContain('version/unregistered');
  });

  test.each([
    ['approval/tag-missing', '8', 'promptaudit doctor --repair'],
    ['repo/replace', '7', 'git update-ref -d refs/replace/'],
    ['ledger/rollback', '7', 'fetch the ledger again'],
    ['object/missing', '7', 'fetch it from a clone that has it'],
  ])('but not %s, which concerns the present', async (code, target, remedy) => {
    const team = await start();
    await team.git('update-ref', '-d', TAG);
    await team.git('replace', 'HEAD', 'HEAD^');
    const [exit, said] = await acknowledge(code, target);
    expect([exit, said]).toEqual([
      1,
      expect.stringContaining(`${code} concerns what is wrong now and can only be put right`),
    ]);
    expect(said).toContain(remedy);
  });

  test.each([
    ['deployment/unaproved', '7', 'did you mean deployment/unapproved?'],
    ['mistake', '7', 'see them with promptaudit verify'],
    ['deployment/unapproved', '5', 'it is found at 7'],
    ['version/unregistered', '7', 'see what there is with promptaudit verify'],
    ['deployment/unapproved', 'abcdef0', 'it is found at 7'],
    ['deployment/unapproved', 'abcdef', "neither an event's number nor an object's id"],
    ['deployment/unapproved', 'HEAD', "neither an event's number nor an object's id"],
  ])('but not %s at %s', async (code, target, says) => {
    await start();
    const [exit, said] = await acknowledge(code, target);
    expect([exit, said]).toEqual([2, expect.stringContaining(says)]);
  });

  test('by an admin alone', async () => {
    const team = await start();
    const { rules } = await team.refused(h.dee, ['acknowledge', 'deployment/unapproved', '7', '-m', 'Mine']);
    expect(rules).toEqual(['signature/role']);
  });
});
