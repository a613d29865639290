import type { CallsDetail, EventDetail } from '../ledger/event.ts';
import type { PromptName } from '../prompts/name.ts';
import type { TrailEvent } from './model.ts';

/** The events that are read together: those about one prompt, or those about the records of calls. */
export type Page = PromptName | typeof CALLS_PAGE;

/** No prompt can be called so. */
export const CALLS_PAGE = '%calls';

export function isPrompt(page: Page): page is PromptName {
  return page !== CALLS_PAGE;
}

/** The page that an event is on; `undefined` for the registry's own events and for decisions on a policy. */
export function pageOf(detail: EventDetail): Page | undefined {
  if (isCallsDetail(detail)) return CALLS_PAGE;
  return 'prompt' in detail && detail.prompt !== 'policy' ? (detail.prompt as PromptName) : undefined;
}

/** The page that an event changes. */
export function changedPage({ effective, detail, actor }: TrailEvent): Page | undefined {
  return effective && actor !== undefined && detail !== undefined ? pageOf(detail) : undefined;
}

function isCallsDetail(detail: EventDetail): detail is CallsDetail {
  switch (detail.event) {
    case 'seal':
    case 'hold':
    case 'release':
    case 'purge':
    case 'erasure':
      return true;
    default:
      return false;
  }
}
