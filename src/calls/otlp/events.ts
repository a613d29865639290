import { parseJson, placeOf } from '../record/aliases.ts';
import { type Draft, put, putContent } from '../record/draft.ts';
import { isObject, listOf, plainObject } from './value.ts';

/** Behind messages in attributes of the span itself. */
const EVENT_RANK = 0.75;

/** The role of the message that an event is (semantic conventions 1.28 to 1.36, GenAI events). */
const ROLES: Readonly<Record<string, string>> = {
  'gen_ai.system.message': 'system',
  'gen_ai.user.message': 'user',
  'gen_ai.assistant.message': 'assistant',
  'gen_ai.tool.message': 'tool',
};
const CHOICE = 'gen_ai.choice';
/** Events whose attributes are content as a span's own are: of 1.26 and 1.27, and of 1.37 and later. */
const BEARERS = new Set([
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
  'gen_ai.client.inference.operation.details',
]);

/**
 * Puts what was said in a span's events into the draft.
 * @returns the type of the exception that the span recorded, if any
 */
export function readEvents(draft: Draft, events: unknown): unknown {
  const input: unknown[] = [];
  const output: unknown[] = [];
  let exception: unknown;
  for (const event of listOf(events)) {
    if (!isObject(event) || typeof event.name !== 'string') continue;
    const role = Object.hasOwn(ROLES, event.name) ? ROLES[event.name] : undefined;
    if (role !== undefined) input.push({ role, ...messageOf(event.attributes) });
    else if (event.name === CHOICE) output.push(messageOf(event.attributes));
    else if (BEARERS.has(event.name)) putContents(draft, event.attributes);
    else if (event.name === 'exception') exception = plainObject(event.attributes)['exception.type'];
  }
  if (input.length > 0) putContent(draft, 'input', EVENT_RANK, input);
  if (output.length > 0) putContent(draft, 'output', EVENT_RANK, output);
  return exception;
}

/** Without the attributes that tell of the model. Azure's SDK has the message as JSON in one attribute. */
function messageOf(attributes: unknown): Record<string, unknown> {
  const all = plainObject(attributes);
  const json = all['gen_ai.event.content'];
  const content = typeof json === 'string' ? parseJson(json) : undefined;
  const own = Object.entries(all).filter(([name]) => !name.startsWith('gen_ai.'));
  return { ...Object.fromEntries(own), ...(isObject(content) ? content : {}) };
}

function putContents(draft: Draft, attributes: unknown): void {
  for (const [name, value] of Object.entries(plainObject(attributes))) {
    const place = placeOf(name);
    if (place?.to === 'content') put(draft, place, value);
  }
}
