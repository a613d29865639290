import type { Oid } from '../git/object.ts';
import { parseDecisionTagRef } from '../ledger/decisiontag.ts';
import type { DecisionDetail, Detail } from '../ledger/event.ts';
import { ownText } from '../ledger/owntext.ts';
import type { EnvironmentName, PrincipalId } from '../policy/model.ts';
import type { PromptName } from '../prompts/name.ts';
import type { Activation, Actor, Decision, PromptHistory, PromptVersion, TrailEvent } from './model.ts';

/** A prompt's history while it is being folded. */
export interface OpenHistory extends PromptHistory {
  readonly versions: OpenVersion[];
  /** Their numbers, by commit. */
  readonly numbers: Map<Oid, number>;
  readonly activations: Activation[];
  retired: number | undefined;
}

interface OpenVersion extends PromptVersion {
  readonly decisions: Decision[];
}

export function emptyHistory(name: PromptName): OpenHistory {
  return { name, versions: [], numbers: new Map(), activations: [], retired: undefined };
}

/**
 * Adds one event that took effect to its prompt's history. The only place where an event changes a prompt's state:
 * a full replay and the reading of what was verified before both come through here.
 */
export function foldPrompt(history: OpenHistory, event: TrailEvent): void {
  const { detail, actor } = event;
  if (!event.effective || detail === undefined || actor === undefined) return;
  switch (detail.event) {
    case 'version':
      history.retired = undefined;
      history.versions.push(versionOf(detail, event, actor, history.versions.at(-1)));
      history.numbers.set(history.versions.at(-1)?.commit ?? detail.commit, detail.version);
      return;
    case 'approval':
    case 'rejection':
    case 'revocation':
      history.versions[detail.version - 1]?.decisions.push(decisionOf(detail, event, actor));
      return;
    case 'deployment':
      history.activations.push(
        activationOf(event, actor, detail.environment, detail.version, detail.kind, detail.reference),
      );
      return;
    case 'withdrawal':
      history.activations.push(
        activationOf(event, actor, detail.environment, undefined, 'withdrawal', detail.reference),
      );
      return;
    case 'retirement':
      history.retired = event.sequence;
      return;
    default:
      return;
  }
}

function versionOf(
  detail: Detail<'version'>,
  event: TrailEvent,
  actor: Actor,
  before: OpenVersion | undefined,
): OpenVersion {
  return {
    number: detail.version,
    sequence: event.sequence,
    commit: ownText(detail.commit),
    path: before?.path === detail.path ? before.path : ownText(detail.path),
    contentDigest: ownText(detail.contentDigest),
    author: actor.principal,
    time: event.time,
    reason: ownText(event.reason),
    decisions: [],
  };
}

/** A decision as the state keeps it. Whose a revocation takes back stands in the tag's ref; the others are in their actor's own name. */
export function decisionOf(detail: DecisionDetail, event: TrailEvent, actor: Actor): Decision {
  const owner = detail.event === 'revocation' ? parseDecisionTagRef(detail.tag)?.principal : undefined;
  return {
    sequence: event.sequence,
    decision: detail.event,
    principal: actor.principal,
    time: event.time,
    environments: typeof detail.environments === 'string' ? '*' : detail.environments.map(ownText),
    of: owner === undefined || owner === actor.principal ? actor.principal : ownText(owner as PrincipalId),
    meaning: ownText(event.reason),
    tag: ownText(detail.tag),
    tagObject: ownText(detail.tagObject),
  };
}

function activationOf(
  event: TrailEvent,
  actor: Actor,
  environment: string,
  version: number | undefined,
  kind: Activation['kind'],
  reference: string | undefined,
): Activation {
  return {
    sequence: event.sequence,
    environment: ownText(environment as EnvironmentName),
    version,
    kind,
    by: actor.principal,
    time: event.time,
    reference: reference && ownText(reference),
    reason: ownText(event.reason),
  };
}
