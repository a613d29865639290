import type { EventDetail } from '../ledger/event.ts';
import type { PromptName } from '../prompts/name.ts';
import type { TrailEvent } from './model.ts';

/** The prompt that an event is about; `undefined` for the registry's own events and for decisions on a policy. */
export function promptOf(detail: EventDetail): PromptName | undefined {
  return 'prompt' in detail && detail.prompt !== 'policy' ? (detail.prompt as PromptName) : undefined;
}

/** The prompt whose history an event changes. */
export function changedPrompt({ effective, detail, actor }: TrailEvent): PromptName | undefined {
  return effective && actor !== undefined && detail !== undefined ? promptOf(detail) : undefined;
}
