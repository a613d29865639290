import type { PolicyVersion, PromptVersion } from '../../trail/model.ts';
import { type ApprovalPiece, type ApprovalState, approvalPieces } from './approval.ts';
import type { TraceFacts } from './facts.ts';
import { END_OF_TIME, type Stay, staysOf } from './stays.ts';

/*
 * What a call can name: a prompt's version by number, a prompt's content by digest, or a content without its prompt. Each is
 * known under one key, so that a call is looked up by one comparison, here and in SQL alike.
 */

/** Parts of a key are told apart by a character that no field of a record may hold. */
const KEY_SEPARATOR = '\u001f';

export function versionKey(prompt: string, number: number | string): string {
  return `v${prompt}${KEY_SEPARATOR}${number}`;
}

export function contentKey(prompt: string, digest: string): string {
  return `d${prompt}${KEY_SEPARATOR}${digest}`;
}

export function looseContentKey(digest: string): string {
  return `x${digest}`;
}

export interface Subject {
  readonly key: string;
  /** `undefined` where several prompts have this content. */
  readonly prompt: string | undefined;
  /** The newest version that it can be. */
  readonly version: PromptVersion;
  /** Whether it can be another, too: one of the same content. */
  readonly ambiguous: boolean;
  readonly digest: string;
  /** By environment: when it was active there, and how approved, without overlaps, in order. */
  readonly pieces: ReadonlyMap<string, readonly ApprovalPiece[]>;
}

/** All of them by key. `tolerance` (milliseconds) lengthens every stay at both ends: applications cache. */
export function subjectsOf(facts: TraceFacts, tolerance: number): ReadonlyMap<string, Subject> {
  const drafts = new Map<string, Draft>();
  for (const [prompt, history] of facts.prompts) {
    for (const version of history.versions)
      for (const key of keysOf(prompt, version)) add(drafts, key, prompt, version);
    for (const stay of staysOf(history)) addStay(drafts, stay, facts.policies, tolerance);
  }
  return new Map(Array.from(drafts, ([key, draft]) => [key, finished(key, draft)]));
}

interface Draft {
  readonly prompts: Set<string>;
  version: PromptVersion;
  ambiguous: boolean;
  readonly pieces: Map<string, ApprovalPiece[]>;
}

function keysOf(prompt: string, { number, contentDigest }: PromptVersion): readonly string[] {
  return [versionKey(prompt, number), contentKey(prompt, contentDigest), looseContentKey(contentDigest)];
}

function add(drafts: Map<string, Draft>, key: string, prompt: string, version: PromptVersion): void {
  const known = drafts.get(key);
  const draft = known ?? { prompts: new Set(), version, ambiguous: false, pieces: new Map() };
  draft.prompts.add(prompt);
  draft.version = version;
  draft.ambiguous = known !== undefined;
  drafts.set(key, draft);
}

function addStay(
  drafts: Map<string, Draft>,
  stay: Stay,
  policies: readonly PolicyVersion[],
  tolerance: number,
): void {
  const pieces = approvalPieces(stay, policies).map(({ from, to, state }) => ({
    from: from - tolerance,
    to: Math.min(to + tolerance, END_OF_TIME),
    state,
  }));
  for (const key of keysOf(stay.prompt, stay.version)) {
    const places = drafts.get(key)?.pieces;
    const known = places?.get(stay.environment);
    if (known === undefined) places?.set(stay.environment, [...pieces]);
    else known.push(...pieces);
  }
}

function finished(key: string, { prompts, version, ambiguous, pieces }: Draft): Subject {
  const [prompt, ...others] = prompts;
  return {
    key,
    prompt: others.length === 0 ? prompt : undefined,
    version,
    ambiguous,
    digest: version.contentDigest,
    pieces: new Map(Array.from(pieces, ([environment, all]) => [environment, withoutOverlaps(all)])),
  };
}

const BEST_FIRST: readonly ApprovalState[] = ['approved', 'emergency', 'unapproved'];

/** Where pieces overlap, the best state counts: what is within the tolerance of an approved stay is nobody's fault. */
function withoutOverlaps(pieces: readonly ApprovalPiece[]): readonly ApprovalPiece[] {
  const changes = pieces
    .flatMap(({ from, to, state }) => [
      { at: from, state, by: 1 },
      { at: to, state, by: -1 },
    ])
    .sort((a, b) => a.at - b.at);
  const open: Record<ApprovalState, number> = { approved: 0, emergency: 0, unapproved: 0 };
  const merged: ApprovalPiece[] = [];
  for (const [index, { at, state, by }] of changes.entries()) {
    open[state] += by;
    const to = changes[index + 1]?.at ?? at;
    const best = BEST_FIRST.find((one) => open[one] > 0);
    if (best === undefined || to === at) continue;
    const last = merged.at(-1);
    if (last?.to === at && last.state === best) merged[merged.length - 1] = { ...last, to };
    else merged.push({ from: at, to, state: best });
  }
  return merged;
}
