import { Failure } from '../../failure.ts';
import type { GitStore } from '../../git/store.ts';
import { readContents } from '../../trail/content.ts';
import { resolveVersion } from '../../trail/resolve.ts';
import type { Trail } from '../../trail/trail.ts';
import type { CallRecord } from '../record/model.ts';
import { findRecords } from '../search/find.ts';
import { gatherFacts } from './facts.ts';
import type { Trace } from './model.ts';
import { staysOf } from './stays.ts';
import { storedRecord } from './stored.ts';
import { traceCall } from './tracecall.ts';
import { traceDeployment, traceVersion } from './traceversion.ts';
import type { Records } from './usage.ts';
import type { TraceSource } from './version.ts';

export interface TraceRequest {
  readonly trail: Trail;
  readonly store: GitStore;
  /** Opened when they are first needed. */
  readonly records: () => Promise<Records>;
  /** Milliseconds by which every deployment is lengthened at both ends. */
  readonly tolerance: number;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const SEQUENCE = /^#?([1-9][0-9]{0,14})$/;

/**
 * Traces what is named: a call by its id, a deployment by its event (`#57` or `57`), or a version (`name@12`, and every other
 * way to name one). The event that registered a version, or a decision on it, names that version.
 * @throws Failure where there is no such, Refusal where nothing is active in the environment that is named
 */
export async function trace(name: string, request: TraceRequest): Promise<Trace> {
  if (UUID.test(name)) {
    const call = await findCall(name.toLowerCase(), request);
    return traceCall(call, await sourceOf(request, call['gen_ai.prompt.name']), request.tolerance);
  }
  const sequence = SEQUENCE.exec(name)?.[1];
  if (sequence !== undefined) return traceEvent(Number(sequence), await sourceOf(request), request);
  const { history, version } = await resolveVersion(request, name);
  const source = await sourceOf(request, history.name);
  return traceVersion(history, version, source, await request.records());
}

async function sourceOf({ trail, store }: TraceRequest, prompt?: string): Promise<TraceSource> {
  return {
    facts: await gatherFacts(trail, prompt),
    contents: (versions) => readContents(store, versions),
  };
}

async function findCall(id: string, { records }: TraceRequest): Promise<CallRecord> {
  const { engine, sources, ranges } = await records();
  const lines = await findRecords(engine, sources, id, ranges);
  const found = lines.map((line) => storedRecord(line, id));
  const [call, ...others] = found.filter(({ kind }) => kind === 'call');
  if (call === undefined && found.length > 0)
    throw new Failure(`the record ${id} is of an access, and only calls use prompts: see it with calls show`);
  if (call === undefined)
    throw new Failure(`no call has the id ${id}: see calls with promptaudit calls search`);
  if (others.some((other) => JSON.stringify(other) !== JSON.stringify(call)))
    throw new Failure(
      `${others.length + 1} calls have the id ${id}: see them with promptaudit calls show ${id}`,
    );
  return call;
}

async function traceEvent(sequence: number, source: TraceSource, request: TraceRequest): Promise<Trace> {
  for (const history of source.facts.prompts.values()) {
    const stay = staysOf(history).find(({ activation }) => activation.sequence === sequence);
    if (stay !== undefined) return traceDeployment(history, stay, source, await request.records());
    const version = history.versions.find(
      (one) => one.sequence === sequence || one.decisions.some((decision) => decision.sequence === sequence),
    );
    if (version !== undefined) return traceVersion(history, version, source, await request.records());
  }
  throw new Failure(
    `event ${sequence} is no deployment or version that took effect: see events with promptaudit log`,
  );
}
