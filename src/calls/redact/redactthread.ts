import { parentPort, workerData } from 'node:worker_threads';
import { planRedaction, type RedactionOptions } from './options.ts';
import type { Redacted } from './rules.ts';
import { loadRules } from './rules.ts';

/** What a thread of a `Redactor` runs: redacts texts, one after the other. */

/** A thread says once that it is ready, then answers each text in order; `undefined` where a detector failed. */
export type ThreadMessage = 'ready' | { readonly redacted: Redacted | undefined };

const planned = planRedaction(workerData as RedactionOptions);
if ('problems' in planned) throw new Error('these options were not checked');
const rules = await loadRules(planned.plan);
const tell = (message: ThreadMessage): void => parentPort?.postMessage(message);

let before: Promise<void> = Promise.resolve();
parentPort?.on('message', (text: string) => {
  before = before.then(async () => tell({ redacted: await rules(text).catch(() => undefined) }));
});
tell('ready');
