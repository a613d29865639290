import { Refusal } from '../failure.ts';
import type { CallsDetail } from '../ledger/event.ts';
import { chainOf, type OpenCallsLedger, type Sealing, segmentBefore } from '../trail/callsledger.ts';
import { callsReasons } from '../trail/judgecalls.ts';
import type { Plan } from './plan.ts';
import type { Asker } from './plandeployment.ts';

/**
 * Seals segments one after the other, in this order.
 * @throws Refusal with every unmet rule, also where the ledger has a seal of one already
 */
export function planSeals(asker: Asker, calls: OpenCallsLedger, sealings: readonly Sealing[]): Plan {
  const newest = new Map(calls.newest);
  const steps = sealings.map((sealing) => {
    const ledger = { ...calls, newest };
    const detail = {
      event: 'seal',
      ...sealing,
      previousSegment: segmentBefore(ledger, sealing.segment),
    } as const;
    demand(asker, ledger, detail, `cannot seal ${sealing.segment}`);
    newest.set(chainOf(sealing.segment), sealing.segment);
    return { step: 'calls', detail, reason: '' } as const;
  });
  return { steps };
}

/** A hold, a release, a purge or an erasure. @throws Refusal with every unmet rule */
export function planCalls(
  asker: Asker,
  calls: OpenCallsLedger,
  detail: Exclude<CallsDetail, { event: 'seal' }>,
  reason: string,
): Plan {
  demand(asker, calls, detail, `cannot ${DOING[detail.event]}`);
  return { steps: [{ step: 'calls', detail, reason }] };
}

const DOING = { hold: 'hold', release: 'release the hold', purge: 'purge', erasure: 'erase' } as const;

function demand(asker: Asker, calls: OpenCallsLedger, detail: CallsDetail, what: string): void {
  const { policy, principal, time } = asker;
  const reasons = callsReasons({ calls, policy, principal: principal.id, time }, detail);
  if (reasons.length > 0) throw new Refusal(what, reasons);
}
