import { writeSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../../failure.ts';
import { errorReason } from '../../git/files.ts';
import { makePlain } from '../store/plainfile.ts';

/** A file of leaf hashes, HASH_SIZE bytes each, that is being written. */
export class LeafFile {
  readonly #path: string;
  readonly #file: FileHandle;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** Writes over what is there. @throws Failure */
  static async make(path: string): Promise<LeafFile> {
    return new LeafFile(path, await makePlain(path).catch((error) => unwritten(path, error)));
  }

  /** @throws Failure */
  write(leaves: Buffer): void {
    try {
      for (let at = 0; at < leaves.length; ) at += writeSync(this.#file.fd, leaves, at);
    } catch (error) {
      unwritten(this.#path, error);
    }
  }

  /** @throws Failure */
  async sync(): Promise<void> {
    await this.#file.sync().catch((error) => unwritten(this.#path, error));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function unwritten(path: string, error: unknown): never {
  throw new Failure(`${path} cannot be written: ${errorReason(error)}`);
}
