import { Failure } from '../failure.ts';
import type { ObjectFormat, Oid } from '../git/object.ts';
import { POLICY_NAME, parsePromptName } from '../prompts/name.ts';
import { decisionSubject, scopeProblems } from './decision.ts';
import {
  DECISION_WORD,
  DECISIONS,
  type DecisionDetail,
  type DecisionKind,
  type EnvironmentSet,
  type RegistryId,
  type Sha256,
  TAG_PREFIX,
} from './event.ts';
import {
  ENVIRONMENTS,
  type Field,
  OID,
  oidProblem,
  PROMPT_OR_POLICY,
  parseWholeNumber,
  REGISTRY,
  SHA256,
  wholeNumber,
} from './fields.ts';
import { formatMessage, parseMessage } from './message.ts';
import { principalProblem } from './principal.ts';
import {
  readTrailers,
  required,
  type Trailers,
  trailerNames,
  trailerValues,
  writeTrailers,
} from './trailers.ts';

/** What a decision tag's ref says. */
export interface DecisionTagRef {
  readonly prompt: string;
  readonly version: number;
  readonly decision: DecisionKind;
  /** Whose decision it is; for a revocation, whose decision is taken back. */
  readonly principal: string;
  /** 1 for that person's first such tag on the version, then 2, 3, … */
  readonly ordinal: number;
}

/** What a decision tag's message says. */
export interface DecisionTag {
  readonly decision: DecisionKind;
  readonly registry: RegistryId;
  readonly prompt: string;
  readonly version: number;
  readonly commit: Oid;
  readonly contentDigest: Sha256;
  readonly environments: EnvironmentSet;
  /** What the signature stands for. */
  readonly meaning: string;
  /** Whose decision a revocation takes back; `undefined` for the other two, where the tagger says it. */
  readonly of: string | undefined;
}

export type DecodedDecisionTag =
  | { readonly ok: true; readonly tag: DecisionTag }
  | { readonly ok: false; readonly problems: readonly string[] };

const ORDINAL = /^(.+)\.([1-9][0-9]*)$/;
const REVOCATION_SUBJECT = /^revoke the decision of (\S+) on /;

const DECISION: Field<DecisionKind> = {
  expected: `one of ${Object.values(DECISION_WORD).join(', ')}`,
  parse: (text) => DECISIONS.find((kind) => DECISION_WORD[kind] === text),
  format: (kind) => DECISION_WORD[kind],
};

const TRAILERS: Trailers<Omit<DecisionTag, 'meaning' | 'of'>> = {
  registry: required('Registry', REGISTRY),
  prompt: required('Prompt', PROMPT_OR_POLICY),
  version: required('Version', wholeNumber(1)),
  commit: required('Commit', OID),
  contentDigest: required('Content-Digest', SHA256),
  decision: required('Decision', DECISION),
  environments: required('Environments', ENVIRONMENTS),
};

/** The full ref at which a decision's tag stands. @throws Failure for a principal that cannot be part of a ref. */
export function decisionTagRef(
  prompt: string,
  version: number,
  decision: DecisionKind,
  principal: string,
  ordinal: number,
): string {
  const suffix = ordinal === 1 ? '' : `.${ordinal}`;
  const ref = `${TAG_PREFIX}${prompt}/v${version}/${DECISION_WORD[decision]}/${principal}${suffix}`;
  const read = parseDecisionTagRef(ref);
  if (read?.prompt !== prompt || read.principal !== principal || read.ordinal !== ordinal) {
    throw new Failure(
      `no tag can be named ${JSON.stringify(ref)}: the prompt, version or principal is not well-formed`,
    );
  }
  return ref;
}

/** The last ref that was taken apart: reading, judging and folding one decision all ask about the same. */
let lastAsked: { readonly ref: string; readonly read: DecisionTagRef | undefined } | undefined;

/** What a decision's tag is called; `undefined` for a ref that no decision gives to its tag. */
export function parseDecisionTagRef(ref: string): DecisionTagRef | undefined {
  if (lastAsked?.ref !== ref) lastAsked = { ref, read: readDecisionTagRef(ref) };
  return lastAsked.read;
}

/** Reads from the right, since a prompt's name has slashes of its own and may have segments such as `v3` or `approved`. */
function readDecisionTagRef(ref: string): DecisionTagRef | undefined {
  if (!ref.startsWith(TAG_PREFIX)) return undefined;
  const third = ref.lastIndexOf('/');
  const second = ref.lastIndexOf('/', third - 1);
  const first = ref.lastIndexOf('/', second - 1);
  const prompt = ref.slice(TAG_PREFIX.length, Math.max(first, TAG_PREFIX.length));
  if (prompt !== POLICY_NAME && parsePromptName(prompt) === undefined) return undefined;
  const version = ref[first + 1] === 'v' ? parseWholeNumber(ref.slice(first + 2, second), 1) : undefined;
  const decision = DECISION.parse(ref.slice(second + 1, third));
  if (version === undefined || decision === undefined) return undefined;
  const last = ref.slice(third + 1);
  const [, counted, count] = ORDINAL.exec(last) ?? [];
  const principal = counted ?? last;
  const ordinal = count === undefined ? 1 : parseWholeNumber(count, 2);
  if (ordinal === undefined || principalProblem(principal) !== undefined) return undefined;
  return { prompt, version, decision, principal, ordinal };
}

/** What the tag object's own `tag` header must say for a tag that stands at this ref. */
export function tagNameAt(ref: string): string {
  return ref.slice('refs/tags/'.length);
}

/** The one tag message that goes with a decision's event: whoever has the event knows every byte of it. */
export function tagOfDecision(
  registry: RegistryId,
  detail: Omit<DecisionDetail, 'tagObject'>,
  meaning: string,
): DecisionTag {
  const { prompt, version, commit, contentDigest, environments, tag, event: decision } = detail;
  const of = decision === 'revocation' ? parseDecisionTagRef(tag)?.principal : undefined;
  return { decision, registry, prompt, version, commit, contentDigest, environments, meaning, of };
}

/** The tag's message, without a signature. @throws Failure when `decodeDecisionTag` would refuse it. */
export function encodeDecisionTag(tag: DecisionTag): string {
  const message = formatDecisionTag(tag);
  const decoded = decodeDecisionTag(message);
  if (!decoded.ok) throw new Failure(`this decision's tag cannot be written: ${decoded.problems.join('; ')}`);
  return message;
}

/**
 * Reads a tag's message (without its signature); `format` also demands object ids of that length. Never throws.
 * Design section 1.1; docs/format.md, "Decision tags".
 */
export function decodeDecisionTag(input: string | Uint8Array, format?: ObjectFormat): DecodedDecisionTag {
  const parsed = parseMessage(input);
  if (!parsed.ok) return parsed;
  const { subject, body, trailers } = parsed.message;
  const problems: string[] = [];
  const facts = readTrailers(TRAILERS, trailerValues(trailers, trailerNames(TRAILERS), problems), problems);
  if (facts === undefined || problems.length > 0) return { ok: false, problems };

  const of = facts.decision === 'revocation' ? REVOCATION_SUBJECT.exec(subject)?.[1] : undefined;
  const tag: DecisionTag = { ...facts, meaning: body, of };
  problems.push(...tagProblems(tag, format));
  if (subject !== subjectOfTag(tag))
    problems.push('the subject is not the one that goes with these trailers');
  if (problems.length === 0 && formatDecisionTag(tag) !== parsed.text)
    problems.push('the message is not in canonical form');
  return problems.length > 0 ? { ok: false, problems } : { ok: true, tag };
}

function tagProblems(tag: DecisionTag, format: ObjectFormat | undefined): string[] {
  const problems: string[] = [];
  const wrongOid = oidProblem([tag.commit], format);
  if (wrongOid !== undefined) problems.push(wrongOid);
  problems.push(...scopeProblems(tag));
  if (tag.meaning === '') problems.push('the meaning of the decision is missing');
  if (tag.decision === 'revocation' && (tag.of === undefined || principalProblem(tag.of) !== undefined)) {
    problems.push('the subject does not name the principal whose decision is revoked');
  }
  return problems;
}

function subjectOfTag(tag: DecisionTag): string {
  return decisionSubject(tag.decision, { ...tag, principal: tag.of ?? '' });
}

/** The message that goes with these facts, for comparison with one that is there: nobody has checked them. */
export function formatDecisionTag(tag: DecisionTag): string {
  return formatMessage({
    subject: subjectOfTag(tag),
    body: tag.meaning,
    trailers: writeTrailers(TRAILERS, tag),
  });
}
