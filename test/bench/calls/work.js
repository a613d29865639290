import { performance } from 'node:perf_hooks';
import { Library } from '../library.js';
import { peakBytes } from '../peakmemory.js';
import { capture, captureBare } from './capture.js';
import { deep, leaves, quick, quickBare } from './checking.js';
import { collect, collectBare, send } from './collecting.js';
import { queries, queriesBare } from './queries.js';
import { convertBare, seal } from './sealing.js';

/** One measure in a process of its own, so that its memory is its own: `node work.js <task> <library> <folder> [args]`. */
const TASKS = {
  capture,
  captureBare,
  collect,
  collectBare,
  send,
  seal,
  convertBare,
  queries,
  queriesBare,
  quick,
  quickBare,
  deep,
  leaves,
};

const [task, library, folder, ...args] = process.argv.slice(2);

/** How many seconds it takes. */
async function timed(work) {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

const answer = await TASKS[task]({ library: new Library(library), folder, args, timed });
process.stdout.write(`${JSON.stringify({ ...answer, peakBytes: peakBytes() })}\n`);
