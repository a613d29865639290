import { type Draft, putContent } from '../record/draft.ts';
import type { Part } from '../record/model.ts';

/** Better than any one older attribute, for they hold the messages as such; but not than OpenTelemetry's present ones. */
const INDEXED_RANK = 0.5;

/**
 * Lists that are cut up into attributes `<prefix>.<number>.<rest>`: OpenLLMetry's `gen_ai.prompt.0.role` and
 * `llm.request.functions.0.name`; OpenInference's `llm.input_messages.0.message.role` and their like.
 */
const PREFIXES: Readonly<Record<string, Part>> = {
  'gen_ai.prompt': 'input',
  'gen_ai.completion': 'output',
  'llm.request.functions': 'tools',
  'llm.input_messages': 'input',
  'llm.output_messages': 'output',
  'llm.tools': 'tools',
  'llm.prompts': 'input',
  'llm.choices': 'output',
};

const INDEXED =
  /^(gen_ai\.(?:prompt|completion)|llm\.(?:request\.functions|input_messages|output_messages|tools|prompts|choices))\.(\d{1,5}(?:\..+)?)$/;
const NUMBER = /^\d{1,5}$/;
/** OpenInference names the kind of a list's element again in front of each of its keys. */
const ELEMENT_KINDS = new Set(['message', 'message_content', 'tool', 'tool_call', 'prompt', 'completion']);
/** Beyond it the rest of a name is one key. */
const MAX_STEPS = 12;

type Branch = Map<string, Branch | { readonly leaf: unknown }>;

export function isIndexed(name: string): boolean {
  return INDEXED.test(name);
}

/** Puts the lists together again and what was said, as JSON, into the draft. */
export function putIndexed(
  draft: Draft,
  attributes: readonly (readonly [name: string, value: unknown])[],
): void {
  const lists = new Map<string, Branch>();
  for (const [name, value] of attributes) {
    const [, prefix = '', path = ''] = INDEXED.exec(name) ?? [];
    const list = lists.get(prefix) ?? new Map();
    lists.set(prefix, list);
    grow(list, stepsOf(path), value);
  }
  for (const [prefix, list] of lists) {
    const part = PREFIXES[prefix];
    if (part !== undefined) putContent(draft, part, INDEXED_RANK, whole(list));
  }
}

function stepsOf(path: string): string[] {
  const all = path.split('.');
  const steps = all.length > MAX_STEPS ? [...all.slice(0, MAX_STEPS), all.slice(MAX_STEPS).join('.')] : all;
  return steps.filter((step, at) => {
    const inElement = at > 0 && NUMBER.test(steps[at - 1] ?? '') && at < steps.length - 1;
    return !(inElement && ELEMENT_KINDS.has(step));
  });
}

/** What says of one place both that it is a value and that it is more than that keeps what came first. */
function grow(root: Branch, steps: readonly string[], value: unknown): void {
  let branch = root;
  for (const step of steps.slice(0, -1)) {
    const next = branch.get(step) ?? new Map();
    if (!(next instanceof Map)) return;
    branch.set(step, next);
    branch = next;
  }
  const last = steps.at(-1) ?? '';
  if (!branch.has(last)) branch.set(last, { leaf: value ?? null });
}

/** Numbers alone make a list, without gaps. */
function whole(node: Branch | { readonly leaf: unknown }): unknown {
  if (!(node instanceof Map)) return node.leaf;
  const entries = [...node];
  if (entries.every(([key]) => NUMBER.test(key))) {
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => whole(item));
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, whole(item)]));
}
