import { afterAll } from 'vitest';

/** A worker that many files share gathers what nobody needs any more, and each process that it starts takes the longer for it. */
const MOST_GARBAGE = 48 * 1024 * 1024;

let leftByOthers = 0;

afterAll(() => {
  if (process.memoryUsage().heapUsed - leftByOthers < MOST_GARBAGE) return;
  globalThis.gc?.();
  leftByOthers = process.memoryUsage().heapUsed;
});
