import { describe, expect, test } from 'vitest';
import { isCommitted } from '../../src/git/committed.ts';
import { openEmbeddedStore } from '../../src/git/embedded/store.ts';
import { openNativeStore } from '../../src/git/native/store.ts';
import { fixture } from './contract/fixture.ts';

const OPEN = { native: openNativeStore, embedded: openEmbeddedStore };

describe.each(Object.entries(OPEN))('what a checkout brings to a place, by %s', (name, open) => {
  const capabilities = { sha256: false, reftable: false, filters: false };
  const repository = () => fixture({ name, open: (cwd, env) => open({ cwd, env }), capabilities });
  const PLACE = '.promptaudit/calls';

  test('is nothing where there is no commit, or it has something else there', async () => {
    const repo = await repository();
    expect(await isCommitted(await repo.open(), PLACE)).toBe(false);
    await repo.commit('one', { '.promptaudit/policy.yml': 'x', '.promptaudit/calls.md': 'x', calls: 'x' });
    expect(await isCommitted(await repo.open(), PLACE)).toBe(false);
  });

  test.each(['.promptaudit/calls/open/a.jsonl', '.promptaudit/Calls/a/b', '.PromptAudit/calls'])(
    'is what is committed at %s',
    async (path) => {
      const repo = await repository();
      await repo.commit('one', { [path]: 'x' });
      expect(await isCommitted(await repo.open(), PLACE)).toBe(true);
    },
  );

  test.each(['.promptaudit', '.promptaudit/calls'])('is behind a link at %s', async (path) => {
    const repo = await repository();
    await repo.commit('one', { 'elsewhere/calls/a': 'x' });
    const target = await repo.feed('elsewhere', 'hash-object', '-w', '--stdin');
    await repo.git('update-index', '--add', '--cacheinfo', `120000,${target},${path}`);
    await repo.git('commit', '-q', '-m', 'two');
    expect(await isCommitted(await repo.open(), PLACE)).toBe(true);
  });
});
