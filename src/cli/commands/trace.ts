import { openEngineApart } from '../../calls/engine/duckdb.ts';
import { trace } from '../../calls/trace/gather.ts';
import type { Trace } from '../../calls/trace/model.ts';
import { DEFAULT_TOLERANCE } from '../../calls/trace/reconcile.ts';
import { Failure } from '../../failure.ts';
import { kindOf } from '../../git/files.ts';
import { traceJson } from '../../report/calltrace/tracejson.ts';
import { traceText } from '../../report/calltrace/tracetext.ts';
import { openQuery } from '../callquery.ts';
import { storeFolder } from '../callstore.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import { openTrail } from '../opentrail.ts';
import type { VerbOptions } from '../verbs.ts';

export const run: Run<'trace'> = async (context, [subject], options) => {
  const tolerance = options.tolerance === undefined ? DEFAULT_TOLERANCE : options.tolerance * 1000;
  const folder = await storeFolder(context, options.store);
  const isThere = (await kindOf(folder)) === 'folder';
  const traced = isThere
    ? await traceInStore(context, subject, tolerance, options)
    : await traceWithoutCalls(context, subject, tolerance, folder);
  await context.answer(
    () => traceJson(traced),
    (page) => traceText(traced, page),
  );
  return 0;
};

async function traceInStore(
  context: Context,
  subject: string,
  tolerance: number,
  options: VerbOptions<'trace'>,
): Promise<Trace> {
  const question = await openQuery(context, options);
  try {
    const { reader, engine, sources, scope } = question;
    const { trail } = reader;
    if (trail === undefined)
      throw new Failure('a trace goes through the ledger: run this in a clone of the registry');
    const store = await context.openStore();
    const records = async () => ({ engine, sources, ...(scope.ranges && { ranges: scope.ranges }) });
    return await reader.look({ action: 'trace', object: subject, purpose: options.purpose }, async () => {
      return { value: await trace(subject, { trail, store, records, tolerance }), rows: 1 };
    });
  } finally {
    question.close();
  }
}

/** A version and its deployments can be traced by the ledger alone. */
async function traceWithoutCalls(
  context: Context,
  subject: string,
  tolerance: number,
  folder: string,
): Promise<Trace> {
  const { store, trail } = await openTrail(context);
  const engine = await openEngineApart();
  try {
    const records = async () => ({
      engine,
      sources: { store: folder, sealed: [], open: [], strangers: [] },
    });
    const traced = await trace(subject, { trail, store, records, tolerance });
    await context.note(() => `there is no store of calls at ${folder}: no calls are counted\n`);
    return traced;
  } finally {
    engine.close();
  }
}
