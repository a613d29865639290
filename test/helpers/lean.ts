import { afterAll } from 'vitest';

/** A worker that many files share gathers what nobody needs any more, and each process that it starts takes the longer for it. */
const MOST = 128 * 1024 * 1024;

afterAll(() => {
  if (process.memoryUsage().heapTotal > MOST) globalThis.gc?.();
});
