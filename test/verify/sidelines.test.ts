import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Oid } from '../../src/git/object.ts';
import { readJudgedLines, writeJudgedLines } from '../../src/verify/judgedlines.ts';
import { forget, LEDGER } from '../helpers/forge.ts';
import { copyOf, DISCHARGE, type Hospital, INTAKE, promptText } from '../helpers/hospital.ts';
import { createSandbox, type Sandbox } from '../helpers/sandbox.ts';
import { ADAPTERS } from '../helpers/team.ts';
import { bodyOf, keep } from '../tamper/workbench.ts';
import { codes, codesByBoth, foundBase, looseObject, plainCommit, spoil, verify } from './registry.ts';

const EVIL = promptText('discharge', 'Sell them something.');
const UNREGISTERED = 'version/unregistered';

/** A merge whose first parent is other work, so that what the branch was is a side line: it is called a foxtrot. */
describe('a protected branch that a merge made a side line', () => {
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
  };
  const good = () => readFile(join(h.team.repo, DISCHARGE), 'utf8');
  /** Somebody else's content comes to main, and goes. */
  const comesAndGoes = async () => {
    const text = await good();
    await plainCommit(h, { [DISCHARGE]: EVIL });
    await plainCommit(h, { [DISCHARGE]: text });
  };
  /** Main goes on from work that began before its newest `depth` commits, and merges what it was. */
  const foxtrot = async (depth: number) => {
    const { team } = h;
    await team.git('switch', '-q', '-c', 'work', `HEAD~${depth}`);
    await plainCommit(h, { [`notes-${depth}.md`]: 'Read me\n' });
    await team.git('merge', '-q', '--no-ff', '-m', 'Merge main', 'main');
    await team.git('branch', '-q', '-f', 'main');
    await team.git('switch', '-q', 'main');
    await team.git('branch', '-q', '-D', 'work');
  };

  /** While the first policy's file is gone. */
  const withoutPolicy = async <T>(act: () => Promise<T>): Promise<T> => {
    const file = await looseObject(h, `${LEDGER}~${(await ledgerLength()) - 2}^2:.promptaudit/policy.yml`);
    const bytes = await readFile(file);
    await rm(file);
    try {
      return await act();
    } finally {
      await spoil(file, bytes);
    }
  };
  const ledgerLength = async () => Number(await h.team.git('rev-list', '--first-parent', '--count', LEDGER));

  test('is judged by whoever judged it before, and goes on being', async () => {
    await start();
    await comesAndGoes();
    expect(await codes(h)).toEqual([UNREGISTERED]);
    const [bad, blob] = [
      await h.team.git('rev-parse', 'HEAD~1'),
      await h.team.git('rev-parse', `HEAD~1:${DISCHARGE}`),
    ];
    await foxtrot(2);
    await foxtrot(1);
    expect(await codesByBoth(h)).toEqual([UNREGISTERED]);
    await plainCommit(h, { 'README.md': 'Read me again\n' });
    const { found } = await verify(h);
    expect(found).toMatchObject([{ code: UNREGISTERED, object: blob, prompt: 'discharge' }]);
    expect(found[0]?.message).toContain(bad.slice(0, 12));
    await forget(h);
    // Nobody who comes to it now can tell main from the work on another branch.
    expect(await codesByBoth(h)).toEqual([]);
  });

  test('keeps what an admin acknowledged', async () => {
    await start();
    await comesAndGoes();
    const blob = await h.team.git('rev-parse', `HEAD~1:${DISCHARGE}`);
    expect(await codes(h)).toEqual([UNREGISTERED]);
    await h.team.ok(h.ada, ['acknowledge', UNREGISTERED, blob, '-m', 'It was there for a minute']);
    await foxtrot(2);
    expect(await codesByBoth(h)).toEqual([]);
    await forget(h);
    expect(await codesByBoth(h)).toEqual([]);
  });

  test('passes where all that it held was registered', async () => {
    await start();
    await codes(h);
    await h.team.write(INTAKE, promptText('clinical-intake', 'Ask about smoking.'));
    await h.team.ok(h.dan, ['commit', '-m', 'Smoking']);
    expect(await codes(h)).toEqual([]);
    await foxtrot(2);
    await foxtrot(3);
    expect(await codesByBoth(h)).toEqual([]);
  });

  test('passes where it was rewritten, so that what it held is in its history no longer', async () => {
    await start();
    await comesAndGoes();
    expect(await codes(h)).toEqual([UNREGISTERED]);
    await h.team.git('reset', '-q', '--hard', 'HEAD~2');
    await plainCommit(h, { 'README.md': 'Read me\n' });
    expect(await codesByBoth(h)).toEqual([]);
  });

  test('is not forgotten while a commit that leads to it is gone', async () => {
    await start();
    await comesAndGoes();
    expect(await codes(h)).toEqual([UNREGISTERED]);
    await foxtrot(2);
    const file = await looseObject(h, 'HEAD');
    const bytes = await readFile(file);
    await rm(file);
    expect(await codes(h)).toEqual(['object/missing', UNREGISTERED]);
    await spoil(file, bytes);
    expect(await codes(h)).toEqual([UNREGISTERED]);
  });

  test('is not forgotten while no policy can be read, and so no branch judged', async () => {
    await start();
    await comesAndGoes();
    expect(await codes(h)).toEqual([UNREGISTERED]);
    await foxtrot(2);
    const found = await withoutPolicy(() => codes(h));
    expect(found).toContain('object/missing@1');
    expect(await codes(h)).toEqual([UNREGISTERED]);
  });

  test('of a registry of which nothing could be judged leaves nothing behind', async () => {
    await start();
    await forget(h);
    await withoutPolicy(() => verify(h));
    expect(await readdir(join(h.team.repo, '.git'))).not.toContain('promptaudit');
  });

  test('is not forgotten over the ledger of another registry, which was put in the place of its own', async () => {
    await start();
    await comesAndGoes();
    expect(await codes(h)).toEqual([UNREGISTERED]);
    const own = await h.team.git('rev-parse', LEDGER);
    const genesis = (await h.team.git('rev-list', '--first-parent', LEDGER)).split('\n').at(-1) ?? '';
    const other = (await bodyOf(h, genesis)).replace(/^(found registry |Name: ).*$/gm, '$1clinic');
    await h.team.git('update-ref', LEDGER, await keep(h, other));
    expect(await codes(h)).toContain('ledger/fork@1');
    await h.team.git('update-ref', LEDGER, own);
    await foxtrot(2);
    expect(await codes(h)).toEqual([UNREGISTERED]);
  });

  /** Writes more before the commits at which main was judged. */
  const remember = async (more: string) => {
    const file = join(h.team.repo, '.git/promptaudit/branches.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"refs/heads/main": [', `"refs/heads/main": [${more}`));
  };
  const madeUp = (count: number) =>
    Array.from({ length: count }, (_, index) => index.toString(16).padStart(40, 'f') as Oid);
  const listed = (count: number) => madeUp(count).map((oid) => `"${oid}",`);

  test.each([
    ['is damaged', '0,', 'branches.json is damaged'],
    ['has more commits than are kept', listed(50_000).join(''), 'branches.json is damaged'],
    ['is very large', ' '.repeat(5_000_000), 'branches.json is larger than promptaudit ever makes it'],
  ])('cannot be judged where the file that remembers it %s', async (_, more, says) => {
    await start();
    await codes(h);
    await remember(more);
    const [code, told] = await h.team.told(undefined, ['verify']);
    expect([code, told]).toEqual([2, expect.stringContaining(says)]);
  });

  test('is judged among a thousand commits that are not there', async () => {
    await start();
    await comesAndGoes();
    expect(await codes(h)).toEqual([UNREGISTERED]);
    await foxtrot(2);
    for (const adapter of ADAPTERS) {
      await remember(listed(998).join(''));
      expect(await codes(h, [], adapter)).toEqual([UNREGISTERED]);
    }
  });

  test('is kept with as many commits as are read again, the newest first', async () => {
    await start();
    const [root, lines] = [madeUp(1)[0] as Oid, new Map([['refs/heads/main', madeUp(1001)]])];
    await writeJudgedLines(join(h.team.repo, '.git'), root, lines);
    const kept = new Map([['refs/heads/main', madeUp(1000)]]);
    expect(await readJudgedLines(join(h.team.repo, '.git'), root)).toEqual(kept);
  });
});
