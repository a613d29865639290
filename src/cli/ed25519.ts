import type { Ed25519Judge } from '../signing/ed25519judge.ts';
import type { Environment } from './terminal.ts';
import { UsageError } from './usage.ts';

/** `PROMPTAUDIT_ED25519=openssl`: for who wants every signature judged by OpenSSL. @throws UsageError */
export function judgeNamedIn(env: Environment): Ed25519Judge {
  const named = env.PROMPTAUDIT_ED25519 ?? '';
  if (named === '') return 'tables';
  if (named === 'openssl') return named;
  throw new UsageError(`PROMPTAUDIT_ED25519 is ${JSON.stringify(named)}: make it openssl, or unset it`);
}
