import { writeFileSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Detail } from '../../src/ledger/event.ts';
import { forgeEvent, forget, LEDGER, versionAt } from '../helpers/forge.ts';
import { copyOf, type Hospital } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS, Team } from '../helpers/team.ts';
import { codes, codesByBoth, foundBase, looseObject, spoil, verify } from './registry.ts';

describe('verify comes to an end', () => {
  let sandbox: Sandbox;
  let base: Hospital;
  let h: Hospital;

  beforeAll(async () => {
    sandbox = await createSandbox();
    base = await foundBase(sandbox);
  });
  afterAll(() => sandbox.remove());

  const start = async () => {
    h = await copyOf(base);
    return h.team;
  };
  /** What it says by each adapter where there is no report. */
  const told = async (team: Team) => {
    const said: unknown[] = [];
    for (const adapter of ADAPTERS) said.push(await team.through(adapter).told(undefined, ['verify']));
    expect(said[1]).toEqual(said[0]);
    return said[0];
  };
  const trustFile = () => join(h.team.repo, '.git/promptaudit/trust.json');

  describe('without a ledger', () => {
    test('that this clone verified before, and says how far', async () => {
      const team = await start();
      const { head, root } = (await verify(h)).report;
      await team.git('update-ref', '-d', LEDGER);
      await team.git('replace', 'HEAD', 'HEAD^');
      expect(await codesByBoth(h)).toEqual(['ledger/missing', 'repo/replace']);
      const { code, report } = await verify(h);
      expect([code, report.root, report.head]).toEqual([1, root, null]);
      expect(report.findings[0]?.message).toBe(
        `${LEDGER} is gone, though this clone verified it up to event 6 (${head?.digest})`,
      );
      expect(report.notProven).toEqual([
        'what came after event 6, up to which this clone verified the ledger: nothing of it could be read now',
      ]);
    });

    test('that was ever here', async () => {
      const team = await start();
      await team.git('update-ref', '-d', LEDGER);
      await forget(h);
      const { found, report } = await verify(h);
      expect(found).toMatchObject([
        { code: 'ledger/missing', message: `${LEDGER} is not in this repository` },
      ]);
      expect(report.notProven).toEqual([]);
    });

    test('in a repository with no registry, and where there is no repository', async () => {
      h = { ...base, team: new Team(sandbox, 'native', join(sandbox.dir, 'empty-repository')) };
      await h.team.initRepository();
      expect(await codesByBoth(h)).toEqual(['ledger/missing']);
      const nowhere = join(sandbox.dir, 'nowhere');
      await mkdir(nowhere);
      expect(await told(new Team(sandbox, 'native', nowhere))).toEqual([
        2,
        expect.stringContaining('is not in a git repository'),
      ]);
    });
  });

  describe('with something else in the ledger’s place:', () => {
    test.each([
      ['a tree', 'HEAD^{tree}'],
      ['a blob', 'HEAD:.promptaudit/policy.yml'],
    ])('%s', async (_, revision) => {
      const team = await start();
      await team.git('update-ref', LEDGER, revision);
      expect((await verify(h)).found).toMatchObject([{ code: 'ledger/malformed', ref: LEDGER }]);
      expect(await codesByBoth(h)).toEqual(['ledger/malformed']);
    });

    test('a tag, a commit of ours, and no object at all', async () => {
      const team = await start();
      await team.git('tag', '-a', '-m', 'x', 'v1', LEDGER);
      await team.git('update-ref', LEDGER, 'refs/tags/v1');
      expect(await codesByBoth(h)).toEqual(['ledger/malformed']);
      await team.git('update-ref', LEDGER, 'main');
      expect(await codesByBoth(h)).toContain('ledger/malformed@1');
      await writeFile(join(team.repo, '.git', LEDGER), `${'ab'.repeat(20)}\n`);
      expect(await codesByBoth(h)).toEqual(['object/missing']);
      await writeFile(join(team.repo, '.git', LEDGER), 'x\n');
      const [code, said] = (await told(team).catch(() => [2, 'broken'])) as [number, string];
      expect([code, said]).toEqual([2, expect.stringContaining('broken')]);
    });
  });

  describe('with objects of the ledger that', () => {
    test('are gone, damaged, or of another kind', async () => {
      await start();
      const third = await looseObject(h, `${LEDGER}~3`);
      const bytes = await readFile(third);
      await rm(third);
      expect(await codesByBoth(h)).toEqual(['object/missing']);
      await spoil(third, await readFile(await looseObject(h, `${LEDGER}~2`)));
      expect(await codesByBoth(h)).toEqual(['object/corrupt']);
      await spoil(third, 'no zlib');
      expect(await codesByBoth(h)).toEqual(['object/corrupt']);
      await spoil(third, bytes);
      expect(await codesByBoth(h)).toEqual([]);
    });

    test('name a commit, a tag or a tree where another kind stands', async () => {
      const team = await start();
      const facts = await versionAt(h, 6);
      const blob = (await team.git('rev-parse', 'HEAD:.promptaudit/policy.yml')) as typeof facts.commit;
      const tree = (await team.git('rev-parse', 'HEAD^{tree}')) as typeof facts.commit;
      const version = {
        event: 'version',
        ...facts,
        version: 2,
        path: 'prompts/discharge.prompt.yml',
      } as const;
      await forgeEvent(h, h.alice, { ...version, commit: blob }, { subject: blob });
      await forgeEvent(h, h.alice, { ...version, commit: tree }, { subject: tree });
      const tag = `refs/tags/promptaudit/discharge/v1/approved/${h.bob.email}`;
      const approval: Detail<'approval'> = {
        event: 'approval',
        ...facts,
        environments: '*',
        tag,
        tagObject: blob,
      };
      await forgeEvent(h, h.bob, approval, { reason: 'Read it' });
      expect(await codesByBoth(h)).toEqual([
        'approval/tag-mismatch@9',
        'version/commit@7',
        'version/commit@8',
      ]);
      // No clone has a better one.
      await team.ok(h.ada, ['acknowledge', 'version/commit', '7', '-m', 'A slip']);
      await team.ok(h.ada, ['acknowledge', 'version/commit', '8', '-m', 'A slip']);
      await team.ok(h.ada, ['acknowledge', 'approval/tag-mismatch', '9', '-m', 'A slip']);
      expect(await codes(h)).toEqual([]);
    });
  });

  describe('with a record of what was verified that', () => {
    test('is of another registry', async () => {
      const team = await start();
      const other = new Team(sandbox, 'embedded', join(sandbox.dir, 'other'));
      await other.initRepository();
      await other.ok(h.bob, ['init', '--name', 'other']);
      const theirs = await readFile(join(other.repo, '.git/promptaudit/trust.json'));
      await writeFile(trustFile(), theirs);
      expect(await codesByBoth(h)).toEqual(['ledger/fork@1']);
      expect(await readFile(trustFile())).toEqual(theirs);
      await team.sandbox.git(['fetch', '-q', other.repo, 'refs/*:refs/theirs/*'], { cwd: team.repo });
      await forget(h);
      expect(await codesByBoth(h)).toEqual([]);
      await forget(h);
      const found = await codes(h, ['--ref', 'refs/theirs/notes/promptaudit']);
      expect(new Set(found)).toEqual(new Set(['version/unregistered']));
    });

    test('cannot be read', async () => {
      const team = await start();
      await writeFile(trustFile(), 'x');
      expect(await told(team)).toEqual([2, expect.stringContaining('is damaged')]);
      await rm(trustFile());
      await mkdir(trustFile());
      expect(await told(team)).toEqual([2, expect.stringMatching(/ is a folder, where a file belongs: /)]);
    });

    test.skipIf(process.getuid?.() === 0)('may not be read', async () => {
      const team = await start();
      await chmod(trustFile(), 0);
      expect(await told(team)).toEqual([2, expect.stringContaining('permission denied')]);
    });
  });

  test('a mark that moved on while it was at work is left where it is', async () => {
    const team = await start();
    const early = await readFile(trustFile());
    await team.ok(h.dee, ['deploy', 'discharge@1', '-e', 'staging']);
    await team.ok(h.dee, ['withdraw', 'discharge', '-e', 'staging']);
    const late = await readFile(trustFile());
    await team.git('update-ref', LEDGER, `${LEDGER}^`);
    await writeFile(trustFile(), early);
    team.wrap = (store) =>
      new Proxy(store, {
        get: (_, key) => {
          if (key === 'listRefs') writeFileSync(trustFile(), late);
          const value: unknown = Reflect.get(store, key, store);
          return typeof value === 'function' ? value.bind(store) : value;
        },
      });
    expect((await team.cli(undefined, ['verify'])).code).toBe(0);
    expect(await readFile(trustFile())).toEqual(late);
  });
});
