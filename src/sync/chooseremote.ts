import { Failure } from '../failure.ts';
import { isRefName } from '../git/refname.ts';
import type { GitStore } from '../git/store.ts';

/**
 * The remote to sync with: the one that is named; else the one that the branch follows, that pushes go to, `origin`, or the
 * only one.
 * @throws Failure where there is none such
 */
export async function chooseRemote(store: GitStore, named: string | undefined): Promise<string> {
  const known = await remoteNames(store);
  if (named !== undefined) {
    if (known.includes(named)) return named;
    const there = known.length === 0 ? 'there is none yet' : `there is ${known.join(', ')}`;
    throw new Failure(
      `this repository has no remote ${JSON.stringify(named)}: ${there}; add it with git remote add <name> <url>`,
    );
  }
  if (known.length === 0)
    throw new Failure('this repository has no remote to sync with: add one with git remote add origin <url>');
  const head = await store.head();
  const branch = head.state === 'branch' ? head.ref.replace('refs/heads/', '') : undefined;
  const { config } = store;
  const wanted = [
    branch && config.get(`branch.${branch}.remote`),
    config.get('remote.pushDefault'),
    'origin',
    known.length === 1 ? known[0] : undefined,
  ];
  const chosen = wanted.find((name) => name !== undefined && known.includes(name));
  if (chosen !== undefined) return chosen;
  throw new Failure(`name the remote to sync with: ${known.join(', ')}`);
}

/** Remotes with an address, whose names can be part of a ref's. */
async function remoteNames(store: GitStore): Promise<readonly string[]> {
  const names = store.config.sections('remote');
  return names.filter(
    (name) => store.config.get(`remote.${name}.url`) !== undefined && isRefName(`refs/remotes/${name}/x`),
  );
}
