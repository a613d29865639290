import { accessQuery } from '../calls/access/accessquery.ts';
import { type Engine, openEngineApart } from '../calls/engine/duckdb.ts';
import type { CallFilter } from '../calls/search/filter.ts';
import type { Scope } from '../calls/search/search.ts';
import { listSources, type Sources } from '../calls/search/sources.ts';
import type { Policy } from '../policy/model.ts';
import { purgeOf } from '../trail/callsledger.ts';
import { filterOf } from './callfilter.ts';
import { openReader, type Reader, type ReaderOptions } from './callreading.ts';
import type { Context } from './context.ts';
import { warn } from './opentrail.ts';
import { UsageError } from './usage.ts';
import type { FilterOptions } from './verbs/callfilter.ts';

/** A question about the records of a store. */
export interface CallQuery {
  readonly reader: Reader;
  readonly engine: Engine;
  readonly sources: Sources;
  readonly scope: Scope;
}

/** Opens a store for a question, and says what of it is not as the ledger has it. `close` it. @throws Failure */
export async function openQuery(
  context: Context,
  options: ReaderOptions & { readonly prompt?: string | undefined },
): Promise<CallQuery & { close(): void }> {
  const reader = await openReader(context, options);
  if (reader.trail !== undefined) demandNoEnvironment(reader.trail.policy.policy, options.prompt);
  const sources = await listSources(reader.folder);
  const calls = await reader.trail?.calls();
  const ranges = new Map(calls?.seals.map((seal) => [seal.segment as string, seal]));
  if (calls !== undefined) {
    const here = new Set<string>(sources.sealed.map(({ segment }) => segment.name));
    const absent = calls.seals.filter(
      (seal) => !here.has(seal.segment) && purgeOf(calls, seal) === undefined,
    );
    if (absent.length > 0)
      await warn(
        context,
        `${absent.length === 1 ? '1 sealed segment is' : `${absent.length} sealed segments are`} not in ${reader.folder}: run promptaudit calls verify`,
      );
  }
  if (sources.strangers.length > 0)
    await warn(context, `${sources.strangers[0]} in the store is none of its segments, and is not looked at`);
  const engine = await openEngineApart();
  return { reader, engine, sources, scope: { ranges }, close: () => engine.close() };
}

/** Nothing on standard output is an answer that a person might miss. */
export async function tellNone(context: Context, { prompt }: CallFilter): Promise<void> {
  await context.note(() => 'no record matches\n');
  const at = atEnvironment(prompt);
  if (at !== undefined)
    await context.note(() => `${prompt} was looked for as a prompt's name: ${insteadOf(at)}\n`);
}

/**
 * `intake@production` is a version elsewhere. Here it would be the name of a prompt that the registry cannot have, of which there
 * is nothing to find, to count or to hold.
 * @throws UsageError
 */
export function demandNoEnvironment({ environments }: Policy, prompt: string | undefined): void {
  const at = atEnvironment(prompt);
  const known = [...environments.keys()].some((name) => name === at?.environment);
  if (at !== undefined && known)
    throw new UsageError(`--prompt ${prompt} names no version: ${insteadOf(at)}`);
}

interface AtEnvironment {
  readonly name: string;
  readonly environment: string;
}

function atEnvironment(prompt = ''): AtEnvironment | undefined {
  const [, name, environment] = /^(.+)@([a-z][a-z0-9-]*)$/.exec(prompt) ?? [];
  return name === undefined || environment === undefined ? undefined : { name, environment };
}

function insteadOf({ name, environment }: AtEnvironment): string {
  return `for an environment, say --prompt ${name} --env ${environment}`;
}

/** Bytes. */
const SALT = 32;

/** The filter of a verb's options, and as the record of the access says it. @throws Failure */
export function askedFor(
  { random }: Context,
  options: FilterOptions,
): { readonly filter: CallFilter; readonly query: string } {
  const filter = filterOf(options);
  return { filter, query: accessQuery(filter, random.bytes(SALT)) };
}
