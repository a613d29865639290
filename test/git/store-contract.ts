import { describe } from 'vitest';
import { configContract } from './contract/config.ts';
import type { ContractOptions } from './contract/fixture.ts';
import { historyContract } from './contract/history.ts';
import { layoutContract } from './contract/layout.ts';
import { objectContract } from './contract/objects.ts';
import { refContract } from './contract/refs.ts';
import { workTreeContract } from './contract/worktree.ts';

/**
 * Holds one adapter to every comment in `src/git/store.ts`, against repositories that stock git made and with stock git
 * looking at what it did.
 */
export function storeContract(options: ContractOptions): void {
  describe(`${options.name} GitStore`, () => {
    layoutContract(options);
    objectContract(options);
    refContract(options);
    historyContract(options);
    configContract(options);
    workTreeContract(options);
  });
}
