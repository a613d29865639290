import { Refusal } from '../failure.ts';
import type { Oid } from '../git/object.ts';
import { LEDGER_REF } from '../ledger/event.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { Mark } from '../trail/trust.ts';
import type { Fork } from './fork.ts';
import type { RemoteState } from './remotestate.ts';

/** How a remote's ledger departs from what this clone saw there before. */
export function departuresOf(
  remote: string,
  { ledger }: RemoteState,
  fork: Fork,
  seen: Mark | undefined,
): readonly Finding[] {
  if (seen === undefined) return [];
  if (ledger === undefined) return [ledgerGone(remote, seen)];
  return fork.extendsSeen ? [] : [noExtension(remote, fork, seen)];
}

function ledgerGone(remote: string, { sequence, digest }: Mark): Finding {
  const message = `${remote} has no ${LEDGER_REF} any more, though this clone saw it there up to event ${sequence} (${digest})`;
  const hint = `find out who deleted it; whoever may, puts it back with: git push ${remote} ${LEDGER_REF}`;
  return finding('ledger/missing', { ref: LEDGER_REF }, message, hint);
}

function noExtension(remote: string, { base, theirs }: Fork, seen: Mark): Finding {
  const hint = `nothing of it was taken: compare with another clone who rewrote it, and have ${remote} put right`;
  const place = { ref: LEDGER_REF, object: seen.commit };
  const what = `this clone saw it there up to event ${seen.sequence} (${seen.digest})`;
  const end = base + theirs.length;
  return end < seen.sequence
    ? finding('ledger/rollback', place, `${remote}'s ledger ends at event ${end}, but ${what}`, hint)
    : finding('ledger/fork', place, `${remote}'s ledger is another than before: ${what}`, hint);
}

/** Two registries are never mixed, whatever their names. @throws Refusal */
export function demandSameRegistry(
  remote: string,
  local: Oid | undefined,
  { ledger }: RemoteState,
  { base }: Fork,
): void {
  if (local === undefined || ledger === undefined || base > 0) return;
  const message = `${remote} holds another registry than this clone: their ledgers begin with different events`;
  const remedy =
    'check the address with git remote -v; compare promptaudit log --reverse -n 1 with a colleague';
  throw new Refusal(message, [{ rule: 'ledger/registry', message, remedy }]);
}

/** Nothing can be sent alone to a remote that has more. @throws Refusal */
export function demandNothingNew(remote: string, { theirs }: Fork): void {
  if (theirs.length === 0) return;
  const what = theirs.length === 1 ? 'an event' : `${theirs.length} events`;
  throw new Refusal(
    `${remote} has ${what} that this clone does not have, so nothing can be sent alone: run promptaudit sync ${remote}`,
  );
}
