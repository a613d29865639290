import { Failure } from '../failure.ts';
import type { GitStore, WorkTree } from '../git/store.ts';

/** Where people edit prompts and the policy. @throws Failure in a bare repository, which has no such place */
export function workTreeOf({ workTree }: GitStore): WorkTree {
  if (workTree !== undefined) return workTree;
  throw new Failure('this repository is bare: work in a clone that has a working tree');
}
