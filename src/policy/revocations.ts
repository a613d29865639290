import { publicNumbers } from '../signing/sshkey.ts';
import type { Policy } from './model.ts';

/** From which event on this policy revokes keys, each told by its `publicNumbers`: by another id it would count again. */
export function revocationsIn({ keys }: Policy): ReadonlyMap<string, number> {
  const revoked = new Map<string, number>();
  for (const [key, { revokedFrom }] of keys) {
    if (revokedFrom !== undefined) revoked.set(publicNumbers(key), revokedFrom);
  }
  return revoked;
}

/** Those that `next` has and `current` has not, or not from so early on. */
export function newRevocations(current: Policy | undefined, next: Policy): ReadonlyMap<string, number> {
  const known = current === undefined ? undefined : revocationsIn(current);
  return new Map([...revocationsIn(next)].filter(([key, from]) => from < (known?.get(key) ?? Infinity)));
}
