import { parentPort, workerData } from 'node:worker_threads';
import { giveWayToMainThread } from '../threadpriority.ts';
import { Ed25519Tables } from './ed25519tables.ts';
import type { KeyId, TrustedKey, Verdict } from './model.ts';
import { type Answer, type Batch, type ThreadOptions, tasksOf } from './signaturebatch.ts';
import { verifySshSignatures } from './sshbatch.ts';
import { parseSshPublicKey } from './sshkey.ts';
import { GIT_NAMESPACE } from './sshsig.ts';

/** What one of `SignatureChecker`'s threads runs: judges batches of SSH signatures, one after the other. */

giveWayToMainThread();

const { ed25519 }: ThreadOptions = workerData;
const tables = ed25519 === 'tables' ? Ed25519Tables.load() : undefined;
const keys = new Map<KeyId, TrustedKey>();
const places = new Map<KeyId, number>();

parentPort?.on('message', ({ newKeys, packed }: Batch) => {
  for (const line of newKeys) {
    places.set(line, places.size);
    const key = parseSshPublicKey(line);
    if (!('problem' in key)) keys.set(key.id, key);
  }
  const verdicts = verifySshSignatures(tasksOf(packed), keys, GIT_NAMESPACE, tables);
  const others: Verdict[] = [];
  const found = Int32Array.from(verdicts, (verdict) => {
    const place = verdict.verdict === 'valid' ? places.get(verdict.key) : undefined;
    if (place === undefined) others.push(verdict);
    return place ?? -1;
  });
  const answer: Answer = { keys: found, others };
  parentPort?.postMessage(answer, [found.buffer]);
});
