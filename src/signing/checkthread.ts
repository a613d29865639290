import { parentPort } from 'node:worker_threads';
import type { KeyId, TrustedKey } from './model.ts';
import { type Answer, type Batch, tasksOf } from './signaturebatch.ts';
import { verifySshSignatureHere } from './sshcheck.ts';
import { parseSshPublicKey } from './sshkey.ts';
import { GIT_NAMESPACE } from './sshsig.ts';

/** What one of `SignatureChecker`'s threads runs: judges batches of SSH signatures, one after the other. */

const keys = new Map<KeyId, TrustedKey>();

parentPort?.on('message', ({ number, newKeys, packed }: Batch) => {
  for (const line of newKeys) {
    const key = parseSshPublicKey(line);
    if (!('problem' in key)) keys.set(key.id, key);
  }
  const verdicts = tasksOf(packed).map(({ payload, signature }) =>
    verifySshSignatureHere(payload, signature, keys, GIT_NAMESPACE),
  );
  const answer: Answer = { number, verdicts };
  parentPort?.postMessage(answer);
});
