import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Oid } from '../../../src/git/object.ts';
import { ObjectMissing } from '../../../src/git/store.ts';
import { type ContractOptions, collect, type Fixture, fixture } from './fixture.ts';

export function historyContract(options: ContractOptions): void {
  describe('firstParents', () => walking(options));
}

/** main: one - two - merge - four, where `side` was merged. */
async function merged(repo: Fixture): Promise<{ main: Oid[]; side: Oid }> {
  const one = await repo.commit('one', { 'a.txt': '1' });
  await repo.git('checkout', '-q', '-b', 'side');
  const side = await repo.commit('side', { 'b.txt': '1' });
  await repo.git('checkout', '-q', 'main');
  const two = await repo.commit('two', { 'a.txt': '2' });
  await repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
  const merge = (await repo.git('rev-parse', 'HEAD')) as Oid;
  const four = await repo.commit('four', { 'a.txt': '4' });
  return { main: [four, merge, two, one], side };
}

/** Has the commit-graph say that `commit` has the one parent `parent`. Source: gitformat-commit-graph(5). */
async function forgeGraph(repo: Fixture, commit: Oid, parent: Oid): Promise<void> {
  const path = join(repo.dir, '.git/objects/info/commit-graph');
  const graph = await readFile(path);
  const chunks = new Map<string, number>();
  for (let at = 8; at < 8 + 12 * graph[6]!; at += 12) {
    chunks.set(graph.toString('latin1', at, at + 4), Number(graph.readBigUInt64BE(at + 4)));
  }
  const [names, data] = [chunks.get('OIDL')!, chunks.get('CDAT')!];
  const place = (oid: Oid): number => (graph.indexOf(Buffer.from(oid, 'hex'), names) - names) / 20;
  graph.writeUInt32BE(place(parent), data + 36 * place(commit) + 20);
  await chmod(path, 0o644);
  await writeFile(path, graph);
}

async function untilError(ids: AsyncIterable<Oid>): Promise<{ seen: Oid[]; error: unknown }> {
  const seen: Oid[] = [];
  try {
    for await (const oid of ids) seen.push(oid);
  } catch (error) {
    return { seen, error };
  }
  return { seen, error: undefined };
}

function walking(options: ContractOptions): void {
  it('follows first parents over merges to the root', async () => {
    const repo = await fixture(options);
    const { main, side } = await merged(repo);
    const store = await repo.open();
    expect(await collect(store.firstParents(main[0]!))).toEqual(main);
    expect(await collect(store.firstParents(side))).toEqual([side, main.at(-1)]);
    expect(await collect(store.firstParents(main.at(-1)!))).toEqual([main.at(-1)]);
  });

  it('stops before `until`', async () => {
    const repo = await fixture(options);
    const { main, side } = await merged(repo);
    const store = await repo.open();
    expect(await collect(store.firstParents(main[0]!, main[2]))).toEqual(main.slice(0, 2));
    expect(await collect(store.firstParents(main[0]!, main[0]))).toEqual([]);
    expect(await collect(store.firstParents(main[0]!, side))).toEqual(main);
  });

  it('may be stopped early', async () => {
    const repo = await fixture(options);
    const { main } = await merged(repo);
    const store = await repo.open();
    for await (const oid of store.firstParents(main[0]!)) {
      expect(oid).toBe(main[0]);
      break;
    }
    expect(await collect(store.firstParents(main[0]!))).toEqual(main);
  });

  it('walks two thousand commits', async () => {
    const repo = await fixture(options);
    const who = 'Alice Ng <alice@acme.example> 1700000000 +0000';
    const stream = Array.from(
      { length: 2000 },
      (_, i) => `commit refs/heads/main\ncommitter ${who}\ndata ${`c${i}`.length}\nc${i}\n`,
    );
    await repo.feed(stream.join(''), 'fast-import', '--quiet');
    const expected = (await repo.git('rev-list', '--first-parent', 'main')).split('\n');
    expect(expected).toHaveLength(2000);
    const store = await repo.open();
    expect(await collect(store.firstParents(expected[0] as Oid))).toEqual(expected);
    expect(await collect(store.firstParents(expected[0] as Oid, expected[10] as Oid))).toEqual(
      expected.slice(0, 10),
    );
  });

  it('ends with ObjectMissing where history is cut', async () => {
    const repo = await fixture(options);
    const { main } = await merged(repo);
    const clone = join(repo.box.dir, 'shallow');
    await repo.box.git(['clone', '-q', '--depth=2', `file://${repo.dir}`, clone]);
    const store = await repo.open(clone);
    expect(store.layout.shallow).toBe(true);
    const { seen, error } = await untilError(store.firstParents(main[0]!));
    expect(seen).toEqual(main.slice(0, 2));
    expect(error).toBeInstanceOf(ObjectMissing);
    expect((error as ObjectMissing).oid).toBe(main[2]);
  });

  it('goes on where a clone was cut short and got what is missing by another way', async () => {
    const repo = await fixture(options);
    const { main } = await merged(repo);
    const clone = join(repo.box.dir, 'shallow');
    await repo.box.git(['clone', '-q', '--depth=2', `file://${repo.dir}`, clone]);
    await repo.box.git(['fetch', '-q', repo.dir, `${main[2]}`], { cwd: clone });
    const store = await repo.open(clone);
    expect(await collect(store.firstParents(main[0]!))).toEqual(main);
  });

  it('ends with ObjectMissing when the tip itself is missing', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    const gone = 'deadbeefdeadbeefdeadbeefdeadbeefdeadbeef' as Oid;
    const { seen, error } = await untilError((await repo.open()).firstParents(gone));
    expect(seen).toEqual([]);
    expect(error).toBeInstanceOf(ObjectMissing);
    expect((error as ObjectMissing).oid).toBe(gone);
  });

  it('refuses a tip that is no commit', async () => {
    const repo = await fixture(options);
    await repo.commit('one', {});
    await repo.git('tag', '-a', 'v1', '-m', 'annotated');
    const store = await repo.open();
    for (const revision of ['HEAD^{tree}', 'refs/tags/v1']) {
      const oid = (await repo.git('rev-parse', revision)) as Oid;
      await expect(collect(store.firstParents(oid))).rejects.toThrow();
    }
  });

  it('honours neither refs/replace nor grafts', async () => {
    const repo = await fixture(options);
    const { main, side } = await merged(repo);
    await repo.git('replace', main[2]!, side);
    await writeFile(join(repo.dir, '.git/info/grafts'), `${main[1]} ${side}\n`);
    const store = await repo.open();
    expect(await collect(store.firstParents(main[0]!))).toEqual(main);
  });

  it('does not believe a commit-graph', async () => {
    const repo = await fixture(options);
    const { main } = await merged(repo);
    await repo.git('commit-graph', 'write', '--reachable');
    await forgeGraph(repo, main[0]!, main[3]!);
    expect(await repo.git('rev-list', '--first-parent', 'main')).toBe(`${main[0]}\n${main[3]}`);
    const store = await repo.open();
    expect(await collect(store.firstParents(main[0]!))).toEqual(main);
  });
}
