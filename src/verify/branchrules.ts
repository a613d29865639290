import { assertNever } from '../failure.ts';
import { type FindingCode, finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import type { UnregisteredContent } from './branchcontent.ts';
import type { RegistryEvidence } from './evidence.ts';
import type { UnreadableObject } from './folderdiff.ts';

/**
 * What stands, or stood, on a protected branch was registered as a version of that prompt: once each, wherever it is met. One
 * time is an accident, which may be acknowledged; what is there again, or elsewhere, was not meant by that.
 */
export const protectedContentIsRegistered = ({
  branches,
}: Pick<RegistryEvidence, 'branches'>): readonly Finding[] => {
  const found = new Map<string, Finding>();
  const arrivals = new Map<string, Set<string>>();
  const standing = new Set<string>();
  for (const { ref, unregistered } of branches) {
    for (const content of unregistered) {
      const { object, prompt = '', broughtBy } = content;
      const key = `${object} ${prompt}`;
      if (!found.has(key)) found.set(key, unregisteredFinding(ref, content));
      if (content.stands) standing.add(key);
      const known = arrivals.get(object) ?? new Set();
      for (const commit of broughtBy) known.add(`${commit} ${prompt}`);
      arrivals.set(object, known);
    }
  }
  const isAgain = ([key, { object = '' }]: [string, Finding]): boolean =>
    standing.has(key) && (arrivals.get(object)?.size ?? 0) > 1;
  return Array.from(found, (one) => (isAgain(one) ? { ...one[1], again: true } : one[1]));
};

/** What is no prompt's file can be no version either. */
const TAKE_AWAY = 'find out who brought it there, take it away, and acknowledge it';

function unregisteredFinding(ref: string, content: UnregisteredContent): Finding {
  const { kind, prompt, object, commit } = content;
  const where = `commit ${commit.slice(0, 12)} of ${ref.replace(/^refs\/(?:heads|remotes)\//, '')}`;
  const place = { ref, object, ...(prompt === undefined ? {} : { prompt }) };
  const hint = kind === 'file' ? undefined : TAKE_AWAY;
  return finding('version/unregistered', place, `${where} has ${contentWords(content)}`, hint);
}

/** Completes "commit 12ab… of main has …". */
export function contentWords({
  kind,
  prompt,
  path,
  object,
}: Pick<UnregisteredContent, 'kind' | 'prompt' | 'path' | 'object'>): string {
  switch (kind) {
    case 'file':
      return `content of ${prompt} that was never registered as a version: ${path}, blob ${object.slice(0, 12)}`;
    case 'link':
      return `a link at ${path}, behind which nothing is registered`;
    case 'lookalike':
      return `a file at ${path}, which macOS and Windows put in the place of a prompt as they ignore case, or what does not show`;
    case 'crowd':
      return `so many folders and files at ${path} that they cannot all be looked at`;
    default:
      return assertNever(kind);
  }
}

const CODES: Readonly<Record<UnreadableObject['state'], FindingCode>> = {
  missing: 'object/missing',
  corrupt: 'object/corrupt',
  malformed: 'object/corrupt',
};

const WORDS: Readonly<Record<UnreadableObject['state'], string>> = {
  missing: 'is not in this repository',
  corrupt: 'is damaged: its bytes are not what its id says',
  malformed: 'is not the well-formed object that should stand there',
};

/** Its bytes are those of its id, so that no clone has a better one. */
const MISPLACED =
  'no clone has another object of that id: find out who put it there, and set the branch back';

/** All that a protected branch's history holds can be read; where a clone was cut short, that is why it cannot. */
export const protectedHistoryIsWhole = ({
  branches,
  shallow,
}: Pick<RegistryEvidence, 'branches' | 'shallow'>): readonly Finding[] => {
  const found = new Map<string, Finding>();
  for (const { ref, unreadable } of branches) {
    for (const { oid, state } of unreadable) {
      const place = { ref, object: oid };
      const isCut = shallow && state === 'missing';
      const what = `object ${oid.slice(0, 12)}, on which ${ref} rests, ${WORDS[state]}`;
      const one = isCut
        ? finding('repo/shallow', place, `the history of ${ref} is cut short in this clone`)
        : finding(CODES[state], place, what, state === 'malformed' ? MISPLACED : undefined);
      if (!found.has(oid)) found.set(oid, one);
    }
  }
  return [...found.values()];
};
