import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LEDGER } from '../helpers/forge.ts';
import { copyOf, type Hospital } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS } from '../helpers/team.ts';
import { codesByBoth, foundBase, verify } from './registry.ts';

describe('the repository around a registry', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  /** Event 7: Bob approves discharge v1. */
  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
    await base.team.ok(base.bob, ['approve', 'discharge@1', '-m', 'Read it']);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h.team;
  };
  const grafts = async (text: string) => {
    await mkdir(join(h.team.repo, '.git/info'), { recursive: true });
    await writeFile(join(h.team.repo, '.git/info/grafts'), text);
  };
  /** What doctor says of one thing that it looks at. */
  const checked = async (name: string) => {
    const { stdout } = await h.team.cli(h.dee, ['--json', 'doctor']);
    const { checks }: { checks: { name: string; state: string; message: string }[] } = JSON.parse(stdout);
    return checks.find((check) => check.name === name);
  };

  test('replaced objects are found, and change nothing that is read', async () => {
    const team = await start();
    const [one, two] = [await team.git('rev-parse', 'HEAD'), await team.git('rev-parse', 'HEAD^')];
    await team.git('replace', one, two);
    expect(await codesByBoth(h)).toEqual(['repo/replace']);
    expect((await verify(h)).found).toMatchObject([
      { ref: `refs/replace/${one}`, object: two, message: expect.stringContaining(two.slice(0, 12)) },
    ]);
    expect(await checked('substitutes')).toMatchObject({ state: 'wrong' });
  });

  test('grafts are found; a file of comments alone is none', async () => {
    const team = await start();
    await grafts('# nothing\n\n');
    expect(await codesByBoth(h)).toEqual([]);
    expect(await checked('substitutes')).toMatchObject({ state: 'good' });
    await grafts(`# cut\n${await team.git('rev-parse', 'HEAD')}\n`);
    expect(await codesByBoth(h)).toEqual(['repo/grafts']);
    expect(await checked('substitutes')).toMatchObject({ state: 'wrong' });
  });

  test('refs in our places that are none of ours are found', async () => {
    const team = await start();
    await team.git('update-ref', 'refs/promptaudit/remotes/origin/ledger', LEDGER);
    await team.git('update-ref', 'refs/promptaudit/remotes/a/b/ledger', LEDGER);
    expect(await codesByBoth(h)).toEqual([]);
    await team.git('update-ref', 'refs/promptaudit/mine', LEDGER);
    await team.git('update-ref', 'refs/promptaudit/remotes/origin/ledger2', LEDGER);
    await team
      .git('update-ref', 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example/x', LEDGER)
      .catch(() => '');
    await team.git('update-ref', 'refs/tags/promptaudit/discharge/v01/approved/bob@acme.example', LEDGER);
    expect(await codesByBoth(h)).toEqual(['repo/ref-name', 'repo/unknown-ref', 'repo/unknown-ref']);
  });

  describe('a decision’s tag', () => {
    const TAG = 'refs/tags/promptaudit/discharge/v1/approved/bob@acme.example';

    test.each(ADAPTERS)(
      'that was deleted or moved is put back by doctor --repair, by %s',
      async (adapter) => {
        await start();
        const team = h.team.through(adapter);
        const tag = await team.git('rev-parse', TAG);
        await team.git('update-ref', TAG, 'HEAD');
        expect(await codesByBoth(h)).toEqual(['approval/tag-moved@7']);
        expect((await verify(h)).found[0]?.hint).toContain('promptaudit doctor --repair');
        const { stdout } = await team.cli(h.dee, ['--json', 'doctor', '--repair', '--dry-run']);
        expect(JSON.parse(stdout).repaired).toContain(`would put back ${TAG}`);
        await team.cli(h.dee, ['doctor', '--repair']);
        expect(await team.git('rev-parse', TAG)).toBe(tag);
        await team.git('update-ref', '-d', TAG);
        expect(await codesByBoth(h)).toEqual(['approval/tag-missing@7']);
        const again = await team.cli(h.dee, ['--json', 'doctor', '--repair']);
        expect(JSON.parse(again.stdout).repaired).toContain(`restored ${TAG}`);
        expect(await codesByBoth(h)).toEqual([]);
      },
    );

    test('that was never fetched is not said to be there', async () => {
      const team = await start();
      const fresh = join(team.repo, '../fresh');
      await sandbox.git(['clone', '-q', '--no-tags', `file://${team.repo}`, fresh]);
      await sandbox.git(['fetch', '-q', '--no-tags', 'origin', `${LEDGER}:${LEDGER}`], { cwd: fresh });
      const { stdout } = await team.cli(h.dee, ['--json', '-C', fresh, 'doctor']);
      expect(JSON.parse(stdout).checks).toContainEqual({
        name: 'tags',
        state: 'wrong',
        message: expect.stringContaining(TAG),
        remedy: expect.stringContaining('git fetch --tags'),
      });
    });

    test('whose object is gone is said to be lost', async () => {
      const team = await start();
      const tag = await team.git('rev-parse', TAG);
      await team.git('update-ref', '-d', TAG);
      await rm(join(team.repo, '.git/objects', tag.slice(0, 2), tag.slice(2)));
      expect(await codesByBoth(h)).toEqual(['object/missing@7']);
      await team.cli(h.dee, ['doctor', '--repair']);
      expect(await codesByBoth(h)).toEqual(['object/missing@7']);
      expect(await checked('tags')).toMatchObject({
        state: 'wrong',
        remedy: expect.stringContaining('git fetch'),
      });
    });
  });
});
