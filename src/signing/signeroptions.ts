import type { GitConfig } from '../git/store.ts';
import type { Environment } from './program.ts';

export interface SignerOptions {
  readonly config: GitConfig;
  readonly env: Environment;
  readonly cwd: string;
  /** Top of the working tree: where git runs its signing programs, and what relative paths in its configuration start at. */
  readonly workTree?: string | undefined;
  /** Is told, in one line, when a security key waits to be touched. */
  readonly notice?: ((line: string) => void) | undefined;
}
