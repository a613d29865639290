import type { Trace, TracedDeployment, TracedVersion, Usage } from '../../calls/trace/model.ts';
import { jsonDocument } from '../json.ts';
import { formatTime } from '../time.ts';
import { formatMoment } from './moment.ts';

/**
 * The `promptaudit/trace@1` document, by its `kind`. What is not known is null; `diff.changes` is as in `promptaudit/diff@1`.
 *
 * - `call`: `{verdict, said, call: record, version, deployment, active}`: what the call used, what was in force where and when
 *   it was made, and the version of that where the call used another
 * - `deployment`: `{deployment, version, usage: {used, others}}`
 * - `version`: `{version, stays: [{deployment, used}], environments: [{environment, used}], outside}`
 *
 * A version is `{prompt, version, sequence, commit, path, contentDigest, author, time, reason, newest, decisions: [{sequence,
 * decision, principal, of, time, meaning, environments, stood}], diff: {against, changes, problem}}`; a deployment `{sequence,
 * prompt, version, environment, kind, by, from, until, endedBy, replaces, reference, reason, approvals: {have, need, by}}`; `used`
 * and `others` are `{calls, errors, first, last, users, newest: [id]}`.
 */
export function traceJson(trace: Trace): string {
  return jsonDocument({ schema: 'promptaudit/trace@1', ...bodyOf(trace) });
}

function bodyOf(trace: Trace): object {
  switch (trace.kind) {
    case 'call':
      return {
        kind: trace.kind,
        verdict: trace.verdict,
        said: trace.said,
        call: trace.call,
        version: orNull(trace.version, versionOf),
        deployment: orNull(trace.deployment, deploymentOf),
        active: orNull(trace.active, versionOf),
      };
    case 'deployment':
      return {
        kind: trace.kind,
        deployment: deploymentOf(trace.deployment),
        version: versionOf(trace.version),
        usage: { used: usageOf(trace.usage.used), others: usageOf(trace.usage.others) },
      };
    case 'version':
      return {
        kind: trace.kind,
        version: versionOf(trace.version),
        stays: trace.stays.map(({ deployment, used }) => ({
          deployment: deploymentOf(deployment),
          used: usageOf(used),
        })),
        environments: trace.environments.map(({ environment, used }) => ({
          environment: environment ?? null,
          used: usageOf(used),
        })),
        outside: trace.outside,
      };
  }
}

function versionOf(version: TracedVersion): object {
  const { decisions, diff, ...facts } = version;
  return {
    ...facts,
    time: formatTime(version.time),
    decisions: decisions.map((decision) => ({ ...decision, time: formatTime(decision.time) })),
    diff: {
      against: diff.against ?? null,
      changes: diff.changes ?? null,
      problem: diff.problem ?? null,
    },
  };
}

function deploymentOf(deployment: TracedDeployment): object {
  return {
    ...deployment,
    from: formatTime(deployment.from),
    until: orNull(deployment.until, formatTime),
    endedBy: deployment.endedBy ?? null,
    replaces: deployment.replaces ?? null,
    reference: deployment.reference ?? null,
    approvals: deployment.approvals ?? null,
  };
}

function usageOf(usage: Usage): object {
  return {
    ...usage,
    first: orNull(usage.first, formatMoment),
    last: orNull(usage.last, formatMoment),
  };
}

function orNull<T, R>(value: T | undefined, write: (value: T) => R): R | null {
  return value === undefined ? null : write(value);
}
