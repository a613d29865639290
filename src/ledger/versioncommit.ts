import { Failure } from '../failure.ts';
import { type PromptName, parsePromptName } from '../prompts/name.ts';
import { parseSha256 } from './digest.ts';
import type { Sha256 } from './event.ts';
import { messageText, type TrailerLine } from './message.ts';
import { reasonProblem } from './text.ts';

/** What a version's commit says of itself; its number is given by the ledger. */
export interface VersionCommit {
  /** The author's own message: a subject, and a body where there is more to say. */
  readonly message: string;
  readonly prompt: PromptName;
  readonly contentDigest: Sha256;
}

const ANY_TRAILER = /^([A-Za-z0-9][A-Za-z0-9-]*): (.*\S)$/;

/**
 * The commit's message. Where the author's message ends in a paragraph of trailers (`Co-authored-by: …`), ours are put
 * at that paragraph's end, since git reads trailers from the last paragraph only.
 * @throws Failure for a message that `reasonProblem` finds fault with.
 */
export function encodeVersionCommit({ message, prompt, contentDigest }: VersionCommit): string {
  const problem = reasonProblem(message);
  if (problem !== undefined) throw new Failure(`the message ${problem}`);
  const last = message.lastIndexOf('\n\n');
  const joins = last !== -1 && trailersIn(message.slice(last + 2)) !== undefined;
  return `${message}${joins ? '\n' : '\n\n'}Prompt: ${prompt}\nContent-Digest: ${contentDigest}\n`;
}

/**
 * The prompt and digest that a commit's message names in its last paragraph, each exactly once and beside nothing but
 * trailers; `undefined` where it names none or not unmistakably. Never throws.
 */
export function decodeVersionCommit(
  input: string | Uint8Array,
): Pick<VersionCommit, 'prompt' | 'contentDigest'> | undefined {
  const text = messageText(input);
  const start = text?.lastIndexOf('\n\n') ?? -1;
  if (text === undefined || start === -1 || !text.endsWith('\n')) return undefined;
  const trailers = trailersIn(text.slice(start + 2, -1));
  const prompt = parsePromptName(only(trailers, 'Prompt') ?? '');
  const contentDigest = parseSha256(only(trailers, 'Content-Digest') ?? '');
  return prompt === undefined || contentDigest === undefined ? undefined : { prompt, contentDigest };
}

function trailersIn(paragraph: string): TrailerLine[] | undefined {
  const trailers: TrailerLine[] = [];
  for (const line of paragraph.split('\n')) {
    const [, name, value] = ANY_TRAILER.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    trailers.push([name, value]);
  }
  return trailers;
}

function only(trailers: readonly TrailerLine[] | undefined, name: string): string | undefined {
  const [first, ...others] = (trailers ?? []).filter(([found]) => found === name);
  return others.length === 0 ? first?.[1] : undefined;
}
