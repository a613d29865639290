import { holdPath, holdText, keepHold, readHold } from '../../calls/retain/holds.ts';
import { encodeFilter } from '../../calls/search/filter.ts';
import { count } from '../../calls/search/search.ts';
import { listSources } from '../../calls/search/sources.ts';
import { Failure, Refusal } from '../../failure.ts';
import { holdsJson, holdsText, type ShownHold } from '../../report/calls/holds.ts';
import { count as counted } from '../../report/time.ts';
import { unknownEnvironment } from '../../trail/resolve.ts';
import { filterOf } from '../callfilter.ts';
import { demandNoEnvironment, openQuery } from '../callquery.ts';
import type { Run } from '../command.ts';
import type { Context } from '../context.ts';
import type { ExitCode } from '../exit.ts';
import { warn } from '../opentrail.ts';
import { requiredReason } from '../reason.ts';
import { demandAllowed, openRetaining, sign, signFor, withEngine } from '../retaining.ts';
import { UsageError } from '../usage.ts';
import type { VerbOptions } from '../verbs.ts';
import { tellDone } from '../written.ts';

type Options = VerbOptions<'calls hold'>;

export const run: Run<'calls hold'> = async (context, [name], options) => {
  if (name === undefined) return list(context, options);
  if (options.list) throw new UsageError('--list shows every hold: leave the name out');
  return hold(context, name, options);
};

async function hold(context: Context, name: string, options: Options): Promise<ExitCode> {
  const reason = await requiredReason(context, options, 'why they are held');
  const filter = filterOf({ ...options, text: undefined });
  const text = holdText(name, filter);
  const detail = { event: 'hold', hold: name, queryDigest: text.queryDigest } as const;
  const { store, session, before, act } = await openRetaining(context, options);
  demandNoEnvironment(session.trail.policy.policy, options.prompt);
  const { done, held } = await act({ action: 'hold', object: name, query: text.queryDigest }, async () => {
    await demandAllowed(session, detail, reason);
    const held = await withEngine(async (engine) => count(engine, await listSources(store), filter));
    if (options.dryRun)
      return { value: { done: await sign(session, detail, reason, options), held }, rows: held };
    await keepHold(store, name, text);
    const done = await signFor(session, holdPath(store, name), detail, reason, ({ holds }) =>
      holds.some((one) => one.name === name && one.queryDigest === text.queryDigest),
    );
    return { value: { done, held }, rows: held };
  });
  await tellDone(context, done, before, options.dryRun);
  const covers = options.dryRun ? 'would cover' : 'covers';
  await context.note(() => `it ${covers} ${counted(held, 'record')} now, and what is recorded later\n`);
  // An application names its environments itself, so that one which the policy does not have may still be meant.
  const { environment } = options;
  const unknown = environment && unknownEnvironment(session.trail.policy.policy, environment);
  if (held === 0 && unknown) await warn(context, unknown);
  return 0;
}

async function list(context: Context, options: Options): Promise<ExitCode> {
  const question = await openQuery(context, { store: options.store });
  try {
    const { reader, engine, sources, scope } = question;
    const { trail } = reader;
    if (trail === undefined)
      throw new Failure('holds are in the ledger: run this in a clone of the registry');
    const shown = await reader.look({ action: 'hold', object: 'holds' }, async () => {
      const value: ShownHold[] = [];
      for (const one of (await trail.calls()).holds) {
        try {
          const filter = await readHold(reader.folder, one);
          const records = await count(engine, sources, filter, scope);
          value.push({ ...one, filter: encodeFilter(filter), records, problem: undefined });
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          const problem = one.released === undefined ? error.message : undefined;
          value.push({ ...one, filter: undefined, records: undefined, problem });
        }
      }
      return { value, rows: value.length };
    });
    await context.answer(
      () => holdsJson(shown),
      (page) => holdsText(shown, page),
    );
    return shown.some(({ problem }) => problem !== undefined) ? 1 : 0;
  } finally {
    question.close();
  }
}
