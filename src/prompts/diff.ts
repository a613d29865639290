import { align } from './align.ts';
import { fieldChanges, valueChanges } from './field-changes.ts';
import type { FieldChange, MessageDiff, MessagePlace, Prompt, PromptDiff, PromptMessage } from './model.ts';
import { diffHunks, EditBudget } from './sequence-diff.ts';
import { diffText } from './text-diff.ts';
import { bagOf, likeness, type WordBag, wordsOf } from './words.ts';

/** Edits that one diff may search for, over all its texts; behind that, changed texts are shown as replaced whole. */
const TOTAL_EDITS = 20_000;

/** Messages of different roles are the same message in another role when they share this much. */
const SAME_IN_ANOTHER_ROLE = 0.6;

/** What changed in meaning. `undefined` stands for a prompt that is not there: not yet, or no more. */
export function diffPrompts(before: Prompt | undefined, after: Prompt | undefined): PromptDiff {
  const budget = new EditBudget(TOTAL_EDITS);
  const messages = pairMessages(before?.messages ?? [], after?.messages ?? [], budget);
  const diffs = messages.map((pair) => diffMessage(pair, budget));
  const fields = [
    ...fieldChanges(before, after, budget),
    ...messages.flatMap((pair) => messageFieldChanges(pair, budget)),
  ];
  return { status: statusOf(before, after, fields, diffs), fields, messages: diffs };
}

function statusOf(
  before: Prompt | undefined,
  after: Prompt | undefined,
  fields: readonly FieldChange[],
  messages: readonly MessageDiff[],
): PromptDiff['status'] {
  if (before === undefined) return after === undefined ? 'same' : 'added';
  if (after === undefined) return 'removed';
  return fields.length === 0 && messages.every((message) => message.status === 'same') ? 'same' : 'changed';
}

interface MessagePair {
  readonly before: Numbered | undefined;
  readonly after: Numbered | undefined;
}

interface Numbered {
  readonly index: number;
  readonly message: PromptMessage;
}

/** Equal messages are paired first; between them, those that are most alike in role and words. */
function pairMessages(
  before: readonly PromptMessage[],
  after: readonly PromptMessage[],
  budget: EditBudget,
): readonly MessagePair[] {
  const [oldOnes, newOnes] = [before.map(number), after.map(number)];
  return diffHunks(before.map(fingerprint), after.map(fingerprint), budget).flatMap((hunk) => {
    const { oldStart, removed, newStart, added, same } = hunk;
    const oldBags = before.slice(oldStart, oldStart + removed).map(bagged);
    const newBags = after.slice(newStart, newStart + added).map(bagged);
    const changed = align(removed, added, (row, column) => score(oldBags[row], newBags[column]));
    const equal = Array.from({ length: same }, (_, index) => ({
      before: removed + index,
      after: added + index,
    }));
    return [...changed, ...equal].map((step) => ({
      before: step.before === undefined ? undefined : oldOnes[oldStart + step.before],
      after: step.after === undefined ? undefined : newOnes[newStart + step.after],
    }));
  });
}

function number(message: PromptMessage, index: number): Numbered {
  return { index, message };
}

function fingerprint({ role, content, other }: PromptMessage): string {
  return JSON.stringify([role, content, other]);
}

interface BaggedMessage {
  readonly role: string;
  readonly words: WordBag;
}

function bagged({ role, content }: PromptMessage): BaggedMessage {
  return { role, words: bagOf(wordsOf(content)) };
}

function score(one: BaggedMessage | undefined, other: BaggedMessage | undefined): number {
  if (one === undefined || other === undefined) return 0;
  const alike = likeness(one.words, other.words);
  if (one.role === other.role) return 1 + alike;
  return alike < SAME_IN_ANOTHER_ROLE ? 0 : alike;
}

function diffMessage({ before, after }: MessagePair, budget: EditBudget): MessageDiff {
  const lines = diffText(before?.message.content ?? '', after?.message.content ?? '', budget);
  const places = { before: before && placeOf(before), after: after && placeOf(after) };
  return { status: messageStatus(before?.message, after?.message), ...places, lines };
}

function messageStatus(
  before: PromptMessage | undefined,
  after: PromptMessage | undefined,
): MessageDiff['status'] {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  return before.role === after.role && before.content === after.content ? 'same' : 'changed';
}

function placeOf({ index, message }: Numbered): MessagePlace {
  return { index, role: message.role, finalNewline: message.content.endsWith('\n') };
}

/** Changes in a message's keys other than role and content. */
function messageFieldChanges({ before, after }: MessagePair, budget: EditBudget): readonly FieldChange[] {
  const path = `messages[${after?.index ?? before?.index}]`;
  return valueChanges('other', path, before?.message.other ?? {}, after?.message.other ?? {}, budget);
}
