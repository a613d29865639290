import { PROMPT_SUFFIXES } from '../prompts/name.ts';
import { decisionSubject, scopeProblems } from './decision.ts';
import { parseDecisionTagRef } from './decisiontag.ts';
import {
  DEPLOYMENT_KINDS,
  type DecisionDetail,
  type Detail,
  ERASURE_SELECTORS,
  type EventDetail,
  type EventKind,
  RETENTION_CLASSES,
} from './event.ts';
import {
  ENVIRONMENT,
  ENVIRONMENTS,
  FINDING,
  type Field,
  HOLD,
  LINE,
  OID,
  oneOf,
  PATH,
  PROMPT,
  PROMPT_OR_POLICY,
  SEGMENT,
  SHA256,
  TARGET,
  TIME,
  UUID_TEXT,
  wholeNumber,
} from './fields.ts';
import { optional, orNone, required, type Trailers } from './trailers.ts';

/** All that the codec knows of one kind of event. */
export interface Kind<D> {
  subject(detail: D): string;
  /** In the order in which they stand in the message. */
  readonly trailers: Trailers<Omit<D, 'event'>>;
  /** True where the text of the body is part of what is signed for, and so may not be left out. */
  readonly needsReason: boolean;
  /** What is wrong between trailers that are each well-formed. */
  problems(detail: D): readonly string[];
}

const commit = required('Commit', OID);
const prompt = required('Prompt', PROMPT);
const version = required('Version', wholeNumber(1));
const contentDigest = required('Content-Digest', SHA256);
const environment = required('Environment', ENVIRONMENT);
const certificate = required('Certificate', SHA256);
const reference = optional('Reference', LINE);
const TAG_REF: Field<string> = {
  expected: "the full ref of a decision's tag",
  parse: (text) => (parseDecisionTagRef(text) === undefined ? undefined : text),
  format: (ref) => ref,
};
const simple = { needsReason: false, problems: () => [] } as const;

const decision: Kind<DecisionDetail> = {
  subject: (detail) => decisionSubject(detail.event, { ...detail, principal: principalOf(detail) }),
  trailers: {
    commit,
    prompt: required('Prompt', PROMPT_OR_POLICY),
    version,
    contentDigest,
    environments: required('Environments', ENVIRONMENTS),
    tag: required('Tag', TAG_REF),
    tagObject: required('Tag-Object', OID),
  },
  needsReason: true,
  problems: decisionProblems,
};

/** One row a kind of event: encoding, decoding and the notes all read this table. Design section 1.1. */
export const KINDS: { readonly [K in EventKind]: Kind<Detail<K>> } = {
  genesis: {
    ...simple,
    subject: ({ name }) => `found registry ${name}`,
    trailers: { name: required('Name', LINE) },
  },
  policy: {
    ...simple,
    subject: (detail) => `set policy v${detail.version}`,
    trailers: { version, commit, contentDigest },
  },
  version: {
    subject: (detail) => `commit ${detail.prompt} v${detail.version}`,
    trailers: { commit, prompt, version, path: required('Path', PATH), contentDigest },
    needsReason: false,
    problems: pathProblems,
  },
  approval: decision,
  rejection: decision,
  revocation: decision,
  deployment: {
    ...simple,
    subject: deploymentSubject,
    trailers: {
      commit,
      prompt,
      version,
      contentDigest,
      environment,
      replaces: orNone('Replaces', wholeNumber(1)),
      kind: required('Kind', oneOf(DEPLOYMENT_KINDS)),
      reference,
    },
  },
  withdrawal: {
    ...simple,
    subject: (detail) => `withdraw ${detail.prompt} v${detail.version} from ${detail.environment}`,
    trailers: { commit, prompt, version, environment, reference },
  },
  retirement: {
    ...simple,
    subject: (detail) => `retire ${detail.prompt}`,
    trailers: { commit, prompt },
  },
  acknowledgement: {
    ...simple,
    subject: ({ finding, target }) => `acknowledge ${finding} at ${target}`,
    trailers: { finding: required('Finding', FINDING), target: required('Target', TARGET) },
    needsReason: true,
  },
  seal: {
    subject: ({ segment }) => `seal ${segment}`,
    trailers: {
      segment: required('Segment', SEGMENT),
      records: required('Records', wholeNumber(1)),
      first: required('First', TIME),
      last: required('Last', TIME),
      merkleRoot: required('Merkle-Root', SHA256),
      fileDigest: required('File-Digest', SHA256),
      fileSize: required('File-Size', wholeNumber(1)),
      previousSegment: orNone('Previous-Segment', SEGMENT),
    },
    needsReason: false,
    problems: ({ first, last }) => (first <= last ? [] : ['Last is before First']),
  },
  hold: {
    ...simple,
    subject: ({ hold }) => `hold ${hold}`,
    trailers: { hold: required('Hold', HOLD), queryDigest: required('Query-Digest', SHA256) },
    needsReason: true,
  },
  release: {
    ...simple,
    subject: ({ hold }) => `release hold ${hold}`,
    trailers: { hold: required('Hold', HOLD) },
    needsReason: true,
  },
  purge: {
    ...simple,
    subject: (detail) => `purge ${detail.class} before ${detail.before}`,
    trailers: {
      class: required('Class', oneOf(RETENTION_CLASSES)),
      before: required('Before', TIME),
      segments: required('Segments', wholeNumber(1)),
      certificate,
    },
  },
  erasure: {
    ...simple,
    subject: ({ records, selector }) =>
      `erase the content of ${records === 1 ? '1 call' : `${records} calls`} by ${selector}`,
    trailers: {
      erasure: required('Erasure', UUID_TEXT),
      selector: required('Selector', oneOf(ERASURE_SELECTORS)),
      records: required('Records', wholeNumber(1)),
      parts: required('Parts', wholeNumber(0)),
      certificate,
    },
    needsReason: true,
  },
};

function deploymentSubject(detail: Detail<'deployment'>): string {
  const { prompt, version, environment } = detail;
  switch (detail.kind) {
    case 'rollout':
      return `deploy ${prompt} v${version} to ${environment}`;
    case 'rollback':
      return `roll back ${prompt} to v${version} in ${environment}`;
    case 'emergency':
      return `deploy ${prompt} v${version} to ${environment} in an emergency`;
  }
}

function pathProblems({ path, prompt }: Detail<'version'>): string[] {
  const fits = PROMPT_SUFFIXES.some((suffix) => path.endsWith(`/${prompt}${suffix}`));
  return fits ? [] : ['Path is not where a prompt of this name is'];
}

function decisionProblems(detail: DecisionDetail): string[] {
  const problems = scopeProblems(detail);
  const ref = parseDecisionTagRef(detail.tag);
  if (ref?.prompt !== detail.prompt) problems.push('Tag is the name of a tag on another prompt');
  if (ref?.version !== detail.version) problems.push('Tag is the name of a tag on another version');
  if (ref?.decision !== detail.event) problems.push('Tag is the name of a tag for another decision');
  return problems;
}

/** Said of revocations only, so only they need the ref to be taken apart. */
function principalOf({ event, tag }: DecisionDetail): string {
  return event === 'revocation' ? (parseDecisionTagRef(tag)?.principal ?? '') : '';
}

/** The row of an event's own kind. */
export function kindOf(event: EventKind): Kind<EventDetail> {
  // The key picks the row of that very kind, which the compiler cannot follow through a union.
  return KINDS[event] as Kind<EventDetail>;
}
