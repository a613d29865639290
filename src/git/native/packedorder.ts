import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NoPlainFile } from '../files.ts';
import { refuseDisorder } from '../packedlines.ts';
import type { RepositoryLayout } from '../store.ts';

/** The order of the lines in `packed-refs`, which git trusts its header to tell. */
export class PackedOrder {
  readonly #path: string;
  readonly #objectFormat: RepositoryLayout['objectFormat'];
  /** Which file was found to be in order. */
  #identity = '';

  constructor({ commonDir, objectFormat }: RepositoryLayout) {
    this.#path = join(commonDir, 'packed-refs');
    this.#objectFormat = objectFormat;
  }

  /** Reads the file only when it is another than the last time. @throws Failure where it is not in order */
  check(): void {
    const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (found === undefined) return;
    if (!found.isFile()) throw new NoPlainFile(this.#path, found);
    const identity = `${found.dev} ${found.ino} ${found.size} ${found.mtimeNs}`;
    if (identity === this.#identity) return;
    refuseDisorder(readFileSync(this.#path, 'latin1'), this.#path, this.#objectFormat);
    this.#identity = identity;
  }
}
