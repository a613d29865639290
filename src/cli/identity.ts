import { Failure } from '../failure.ts';
import { type Identity, readIdentity } from '../git/identity.ts';
import type { GitStore } from '../git/store.ts';
import { formatTime } from '../report/time.ts';
import { CLOCK_TOLERANCE } from '../trail/clock.ts';
import type { Context } from './context.ts';

/**
 * Author and committer of the events that a command is about to sign.
 * @throws Failure where GIT_COMMITTER_DATE is still to come: until then no clone takes such an event, nor can sign behind it
 */
export function identityToSign(context: Context, store: GitStore): Identity {
  const now = context.now();
  const identity = readIdentity(store.config, context.env, now);
  const { time } = identity.committer;
  if (time <= Math.floor(now.getTime() / 1000) + CLOCK_TOLERANCE) return identity;
  throw new Failure(
    `GIT_COMMITTER_DATE is ${formatTime(time)}, which is still to come by this machine's clock, and nobody could sign behind such an event before that time: leave it away, or set the clock right`,
  );
}
