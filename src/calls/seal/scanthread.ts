import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../../failure.ts';
import { LeafFile } from './leaffile.ts';
import { type Part, type PartScan, scanPart } from './scanpart.ts';

/** What `scanSegment`'s thread is given. */
export interface ThreadTask {
  readonly part: Part;
  /** Where it writes the leaf hashes; written over. */
  readonly leaves: string;
}

/** What it answers. */
export type ThreadAnswer = { readonly scan: PartScan } | { readonly problem: string };

/** Scans one part of a segment, while another thread scans the other. */
async function answer({ part, leaves }: ThreadTask): Promise<ThreadAnswer> {
  try {
    const file = await LeafFile.make(leaves);
    try {
      return { scan: await scanPart(part, (some) => file.write(some)) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof Failure) return { problem: error.message };
    throw error;
  }
}

parentPort?.postMessage(await answer(workerData));
