import { once } from 'node:events';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { builtBin } from './helpers/built.ts';

const MODULE = pathToFileURL(join(builtBin(), '../../dist/threadpriority.js')).href;

/** Of the thread itself. Source: proc_pid_stat(5), field 19, `nice`. */
const SAY_NICENESS = `
import('${MODULE}').then(({ giveWayToMainThread }) => {
  giveWayToMainThread();
  const stat = require('node:fs').readFileSync('/proc/thread-self/stat', 'latin1');
  const behindName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  require('node:worker_threads').parentPort.postMessage(Number(behindName[16]));
});`;

it.runIf(process.platform === 'linux')(
  'a thread gives way to the main one, which stays as it was',
  async () => {
    const before = getPriority();
    const thread = new Worker(SAY_NICENESS, { eval: true });
    const [niceness] = await once(thread, 'message');
    await thread.terminate();
    expect(niceness).toBe(Math.max(before, 15));
    expect(getPriority()).toBe(before);
  },
);
