import type { PromptHistory, PromptVersion } from '../../trail/model.ts';
import type { CallRecord } from '../record/model.ts';
import type { TraceFacts } from './facts.ts';
import type { CallTrace } from './model.ts';
import { saidOf } from './said.ts';
import { type Stay, stayAt, staysOf } from './stays.ts';
import { subjectsOf } from './subjects.ts';
import { judgeCall } from './verdict.ts';
import { decidedBy, type Moment, type TraceSource, tracedDeployment, tracedVersion } from './version.ts';

/**
 * From a call to the version that it used, and to what was in force where and when it was made.
 * @param tolerance milliseconds by which every deployment is lengthened at both ends: applications cache
 */
export async function traceCall(
  call: CallRecord,
  source: TraceSource,
  tolerance: number,
): Promise<CallTrace> {
  const { facts } = source;
  const { verdict, subject } = judgeCall(call, facts, subjectsOf(facts, tolerance));
  const environment = call['promptaudit.environment'];
  const at = Date.parse(call.occurredAt);
  const named = facts.prompts.get(subject?.prompt ?? call['gen_ai.prompt.name'] ?? '');
  const history = named ?? promptOf(call, facts);
  const stays = history === undefined ? [] : staysOf(history);
  const inForce = environment === undefined ? undefined : stayAt(stays, environment, at);
  // A call that names a content means whichever version of it was active.
  const byContent =
    call['gen_ai.prompt.version'] === undefined && inForce?.version.contentDigest === subject?.digest;
  const used = byContent ? inForce?.version : subject?.version;
  const ownStay = stays.findLast(
    (stay) => stay.version === used && stay.environment === environment && stay.from <= at + tolerance,
  );
  const moment = (version: PromptVersion, stay: Stay | undefined): Moment => ({
    sequence: decidedBy(version, at),
    environment,
    replaces: stay?.replaces,
  });
  const other = inForce !== undefined && inForce.version !== used ? inForce : undefined;
  return {
    kind: 'call',
    call,
    verdict,
    said: saidOf({ call, verdict, used, history, inForce, ownStay, tolerance, facts }),
    version: history && used && (await tracedVersion(source, history, used, moment(used, ownStay))),
    deployment: inForce && tracedDeployment(inForce, decidedBy(inForce.version, at), facts),
    active:
      history && other && (await tracedVersion(source, history, other.version, moment(other.version, other))),
  };
}

/** Of several prompts with the content that a call names, the one of which it was active where and when the call was made. */
function promptOf(call: CallRecord, { prompts }: TraceFacts): PromptHistory | undefined {
  const digest = call['promptaudit.prompt.digest'];
  const environment = call['promptaudit.environment'];
  if (digest === undefined || environment === undefined) return undefined;
  const at = Date.parse(call.occurredAt);
  return [...prompts.values()].find(
    (history) => stayAt(staysOf(history), environment, at)?.version.contentDigest === digest,
  );
}
