import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import { finding } from '../trail/findings.ts';
import type { Finding } from '../trail/model.ts';
import { trackedRemote } from '../trail/tracking.ts';
import type { RepositoryEvidence } from './evidence.ts';

type RepositoryRule = (evidence: RepositoryEvidence) => readonly Finding[];

/** No ref gives readers one object for another. */
const nothingIsReplaced: RepositoryRule = ({ replacements }) =>
  replacements.map(({ name, oid }) =>
    finding(
      'repo/replace',
      { ref: name, object: oid },
      `git shows ${oid.slice(0, 12)} to whoever asks for ${name.slice(PREFIX.length, PREFIX.length + 12)}`,
      `find out who made it, and delete it with: git update-ref -d ${name}`,
    ),
  );

const PREFIX = 'refs/replace/';

/** No file gives commits other parents than their own. */
const nothingIsGrafted: RepositoryRule = ({ grafted }) => {
  const [first, ...others] = grafted;
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` and of ${others.length} more`;
  return [
    finding('repo/grafts', {}, `info/grafts shows readers another history of ${first.slice(0, 12)}${more}`),
  ];
};

/** Events that a sync could not make again. */
const ASIDE = /^refs\/promptaudit\/aside\/[0-9a-f]+\/(?:event|tag)$/;

/** Only refs that promptaudit makes are in its places. */
const ownRefsAreKnown: RepositoryRule = ({ ownRefs }) =>
  ownRefs
    .filter(({ name }) => trackedRemote(name) === undefined && !ASIDE.test(name))
    .map(({ name, oid }) =>
      finding('repo/unknown-ref', { ref: name, object: oid }, `${name} is no ref that promptaudit makes`),
    );

/** Each tag under the prefix has a name that a decision gives. */
const tagsAreWellNamed: RepositoryRule = ({ tags }) =>
  tags
    .filter(({ name }) => parseDecisionTagRef(name) === undefined)
    .map(({ name, oid }) =>
      finding(
        'repo/ref-name',
        { ref: name, object: oid },
        `${name} is not a name that a decision gives to its tag`,
      ),
    );

/** No ref has the name of a folder that promptaudit's own have to be in. */
const nothingIsInTheWay: RepositoryRule = ({ inTheWay }) =>
  inTheWay.map(({ name, oid }) =>
    finding(
      'repo/ref-name',
      { ref: name, object: oid },
      `${name} stands where promptaudit has a folder of refs, so that none can be made in it`,
    ),
  );

/** The claims about a repository that need no ledger, each on its own. */
export const REPOSITORY_RULES: readonly RepositoryRule[] = [
  nothingIsReplaced,
  nothingIsGrafted,
  ownRefsAreKnown,
  tagsAreWellNamed,
  nothingIsInTheWay,
];
