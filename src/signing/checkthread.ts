import { parentPort } from 'node:worker_threads';
import type { KeyId, TrustedKey, Verdict } from './model.ts';
import { type Answer, type Batch, tasksOf } from './signaturebatch.ts';
import { verifySshSignatureHere } from './sshcheck.ts';
import { parseSshPublicKey } from './sshkey.ts';
import { GIT_NAMESPACE } from './sshsig.ts';

/** What one of `SignatureChecker`'s threads runs: judges batches of SSH signatures, one after the other. */

const keys = new Map<KeyId, TrustedKey>();
const places = new Map<KeyId, number>();

parentPort?.on('message', ({ number, newKeys, packed }: Batch) => {
  for (const line of newKeys) {
    places.set(line, places.size);
    const key = parseSshPublicKey(line);
    if (!('problem' in key)) keys.set(key.id, key);
  }
  const tasks = tasksOf(packed);
  const found = new Int32Array(tasks.length);
  const others: Verdict[] = [];
  for (const [index, { payload, signature }] of tasks.entries()) {
    const verdict = verifySshSignatureHere(payload, signature, keys, GIT_NAMESPACE);
    const place = verdict.verdict === 'valid' ? places.get(verdict.key) : undefined;
    found[index] = place ?? -1;
    if (place === undefined) others.push(verdict);
  }
  const answer: Answer = { number, keys: found, others };
  parentPort?.postMessage(answer, [found.buffer]);
});
